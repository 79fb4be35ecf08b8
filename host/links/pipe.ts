/**
 * Pipe: one connection of whatever kind, as lines have it: bytes out, bytes in, and an end. What is
 * told of it goes to whoever opened it.
 */

/** As Trunks take them. */
export type LineEvent =
  | { kind: 'opened'; line: number; address: string }
  | { kind: 'closed'; line: number; why: string }
  /** `from`: where a datagram came from. */
  | { kind: 'received'; line: number; bytes: Uint8Array; from?: string }
  | { kind: 'sent'; line: number };

/** As Trunks give them. */
export type LineOrder =
  | { kind: 'dial'; line: number; address: string }
  | { kind: 'hangUp'; line: number }
  | { kind: 'write'; line: number; bytes: Uint8Array }
  /** It is not read until `go`. */
  | { kind: 'hold'; line: number }
  | { kind: 'go'; line: number }
  /** What is written goes there from now on. */
  | { kind: 'move'; line: number; address: string };

export type Pipe = {
  /** `left` is called once the system has the bytes. */
  write(bytes: Uint8Array, left: () => void): void;
  /** Lets go once what was written has left, and reads no more. `closed` follows. */
  end(): void;
  pause(): void;
  resume(): void;
  /** Of a pipe that can. */
  move?(address: string): void;
};

export type PipeEvents = {
  opened(): void;
  /** The bytes stay as they are. */
  received(bytes: Uint8Array, from?: string): void;
  /** Once, and last. `why` is for people. */
  closed(why: string): void;
};

/** What a pipe that was let go of may still take to end. */
export const LINGER_MS = 1000;
/** Why, where the other end gave no reason. */
export const HUNG_UP = 'the other end hung up';

/** Why there is no pipe, beside the code of the system for whoever has to look further. */
export function wordsOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === undefined) return message;
  return Object.hasOwn(WORDS, code) ? `${WORDS[code]} (${code})` : `the system says ${code}`;
}

const WORDS: Record<string, string> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the line broke',
  EPIPE: 'the line broke',
  ETIMEDOUT: 'nobody answers there',
  EHOSTUNREACH: 'no way leads there',
  ENETUNREACH: 'no way leads there',
  EADDRNOTAVAIL: 'no way leads there',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'its name cannot be looked up now',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'nobody vouches for its certificate',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};
