/**
 * hopline demo [--nodes <n>] [--messages <n>] [--loss <percent>] [--seed <n>]
 *
 * A small island of simulated relays in the terminal: the real relay core, over an air that is drawn
 * from a seed. No radio and no network is touched, and it says so.
 */
import { MESSAGE, encodePacket, plainPacket } from '../../protocol/core/packet.ts';
import type { Args, Command, Io } from '../command.ts';
import { wholeNumberOf } from '../command.ts';
import { seededRandom } from '../simulate/random.ts';
import type { Island } from '../simulate/topology.ts';
import { geometricIsland, hopsFrom } from '../simulate/topology.ts';
import type { Step } from '../simulate/world.ts';
import { nodeId, World } from '../simulate/world.ts';

/** On a screen a millisecond of the island takes this many of ours. */
const SLOWER = 8;
/** Island milliseconds between two pictures. */
const FRAME_MS = 10;
const MAP_ROWS = 12;

export const demo: Command = {
  name: 'demo',
  summary: 'watch messages cross a small simulated island',
  usage: 'hopline demo [--nodes <n>] [--messages <n>] [--loss <percent>] [--seed <n>]',
  options: {
    nodes: { type: 'string', value: 'n', help: 'relays on the island, 2 to 99 (16)' },
    messages: { type: 'string', value: 'n', help: 'messages to send, one after another (5)' },
    loss: { type: 'string', value: 'percent', help: 'frames the air loses (5)' },
    seed: { type: 'string', value: 'n', help: 'what the island and its luck are drawn from (1)' },
  },
  examples: ['hopline demo', 'hopline demo --nodes 40 --loss 30 --seed 7'],

  async run(args, io) {
    const { nodes, messages, lossPercent, seed } = choices(args);
    const random = seededRandom(seed);
    const island = geometricIsland(nodes, random);
    const shown = watching(nodes);
    const air = { lossPercent, delayMinMs: 2, delayMaxMs: 8 };
    const world = new World({ seed, nodes, edges: island.edges, air }, shown.watch);
    const stop = io.stopping();

    const links = island.edges.length;
    io.out(
      `A simulated island: ${nodes} relays, ${links} links, ${lossPercent} % loss, seed ${seed}.`,
    );
    io.out('No radio is in use: the relays are the real core, the air is drawn by chance.');
    if (io.isTTY)
      io.out('On the map: . has heard nothing yet, o has the message, * is sending it.');
    io.out('');
    for (let message = 1; message <= messages && !stop.aborted; message++) {
      const from = 1 + random(nodes);
      const text = new TextEncoder().encode(`message ${message}`);
      shown.begin();
      const start = world.now;
      world.say(from, encodePacket(plainPacket(MESSAGE, 7, message, nodeId(from), text)));
      if (io.isTTY) await animate(world, island, shown, io, stop);
      else world.settle();
      const line = report(message, from, island, shown, start);
      // What was the map is cleared away below the line.
      io.out(io.isTTY ? `\x1b[J${line}` : line);
      world.settle(world.now + 1000);
    }
    io.out('');
    io.out('`hopline help` lists what else there is.');
  },
};

function choices(args: Args) {
  return {
    nodes: wholeNumberOf(args, 'nodes', { least: 2, most: 99 }, 16),
    messages: wholeNumberOf(args, 'messages', { least: 1, most: 1000 }, 5),
    lossPercent: wholeNumberOf(args, 'loss', { least: 0, most: 100 }, 5),
    seed: wholeNumberOf(args, 'seed', { least: 0, most: 0xffffffff }, 1),
  };
}

/** What has been seen of one message: when each node got it, and what it cost. */
type Shown = {
  gotAt: (number | null)[];
  /** Nodes that sent since the last picture. */
  sending: Set<number>;
  transmissions: number;
  duplicates: number;
  begin(): void;
  watch(step: Step): void;
};

function watching(nodes: number): Shown {
  const shown: Shown = {
    gotAt: [],
    sending: new Set(),
    transmissions: 0,
    duplicates: 0,
    begin() {
      shown.gotAt = new Array<number | null>(nodes + 1).fill(null);
      shown.transmissions = 0;
      shown.duplicates = 0;
    },
    watch({ node, at, outputs }) {
      for (const output of outputs) {
        if (output.kind === 'deliver') shown.gotAt[node] = at;
        else if (output.kind === 'transmit') {
          shown.transmissions += 1;
          shown.sending.add(node);
        } else if (output.kind === 'drop' && output.reason === 'duplicate') shown.duplicates += 1;
      }
    },
  };
  return shown;
}

async function animate(
  world: World,
  island: Island,
  shown: Shown,
  io: Io,
  stop: AbortSignal,
): Promise<void> {
  const columns = Math.min(io.columns, 72) - 3;
  let drawn = false;
  let quiet = 0;
  // Silence for as long as a relay may wait means that the message has gone as far as it will.
  while (quiet < 250 && !stop.aborted) {
    shown.sending.clear();
    world.settle(world.now + FRAME_MS);
    quiet = shown.sending.size > 0 ? 0 : quiet + FRAME_MS;
    if (drawn) io.out(`\x1b[${MAP_ROWS + 1}A`);
    io.out(draw(island, shown, columns, io.colour));
    drawn = true;
    await io.wait(quiet > 0 ? FRAME_MS : FRAME_MS * SLOWER);
  }
  if (drawn) io.out(`\x1b[${MAP_ROWS + 1}A`);
}

function draw(island: Island, shown: Shown, columns: number, colour: boolean): string {
  const rows = Array.from({ length: MAP_ROWS }, () => new Array<string>(columns + 2).fill(' '));
  island.places.forEach(({ x, y }, index) => {
    const node = index + 1;
    const isSending = shown.sending.has(node);
    const has = isSending || shown.gotAt[node] !== null;
    const mark = `${isSending ? '*' : has ? 'o' : '.'}${node}`;
    const paint = isSending ? '1;33' : has ? '32' : '2';
    const row = rows[Math.round(y * (MAP_ROWS - 1))];
    const column = Math.round(x * (columns - 3));
    [...mark].forEach((letter, at) => {
      row[column + at] = colour ? `\x1b[${paint}m${letter}\x1b[0m` : letter;
    });
  });
  return rows.map((row) => `\x1b[K${row.join('').trimEnd()}`).join('\n');
}

function report(
  message: number,
  from: number,
  island: Island,
  shown: Shown,
  start: number,
): string {
  const times = shown.gotAt.filter((at) => at !== null && at !== undefined);
  const others = island.places.length - 1;
  const last = times.length > 0 ? Math.max(...times) - start : 0;
  const hops = Math.max(...hopsFrom(from, others + 1, island.edges).slice(1));
  return (
    `message ${message} from ${from}: ${times.length} of ${others} relays in ` +
    `${Math.round(last)} ms, up to ${hops} hops, ` +
    `${shown.transmissions} sent, ${shown.duplicates} twice`
  );
}
