/**
 * Serve: our own implementation on stdin and stdout, a line of JSON each way. It is tested through
 * the very pipe that strangers are tested through.
 */
import type { Readable, Writable } from 'node:stream';
import { jsonLine, Lines } from './lines.ts';
import { PIPE_LIMITS } from './pipe.ts';
import type { Fields } from './suite.ts';

/** Resolves when the questions end. */
export async function serve(
  input: Readable,
  output: Writable,
  answer: (question: Fields) => Fields,
): Promise<void> {
  const lines = new Lines(PIPE_LIMITS.lineMax);
  for await (const text of input.setEncoding('utf8')) {
    for (const line of lines.push(text as string)) {
      if (line.trim() === '') continue;
      if (!say(output, reply(line, answer))) {
        await new Promise((drained) => output.once('drain', drained));
      }
    }
    if (lines.isSpoilt) {
      say(output, { id: null, error: 'too-long' });
      return;
    }
  }
}

function reply(line: string, answer: (question: Fields) => Fields): Fields {
  let question: Fields;
  try {
    question = Object(JSON.parse(line)) as Fields;
  } catch {
    return { id: null, error: 'not-json' };
  }
  return { id: question['id'] ?? null, ...answer(question) };
}

function say(output: Writable, answer: Fields): boolean {
  return output.write(jsonLine(answer));
}
