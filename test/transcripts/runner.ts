/**
 * Runs a scenario written as text and writes down what happens. A file is a list of blocks: commands,
 * a rule of dashes, what they gave, an empty line. The first block makes the mesh.
 *
 *   mesh links=1-2,2=3 seed=4 [loss=30] [ttl-max=40]     `-` is air, `=` a wire
 *   say node=1 at=9 [ttl=7] [to=3] [type=announce] [route=2,3] [signed=5]
 *   hear node=2 from=1 at=9 ...                          as `say`, but a frame heard on a link
 *   cut 1-2 | join 1-2 | loss 30 | settle [ms]
 */
import { assert } from '../../protocol/core/assert.ts';
import * as packets from '../../protocol/core/packet.ts';
import type { Edge, Step } from '../../tools/simulate/world.ts';
import { nodeId, nodeOf, World } from '../../tools/simulate/world.ts';

const TYPES: Record<string, number> = {
  announce: packets.ANNOUNCE,
  message: packets.MESSAGE,
  handshake: packets.HANDSHAKE,
  encrypted: packets.ENCRYPTED,
  fragment: packets.FRAGMENT,
  sync: packets.REQUEST_SYNC,
  hello: packets.HELLO,
};

export type Played = { text: string; steps: Step[]; seed: number };

/** The same file with what its commands give now. */
export function play(text: string): Played {
  const steps: Step[] = [];
  let world: World | undefined;
  let seed = 0;
  /** Each block writes down its own steps. */
  let watch: (step: Step) => void = () => {};
  const blocks = text.split(/\n\n+/).map((block) => {
    const [commands = ''] = block.split(/^----$/m);
    const lines: string[] = [];
    watch = (step) => {
      steps.push(step);
      lines.push(...describe(step, world));
    };
    for (const line of commands.split('\n')) {
      if (line.startsWith('#') || line.trim() === '') continue;
      const [verb, ...words] = line.split(' ');
      if (verb === 'mesh') {
        const given = options(words);
        seed = Number(given['seed']);
        world = meshOf(given, (step) => watch(step));
      } else {
        assert(world !== undefined, 'the first command makes the mesh');
        obey(world, verb, words);
      }
    }
    const said = lines.length > 0 ? lines.join('\n') : 'ok';
    return commands
      .trim()
      .split('\n')
      .every((line) => line.startsWith('#'))
      ? commands.trim()
      : `${commands.trim()}\n----\n${said}`;
  });
  return { text: blocks.join('\n\n') + '\n', steps, seed };
}

function meshOf(given: Record<string, string>, watch: (step: Step) => void): World {
  const edges = (given['links'] ?? '').split(',').map(edgeOf);
  return new World(
    {
      seed: Number(given['seed']),
      nodes: Math.max(...edges.flatMap(({ a, b }) => [a, b])),
      edges,
      air: { lossPercent: Number(given['loss'] ?? 0), delayMinMs: 2, delayMaxMs: 8 },
      relay: { ttlMax: Number(given['ttl-max'] ?? 7) },
    },
    watch,
  );
}

function obey(world: World, verb: string | undefined, words: string[]): void {
  const given = options(words);
  switch (verb) {
    case 'say':
      return world.say(Number(given['node']), packetOf(given, Number(given['node'])));
    case 'hear':
      return world.inject(Number(given['node']), 0, packetOf(given, Number(given['from'])));
    case 'cut': {
      const { a, b } = edgeOf(words[0]!);
      return world.cut(a, b);
    }
    case 'join':
      return world.join(edgeOf(words[0]!));
    case 'loss':
      world.air.conditions = { ...world.air.conditions, lossPercent: Number(words[0]) };
      return;
    case 'settle':
      return world.settle(words[0] ? world.now + Number(words[0]) : Infinity);
    default:
      throw new Error(`no such command: ${verb}`);
  }
}

function packetOf(given: Record<string, string>, sender: number): Uint8Array {
  const route = given['route']?.split(',').map((node) => nodeId(Number(node))) ?? [];
  return packets.encodePacket({
    version: route.length > 0 ? 2 : 1,
    type: TYPES[given['type'] ?? 'message']!,
    ttl: Number(given['ttl'] ?? 7),
    timestamp: Number(given['at']),
    sender: nodeId(sender),
    recipient: given['to'] ? nodeId(Number(given['to'])) : null,
    route,
    isAnswer: false,
    payload: new TextEncoder().encode(given['text'] ?? 'hello'),
    compressed: false,
    signature: given['signed'] ? new Uint8Array(64).fill(Number(given['signed'])) : null,
  });
}

function describe(step: Step, world: World | undefined): string[] {
  const when = `${Math.round(step.at)}ms`.padStart(8);
  const lines: string[] = [];
  const told = (what: string) => lines.push(`${when}  node ${step.node}  ${what}`);
  const sent = new Map<string, number[]>();
  for (const output of step.outputs) {
    if (output.kind === 'transmit') {
      const what = nameOf(output.bytes, output.bytes[packets.TTL_AT]!);
      const to = world?.neighbour(step.node, output.link) ?? 0;
      sent.set(what, [...(sent.get(what) ?? []), to]);
    } else if (output.kind === 'deliver') told(`deliver ${nameOf(output.bytes, output.ttl)}`);
    else if (output.kind === 'drop') told(`drop ${output.reason}`);
  }
  for (const [what, nodes] of sent) told(`transmit ${what} to ${nodes.join(',')}`);
  return lines;
}

/** A packet by its sender and timestamp. */
function nameOf(bytes: Uint8Array, ttl: number): string {
  const view = new packets.PacketView();
  view.read(bytes, packets.FRAME_MAX);
  return `${nodeOf(bytes, view.senderAt)}:${view.timestamp()} ttl=${ttl}`;
}

function options(words: string[]): Record<string, string> {
  return Object.fromEntries(words.filter((word) => word.includes('=')).map((word) => split(word)));
}

function split(word: string): [string, string] {
  const at = word.indexOf('=');
  return [word.slice(0, at), word.slice(at + 1)];
}

function edgeOf(word: string): Edge {
  const [a, b] = word.split(/[-=]/).map(Number);
  return { a: a!, b: b!, wire: word.includes('=') };
}
