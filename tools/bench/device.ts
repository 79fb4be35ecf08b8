/**
 * What boards cost and what they are given: today, how fast firmware gets onto one. Each part of this
 * area is one function, and a line in `run`.
 */
import { HoplineError } from '../../protocol/errors.ts';
import type { FlashOutcome } from '../flash/flasher.ts';
import { flasher } from '../flash/flasher.ts';
import { converse } from '../session.ts';
import { Board, Flash, PUCK } from '../simulate/board.ts';
import { seededRandom } from '../simulate/random.ts';
import type { BenchArea } from './area.ts';
import { cable, hasSocat, plugIn } from './cable.ts';
import type { Result } from './report.ts';

const BAUD = 115_200;
/** A start bit and a stop bit go with each byte. */
const LINE_BYTES_PER_S = BAUD / 10;
/** As large as a relay for the smallest boards may be (DEVICE). */
const FIRMWARE_SIZE = 14_336;
const ROUNDS = 3;

export const area: BenchArea = {
  name: 'device',
  summary: 'firmware onto a simulated board, over a pseudo-terminal at 115,200 baud',

  async run(seed, progress) {
    progress('flashing');
    return flashing(seed);
  },
};

/**
 * The board reads its end of the cable no faster than the rate allows. The time is that of the upload
 * alone, from the first byte of the file to the answer to its last: the best of some rounds.
 */
async function flashing(seed: number): Promise<Result[]> {
  if (!hasSocat()) {
    throw new HoplineError('USAGE', 'this area needs the program socat; install it first');
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
