/**
 * Checked: JavaScript run on a board so that what a bad cable changed is neither run nor believed. The
 * line carries the CRC-32 of what it asks, the answer its own, and a number says which belongs to
 * which; what fails is asked again. Whatever is asked must therefore bear being done twice.
 *
 *   DLE print(WRAPPER(number, CRC-32, code, text)) LF      one line, not echoed
 *   <hop CRC-32 [number, status, value]> CR LF             1 its value, 0 damaged on the way, 2 it threw
 */
import { crc32 } from '../../protocol/core/crc32.ts';
import { bytesOf } from './talk.ts';
import type { Script } from '../../protocol/admin/script.ts';
import type { Speaker } from './talk.ts';

export type Answer =
  | { ok: true; value: unknown }
  | { ok: false; reason: 'threw'; message: string }
  /** Every try was damaged, or nothing came back. */
  | { ok: false; reason: 'unanswered' };

/** Tries per question: at a bit error rate of 1e-4 one of the longest fails in three. */
const TRIES = 12;
/** How long an answer may take. Erasing and compacting flash are the slowest things asked for. */
const ANSWER_MS = 1500;

const WRAPPER =
  '((i,n,c,d)=>{var r;try{r=E.CRC32(c+d)==n?[i,1,eval(c)]:[i,0]}catch(e){r=[i,2,""+e]}' +
  'r=JSON.stringify(r);return"<hop "+E.CRC32(r)+" "+r+">"})';

export class Asker<Remark> {
  private readonly speaker: Speaker<Remark>;
  private number: number;
  /** Questions that had to be asked again. */
  repeats = 0;

  /** Numbers start at `first`, so that answers to another program are not taken for ours. */
  constructor(speaker: Speaker<Remark>, first: number) {
    this.speaker = speaker;
    this.number = first;
  }

  /** The value of `code` on the board, where it can use `text`, any characters up to 255, as `d`. */
  *run(code: string, text = '', answerMs = ANSWER_MS, tries = TRIES): Script<Answer> {
    const { speaker } = this;
    let thrown: string | null = null;
    for (let tried = 0; tried < tries; tried++) {
      if (tried > 0) this.repeats += 1;
      const number = ++this.number;
      const listen = (heard: string): Reply | null => replyIn(heard, number);
      let reply = yield* speaker.ask(question(number, code, text), listen, answerMs);
      // A line that lost its end waits for one, and a statement that is whole then runs.
      if (reply === null) reply = yield* speaker.ask('\n', listen, 300);
      if (reply === null) yield* speaker.interrupt();
      if (reply !== null && reply.status !== 'damaged') {
        if (reply.status === 'value') return { ok: true, value: reply.value };
        // The wrapper is not under its own check: what it threw counts when it throws it again.
        const message = String(reply.value);
        if (message === thrown) return { ok: false, reason: 'threw', message };
        thrown = message;
      }
    }
    return { ok: false, reason: 'unanswered' };
  }
}

/** The line that asks it, ready to be said. */
export function question(number: number, code: string, text: string): Uint8Array {
  const sum = crc32(bytesOf(code + text));
  const asked = `${number},${sum},${literal(code)},${literal(text)}`;
  return bytesOf(`\x10print(${WRAPPER}(${asked}))\n`);
}

/**
 * A text in quotes that a console takes as it is: all but plain ASCII is escaped, and with it the
 * bytes that mean something to a console or a line (03, 04, XON, XOFF).
 */
export function literal(text: string): string {
  const escaped = text.replace(/["\\]|[^ -~]/g, (letter) =>
    letter === '"' || letter === '\\'
      ? `\\${letter}`
      : `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `"${escaped}"`;
}

type Reply = { status: 'value' | 'threw' | 'damaged'; value: unknown };

function replyIn(heard: string, number: number): Reply | null {
  for (const [, sum, json] of heard.matchAll(/<hop (\d+) ([^\r\n]*)>\r/g)) {
    if (crc32(bytesOf(json)) !== Number(sum)) return { status: 'damaged', value: null };
    const [of, status, value] = listIn(json);
    if (of !== number) continue;
    return { status: status === 1 ? 'value' : status === 2 ? 'threw' : 'damaged', value };
  }
  // What the interpreter could not read, it names.
  return /Uncaught [^\r\n]*\r/.test(heard) ? { status: 'damaged', value: null } : null;
}

/** A damaged wrapper may answer with something else, and with a right sum. */
function listIn(json: string): unknown[] {
  try {
    const list: unknown = JSON.parse(json);
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}
