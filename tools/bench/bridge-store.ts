/**
 * Bridge, its store: rows it makes durable, beside what the disk under it can do at all.
 */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Store } from '../../host/store/store.ts';
import type { Message, StoreWrite } from '../../host/types.ts';
import { PUBLIC } from '../../host/types.ts';
import type { Part } from './bridge-part.ts';
import type { Result } from './report.ts';
import { perSecond } from './stopwatch.ts';

const MEASURED_MS = 2000;
/** Rows of one transaction: one alone, and what a busy driver gathers. */
const BATCHES = [1, 100];
const NOW = 1_800_000_000_000;

export const storeFigures: Part = async (progress) => {
  const home = fs.mkdtempSync(join(tmpdir(), 'hopline-bench-'));
  try {
    progress('fdatasync');
    const syncs = syncsPerSecond(join(home, 'bare'));
    return BATCHES.map((rows): Result => {
      progress(`batches of ${rows}`);
      const perSecond = rowsPerSecond(join(home, `store-${rows}`), rows);
      const suffix = rows === 1 ? '' : `_in_batches_of_${rows}`;
      return {
        name: `store.rows_per_s${suffix}`,
        value: perSecond,
        unit: 'rows/s',
        // What the disk would allow with one sync for each batch, and nothing else to do.
        baseline: syncs * rows,
      };
    });
  } finally {
    fs.rmSync(home, { recursive: true, force: true });
  }
};

function rowsPerSecond(folder: string, rows: number): number {
  const store = Store.open({ folder, owner: new Uint8Array(32) });
  try {
    let stored = 0;
    const batch = (): void => {
      const writes: StoreWrite[] = [];
      for (let i = 0; i < rows; i++) writes.push(rowOf(stored++));
      store.commit(writes);
    };
    return rows * perSecond(batch, MEASURED_MS);
  } finally {
    store.close();
  }
}

/** A page appended and synced, over and over. */
export function syncsPerSecond(path: string): number {
  const file = fs.openSync(path, 'w');
  try {
    const page = Buffer.alloc(4096, 1);
    let count = 0;
    const append = (): void => {
      fs.writeSync(file, page, 0, page.length, count++ * page.length);
      fs.fdatasyncSync(file);
    };
    return perSecond(append, MEASURED_MS);
  } finally {
    fs.closeSync(file);
  }
}

/** By turns a message as it is heard, and the mark that it was delivered. */
function rowOf(row: number): StoreWrite {
  const at = row >> 1;
  const sentAt = NOW + at;
  if (row % 2 === 1) {
    const mark = new Uint8Array(16);
    const view = new DataView(mark.buffer);
    // Marks are hashes: they come in no order.
    view.setUint32(0, Math.imul(at, 0x9e3779b1) >>> 0);
    view.setUint32(4, at);
    return { kind: 'delivered', mark, sentAt };
  }
  const message: Message = {
    conversation: PUBLIC,
    sender: new Uint8Array(8).fill(at % 20),
    id: at.toString(16).padStart(32, '0'),
    text: `message ${at} of somebody who has a little to say`,
    sentAt,
    heardAt: sentAt,
    isVerified: true,
    state: 'heard',
    reason: null,
    frame: new Uint8Array(200).fill(at),
  };
  return { kind: 'message', message };
}
