/**
 * Dialogue: lines that somebody types while other lines appear. At a terminal what is being typed
 * stays below what appears and can be edited; in a pipe, lines come in and lines go out.
 */
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';

export type Dialogue = {
  /** Somebody sits at a terminal. */
  isLive: boolean;
  /** The next line; null once there are no more, or the person leaves. */
  next(): Promise<string | null>;
  /** Above what is being typed. */
  say(line: string): void;
  prompt(text: string): void;
  close(): void;
};

export type DialogueOptions = {
  /** What the last word of a line may become, and that word. */
  complete(line: string): [string[], string];
  /** Such a line is taken off the screen once it is typed, because it appears in another form. */
  isTakenBack(line: string): boolean;
};

/** Lines of before that the arrow keys bring back. */
const TYPED_MAX = 200;

export type Stream = NodeJS.WritableStream & { columns?: number };

export function liveDialogue(
  input: NodeJS.ReadStream,
  output: Stream,
  { complete, isTakenBack }: DialogueOptions,
): Dialogue {
  const reader = createInterface({
    input,
    output,
    terminal: true,
    historySize: TYPED_MAX,
    removeHistoryDuplicates: true,
    completer: complete,
  });
  const next = linesOf(reader, false);
  let isClosed = false;
  /** Takes what is being typed off the screen; the reader draws it anew where the cursor is then. */
  const lift = (): void => {
    output.write(`${up(reader.getCursorPos().rows)}\r${ERASE_BELOW}`);
    // It would go up as many rows itself, and miscounts them where text was pasted.
    (reader as { prevRows?: number }).prevRows = 0;
  };
  reader.on('line', (line) => {
    if (isTakenBack(line)) {
      // The reader measures what it would show: as a prompt, this line.
      const prompt = reader.getPrompt();
      reader.setPrompt(prompt + line);
      const { rows } = reader.getCursorPos();
      reader.setPrompt(prompt);
      output.write(`${up(rows + 1)}\r${ERASE_BELOW}`);
    }
    reader.prompt();
  });
  reader.on('SIGINT', () => reader.close());
  reader.on('close', () => {
    if (!isClosed) output.write(reader.line === '' ? `\r${ERASE_BELOW}` : '\r\n');
    isClosed = true;
  });
  reader.prompt();
  return {
    isLive: true,
    next,
    say(line) {
      if (isClosed) return void output.write(`${line}\n`);
      lift();
      output.write(`${line.replaceAll('\n', '\r\n')}\r\n`);
      reader.prompt(true);
    },
    prompt(text) {
      if (isClosed) return;
      lift();
      reader.setPrompt(text);
      reader.prompt(true);
    },
    close: () => reader.close(),
  };
}

export function pipedDialogue(input: NodeJS.ReadableStream, output: Stream): Dialogue {
  const reader = createInterface({ input });
  return {
    isLive: false,
    next: linesOf(reader, true),
    say: (line) => void output.write(`${line}\n`),
    prompt() {},
    close: () => reader.close(),
  };
}

/**
 * Lines of a reader one after another, null once it has ended. One that is held back reads no further
 * than it is asked to.
 */
export function linesOf(reader: Interface, isHeldBack: boolean): () => Promise<string | null> {
  const lines: string[] = [];
  let hasEnded = false;
  let wake = (): void => {};
  reader
    .on('line', (line) => {
      lines.push(line);
      wake();
    })
    .on('close', () => {
      hasEnded = true;
      wake();
    });
  return async () => {
    while (lines.length === 0 && !hasEnded) {
      if (isHeldBack) reader.resume();
      await new Promise<void>((resolve) => (wake = resolve));
    }
    // Who still reads keeps the process from ending.
    if (isHeldBack && !hasEnded) reader.pause();
    return lines.shift() ?? null;
  };
}

const ERASE_BELOW = '\x1b[J';

function up(rows: number): string {
  return rows === 0 ? '' : `\x1b[${rows}A`;
}
