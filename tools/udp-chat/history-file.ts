/**
 * History file: what was said in the plain UDP chat, one message a line, as JSON. It is read once, and
 * then only written at its end; who else writes to it is not cared for.
 */
import { appendFileSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { HoplineError } from '../../protocol/errors.ts';
import type { Message } from '../../protocol/udp-chat/message.ts';
import { whyOf } from '../terminal.ts';

/** A message as it is kept: with the time when it was heard or said here. */
export type Kept = Message & { heardAt: number; isOwn: boolean };

/** Messages that are kept. When a file has twice as many, the older half goes, at the next start. */
export const KEPT_MAX = 10_000;
/** A larger file is none of ours: it would hold messages of more than 6 KB each. */
const FILE_MAX_BYTES = 128 * 1024 * 1024;
/** What is said may be meant for one alone. */
const MODE = 0o600;

export class HistoryFile {
  /** Lines that were no messages. */
  readonly unreadable: number;
  private readonly path: string;
  private readonly kept: Kept[];

  /** A file that is not there yet begins to be. */
  static open(path: string): HistoryFile {
    try {
      return new HistoryFile(path);
    } catch (cause) {
      if (cause instanceof HoplineError) throw cause;
      throw new HoplineError(
        'FILE_UNREADABLE',
        `${path}: ${whyOf(cause as NodeJS.ErrnoException)}`,
        { cause },
      );
    }
  }

  private constructor(path: string) {
    this.path = path;
    const lines = readLines(path);
    const all = lines.map(keptOf);
    this.kept = all.filter((kept) => kept !== null).slice(-KEPT_MAX);
    this.unreadable = lines.length - all.filter((kept) => kept !== null).length;
    // Whether it can be written shows now, and not when something was said.
    if (lines.length >= 2 * KEPT_MAX) this.rewrite();
    else this.append('');
  }

  /** The newest, the oldest of them first. */
  last(count: number): Kept[] {
    return count === 0 ? [] : this.kept.slice(-count);
  }

  /** Those heard at or after that time. */
  since(heardAt: number): Kept[] {
    return this.kept.filter((kept) => kept.heardAt >= heardAt);
  }

  add(kept: Kept): void {
    this.kept.push(kept);
    if (this.kept.length > 2 * KEPT_MAX) this.kept.splice(0, KEPT_MAX);
    this.append(`${JSON.stringify(kept)}\n`);
  }

  private append(text: string): void {
    this.writing(() => appendFileSync(this.path, text, { mode: MODE }));
  }

  private rewrite(): void {
    const draft = `${this.path}.draft`;
    const text = this.kept.map((kept) => `${JSON.stringify(kept)}\n`).join('');
    this.writing(() => {
      writeFileSync(draft, text, { mode: MODE });
      renameSync(draft, this.path);
    });
  }

  private writing(write: () => void): void {
    try {
      write();
    } catch (cause) {
      throw new HoplineError(
        'FILE_UNWRITABLE',
        `${this.path}: ${whyOf(cause as NodeJS.ErrnoException)}`,
        { cause },
      );
    }
  }
}

function readLines(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return [];
  if (found.size > FILE_MAX_BYTES) {
    throw new HoplineError('FILE_UNREADABLE', `${path}: it is too large to be a history`);
  }
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
}

/** Null where a line is none: it was edited, or cut off as it was written. */
function keptOf(line: string): Kept | null {
  try {
    const { mid, ts, ttl, kind, src, dst, body, heardAt, isOwn } = JSON.parse(line) as Kept;
    const texts = [mid, src, dst, body].every((text) => typeof text === 'string');
    const numbers = [ts, ttl, heardAt].every((number) => Number.isFinite(number));
    if (!texts || !numbers || kind !== 'CHAT') return null;
    return { mid, ts, ttl, kind, src, dst, body, heardAt, isOwn: isOwn === true };
  } catch {
    return null;
  }
}
