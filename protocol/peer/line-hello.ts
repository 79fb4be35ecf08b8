/**
 * Line hello: what an end of a line says of itself (WIRE §20, §24). A line carries what is said, and no
 * mesh of few links: clock, board and place in a tree mean nothing there, and a token is for one line.
 */
import type { Hello } from '../core/hello.ts';
import { encodeText } from '../wire/text.ts';

export function lineHello(
  said: Pick<Hello, 'version' | 'role' | 'features' | 'frameMax'>,
  name: string,
): Hello {
  const none = new Uint8Array(0);
  return { ...said, name: encodeText(name), unixMs: null, board: none, token: none };
}
