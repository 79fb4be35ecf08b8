/**
 * Dialogue: lines that somebody types while other lines appear. At a terminal what is being typed
 * stays below what appears and can be edited; in a pipe, lines come in and lines go out.
 */
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { Editor } from './typing/editor.ts';
import type { EditorOutput } from './typing/editor.ts';
import { ASK_FOR_KEYS, ASK_NO_MORE, Keys } from './typing/keys.ts';
import { viewOf } from './typing/view.ts';

export type Dialogue = {
  /** Somebody sits at a terminal. */
  isLive: boolean;
  /** The next line; null once there are no more, or the person leaves. */
  next(): Promise<string | null>;
  /** Above what is being typed. */
  say(line: string): void;
  prompt(text: string): void;
  /** A line that was refused, to be changed, unless something else is being typed. */
  putBack(text: string): void;
  ring(): void;
  /** False while the person looks at another window, where a terminal tells. */
  isWatched(): boolean;
  close(): void;
};

export type DialogueOptions = {
  /** What the last word of a line may become, and that word. */
  complete(line: string): [string[], string];
  /** Such a line is taken off the screen once it is typed, because it appears in another form. */
  isTakenBack(line: string): boolean;
  /** A remark below what is being typed. */
  hint?(text: string): string | null;
  /** The person looks here again. */
  looked?(): void;
};

export type Stream = NodeJS.WritableStream & { columns?: number; rows?: number };

/** Rows that what is being typed may take; of a longer text those around the cursor are shown. */
const ROWS_MAX = 12;

export function liveDialogue(
  input: NodeJS.ReadStream,
  output: Stream,
  { complete, isTakenBack, hint, looked }: DialogueOptions,
  colour: boolean,
): Dialogue {
  const keys = new Keys();
  const editor = new Editor(complete);
  const lines = new Lines();
  let prompt = '';
  let isClosed = false;
  let isWatched = true;
  /** The row of the cursor among those that were drawn. */
  let row = 0;

  const lift = (): void => void output.write(`${up(row)}\r${ERASE_BELOW}`);
  const draw = (): void => {
    const { text, cursor } = editor;
    // Some terminals do not know how large they are.
    const [columns, rowsMost] = [output.columns || 80, (output.rows || 24) - 1];
    const rowsMax = Math.max(1, Math.min(ROWS_MAX, rowsMost));
    const view = viewOf({ prompt, text, cursor, hint: hint?.(text) ?? null }, columns, rowsMax);
    const remark = view.hint === null || !colour ? view.hint : `${DIM}${view.hint}${PLAIN}`;
    const rows = remark === null ? view.rows : [...view.rows, remark];
    const back = `${up(rows.length - 1 - view.row)}\x1b[${view.column + 1}G`;
    output.write(`${rows.join('\r\n')}${back}`);
    row = view.row;
  };
  /** As a line of its own, whole, above the next one. */
  const leaveBehind = (text: string): void => {
    lift();
    const typing = { prompt, text, cursor: text.length, hint: null };
    output.write(`${viewOf(typing, output.columns || 80, Infinity).rows.join('\r\n')}\r\n`);
    row = 0;
  };
  const say = (line: string): void => {
    if (isClosed) return void output.write(`${line}\n`);
    lift();
    output.write(`${line.replaceAll('\n', '\r\n')}\r\n`);
    draw();
  };
  const enter = (text: string): void => {
    if (!isTakenBack(text)) leaveBehind(text);
    lines.add(text);
  };
  const close = (): void => {
    if (isClosed) return;
    if (editor.text === '') lift();
    else leaveBehind(editor.text);
    isClosed = true;
    input.off('data', hear).off('end', close);
    output.off('resize', redraw);
    output.write(ASK_NO_MORE);
    input.setRawMode(false).pause();
    lines.end();
  };
  const redraw = (): void => {
    lift();
    draw();
  };
  const obey = (asked: EditorOutput): void => {
    switch (asked.kind) {
      case 'entered':
        return enter(asked.text);
      case 'offers':
        return say(asked.words.map((word) => word.trim()).join('  '));
      case 'bell':
        return void output.write(BELL);
      case 'clear':
        output.write(CLEAR);
        row = 0;
        return;
      case 'suspend':
        return suspend();
      case 'left':
        return close();
    }
  };
  /** Gives the terminal back to the shell until this process goes on. */
  const suspend = (): void => {
    leaveBehind(editor.text);
    output.write(ASK_NO_MORE);
    input.setRawMode(false);
    process.once('SIGCONT', () => {
      if (isClosed) return;
      input.setRawMode(true);
      output.write(ASK_FOR_KEYS);
      redraw();
    });
    process.kill(process.pid, 'SIGTSTP');
  };
  const look = (): void => {
    if (isWatched) return;
    isWatched = true;
    looked?.();
  };
  const hear = (typed: string): void => {
    for (const key of keys.step(typed)) {
      if (key.kind === 'focus' && !key.isHere) isWatched = false;
      else look();
      if (key.kind !== 'focus') for (const asked of editor.step(key)) obey(asked);
      if (isClosed) return;
    }
    redraw();
  };

  input.setRawMode(true).setEncoding('utf8').on('data', hear).on('end', close);
  output.on('resize', redraw);
  output.write(ASK_FOR_KEYS);
  draw();
  return {
    isLive: true,
    next: () => lines.next(),
    say,
    prompt(text) {
      prompt = text;
      if (!isClosed) redraw();
    },
    putBack(text) {
      editor.putBack(text);
      if (!isClosed) redraw();
    },
    ring: () => void (isClosed || output.write(BELL)),
    isWatched: () => isWatched,
    close,
  };
}

export function pipedDialogue(input: NodeJS.ReadableStream, output: Stream): Dialogue {
  const reader = createInterface({ input });
  return {
    isLive: false,
    next: linesOf(reader),
    say: (line) => void output.write(`${line}\n`),
    prompt() {},
    putBack() {},
    ring() {},
    isWatched: () => true,
    close: () => reader.close(),
  };
}

/** Lines of a reader one after another, null once it has ended. It is read no further than it is asked to. */
export function linesOf(reader: Interface): () => Promise<string | null> {
  const lines = new Lines();
  let hasEnded = false;
  reader
    .on('line', (line) => lines.add(line))
    .on('close', () => {
      hasEnded = true;
      lines.end();
    });
  return async () => {
    if (!hasEnded) reader.resume();
    const line = await lines.next();
    // Who still reads keeps the process from ending.
    if (!hasEnded) reader.pause();
    return line;
  };
}

/** Lines that came in and were not asked for yet. */
class Lines {
  private readonly lines: string[] = [];
  private hasEnded = false;
  private wake = (): void => {};

  add(line: string): void {
    this.lines.push(line);
    this.wake();
  }

  end(): void {
    this.hasEnded = true;
    this.wake();
  }

  /** Null once there are no more. */
  async next(): Promise<string | null> {
    while (this.lines.length === 0 && !this.hasEnded) {
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    return this.lines.shift() ?? null;
  }
}

const ERASE_BELOW = '\x1b[J';
const CLEAR = '\x1b[H\x1b[2J';
const BELL = '\x07';
const DIM = '\x1b[2m';
const PLAIN = '\x1b[0m';

function up(rows: number): string {
  return rows === 0 ? '' : `\x1b[${rows}A`;
}
