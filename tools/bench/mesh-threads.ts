/**
 * Threads: an hour of a mesh on several cores, each with its part of the nodes. This file is the program
 * of each thread as well: what it is told to live is in its `workerData`.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { loadSodium, nativeCrypto } from '../../device/pi/crypto.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { simulatedCrypto } from '../simulate/simulated-crypto.ts';
import type { HourFigures, HourOptions, PartOf } from '../simulate/hour.ts';
import { sumOf } from '../simulate/hour.ts';
import type { LedgerMemory } from './mesh-ledger.ts';
import { ledgerMemory } from './mesh-ledger.ts';
import { HourPart } from './mesh-part.ts';

export type HourPlan = Omit<HourOptions, 'crypto'>;

/** What one thread lives, and where it meets the others. */
type Task = { hour: HourPlan; which: PartOf; memory: LedgerMemory };
type End = { figures: HourFigures; bytes: number };
type Report = { minute: number } | End;

/**
 * New objects live shortly, and are many: in more room, fewer of them are moved before they die. A third
 * of it is filled before any is moved, and five thousand nodes in a thread fill that in seconds.
 */
const YOUNG_MB = 768;
const OLD_MB = 6144;
/**
 * Memory of arrays that is being given back meanwhile counts as taken: with it, V8 would believe that
 * ever more is, and go through all nodes every few seconds to find some that is free.
 */
const GIVES_BACK_MEANWHILE = 'concurrent-array-buffer-sweeping';
const MINUTE_MS = 60_000;

/** `bytes`: what all the nodes took at the end. */
export type Lived = { figures: HourFigures; seconds: number; bytes: number };

/** In so many threads; `progress` is told of each minute that has passed in the first of them. */
export async function live(
  hour: HourPlan,
  parts: number,
  progress: (minute: number) => void = () => {},
): Promise<Lived> {
  setFlagsFromString(`--no-${GIVES_BACK_MEANWHILE}`);
  const memory = ledgerMemory(parts);
  const began = performance.now();
  const workers = Array.from({ length: parts }, (_, part) =>
    threadOf({ hour, which: { part, parts }, memory }),
  );
  workers[0].on('message', (report: Report) => {
    if ('minute' in report) progress(report.minute);
  });
  try {
    const all = await Promise.all(workers.map(endOf));
    return {
      figures: sumOf(all.map(({ figures }) => figures)),
      seconds: (performance.now() - began) / 1000,
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  } finally {
    // Where one failed, the others would wait for it for ever.
    await Promise.all(workers.map((worker) => worker.terminate()));
    // Whatever is measured next finds V8 as it was.
    setFlagsFromString(`--${GIVES_BACK_MEANWHILE}`);
  }
}

function threadOf(task: Task): Worker {
  return new Worker(new URL(import.meta.url), {
    workerData: { hopline: 'hour', task },
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB, maxOldGenerationSizeMb: OLD_MB },
  });
}

function endOf(worker: Worker): Promise<End> {
  return new Promise((resolve, reject) => {
    worker.on('message', (report: Report) => {
      if ('figures' in report) resolve(report);
    });
    worker.once('error', reject);
    worker.once('exit', (status) => {
      reject(new HoplineError('CHECKS_FAILED', `a thread ended with ${status} before its hour`));
    });
  });
}

async function run(
  { hour: plan, which, memory }: Task,
  tell: (report: Report) => void,
): Promise<void> {
  const crypto = simulatedCrypto(nativeCrypto(await loadSodium()));
  const before = process.memoryUsage();
  const part = new HourPart({ ...plan, crypto }, which, memory);
  let minute = 0;
  while (!part.isOver) {
    part.live();
    if (part.lived < (minute + 1) * MINUTE_MS) continue;
    minute = Math.floor(part.lived / MINUTE_MS);
    tell({ minute });
  }
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const bytes = heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers;
  tell({ figures: part.figures, bytes });
}

/** Garbage is nobody's memory. */
function collect(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

if (!isMainThread && workerData?.hopline === 'hour') {
  await run(workerData.task as Task, (report) => parentPort!.postMessage(report));
}
