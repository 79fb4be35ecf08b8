/**
 * What boards cost and what they are given: what a firmware weighs, how fast it relays on a real
 * Espruino, and how fast it gets onto a board. What this machine has no means for is named absent.
 */
import { HoplineError } from '../../protocol/errors.ts';
import type { BoardName } from '../build/boards.ts';
import { BOARDS } from '../build/boards.ts';
import { buildFirmware } from '../build/firmware.ts';
import { interpreter, measure } from '../build/measure.ts';
import type { FlashOutcome } from '../flash/flasher.ts';
import { flasher } from '../flash/flasher.ts';
import { converse } from '../session.ts';
import { Board, Flash, PUCK } from '../simulate/board.ts';
import { seededRandom } from '../simulate/random.ts';
import type { BenchArea } from './area.ts';
import { cable, hasSocat, plugIn } from './cable.ts';
import { relayedInNode, relayedOnEspruino, workOf } from './relaying.ts';
import type { Missing, Result } from './report.ts';

const BAUD = 115_200;
/** A start bit and a stop bit go with each byte. */
const LINE_BYTES_PER_S = BAUD / 10;
/** As large as a relay for the smallest boards may be (DEVICE). */
const FIRMWARE_SIZE = 14_336;
const ROUNDS = 3;
/** In one round of relaying: enough to be measured, and for Node to be in its stride. */
const PACKETS_ON_ESPRUINO = 100;
const PACKETS_IN_NODE = 3000;
const NO_INTERPRETER = 'no interpreter (set ESPRUINO_BIN, or put espruino on the PATH)';

export const area: BenchArea = {
  name: 'device',
  summary: 'what firmware weighs, how fast it relays on Espruino, how fast it is flashed',
  takes: 'minutes',

  async run(seed, progress) {
    const binary = interpreter(process.env);
    progress('bundles');
    const bundles = await weighing(binary);
    progress('relaying');
    const relayed = await relaying(binary, seed);
    progress('flashing');
    return [...bundles, ...relayed, ...(await flashing(seed))];
  },
};

/** Bytes of every board's bundle against its budget, and the memory that the smallest board's takes. */
async function weighing(binary: string | null): Promise<(Result | Missing)[]> {
  const results: (Result | Missing)[] = [];
  for (const [name, board] of Object.entries(BOARDS)) {
    const { flashed } = await buildFirmware(name as BoardName);
    const baseline = board.budget.bytes;
    results.push({ name: `bundle.bytes.${name}`, value: flashed.length, unit: 'B', baseline });
  }
  const { flashed } = await buildFirmware('puck');
  const measured = binary === null ? null : await measure(binary, BOARDS.puck, flashed);
  const { jsvarsLoaded, jsvarsPeak } = BOARDS.puck.budget;
  for (const [what, value, baseline] of [
    ['loaded', measured?.loaded, jsvarsLoaded],
    ['peak', measured?.peak, jsvarsPeak],
  ] as const) {
    const name = `bundle.jsvars_${what}`;
    const unit = 'JsVars on a Puck.js';
    if (value !== undefined) results.push({ name, value, unit, baseline });
    else
      results.push({ name, unit, absent: binary === null ? NO_INTERPRETER : 'it did not start' });
  }
  return results;
}

/** The best of some rounds each: whoever shares the machine can only slow them down. */
async function relaying(binary: string | null, seed: number): Promise<(Result | Missing)[]> {
  const { code } = await buildFirmware('linux');
  let inNode = 0;
  let onEspruino = 0;
  for (let round = 0; round < ROUNDS; round++) {
    inNode = Math.max(inNode, relayedInNode(code, workOf(PACKETS_IN_NODE, seed)));
    if (binary === null) continue;
    const work = workOf(PACKETS_ON_ESPRUINO, seed);
    onEspruino = Math.max(onEspruino, await relayedOnEspruino(binary, code, work));
  }
  const node = { name: 'relay.node_packets_per_s', value: inNode, unit: 'packets/s' };
  const rate = { name: 'relay.espruino_packets_per_s', unit: 'packets/s' };
  const ratio = { name: 'relay.ratio_to_node', unit: 'of what Node does' };
  if (binary === null) {
    return [node, { ...rate, absent: NO_INTERPRETER }, { ...ratio, absent: NO_INTERPRETER }];
  }
  return [node, { ...rate, value: onEspruino }, { ...ratio, value: onEspruino / inNode }];
}

/**
 * The board reads its end of the cable no faster than the rate allows. The time is that of the upload
 * alone, from the first byte of the file to the answer to its last: the best of some rounds.
 */
async function flashing(seed: number): Promise<(Result | Missing)[]> {
  if (!hasSocat()) {
    const absent = 'no socat (install it for pseudo-terminals)';
    return [{ name: 'flash.line_utilisation', unit: '% of the line', absent }];
  }
  const random = seededRandom(seed);
  const letters = Array.from({ length: FIRMWARE_SIZE - 2 }, () => 97 + random(26));
  const firmware = `//${String.fromCharCode(...letters)}`;
  const line = await cable();
  const board = new Board(PUCK, new Flash(PUCK.storageBytes));
  const unplug = await plugIn(board, line.far, BAUD);
  let best = Infinity;
  let wholeMs = Infinity;
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const began = performance.now();
      const outcome = await once(line.near, `${firmware}${round}`, seed + round);
      wholeMs = Math.min(wholeMs, performance.now() - began);
      best = Math.min(best, outcome.uploadMs);
    }
  } finally {
    await unplug();
    await line.pull();
  }
  const bytesPerS = (FIRMWARE_SIZE * 1000) / best;
  return [
    {
      name: 'flash.line_utilisation',
      value: (100 * bytesPerS) / LINE_BYTES_PER_S,
      unit: '% of the line',
      baseline: 80,
    },
    { name: 'flash.bytes_per_s', value: bytesPerS, unit: 'B/s' },
    { name: 'flash.seconds', value: wholeMs / 1000, unit: 's for 14 KiB, all steps' },
  ];
}

async function once(
  port: string,
  firmware: string,
  seed: number,
): Promise<FlashOutcome & { kind: 'flashed' }> {
  const talk = flasher({
    mode: 'flash',
    firmware,
    boardNames: null,
    erase: false,
    bauds: [BAUD],
    password: null,
    seed,
  });
  const stop = new AbortController().signal;
  const result = await converse(talk, port, BAUD, () => {}, stop);
  if (result.ok && result.outcome.kind === 'flashed') return result.outcome;
  throw new HoplineError('FLASH_FAILED', `${port}: ${JSON.stringify(result)}`);
}
