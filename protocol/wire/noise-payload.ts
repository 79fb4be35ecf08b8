/**
 * Noise payload: what a session carries once opened (WIRE §8). One byte says the kind; what follows
 * is that kind's own, here as bytes.
 *
 *   | kind 1 | body |
 *
 * A receipt's body is the message's id and nothing else; private messages, files and peer states
 * have files of their own. Kinds 0xE0 to 0xEF are Hopline's and pass through (WIRE §20).
 */
import type { Decoded } from './decoded.ts';
import { decodeText, encodeText } from './text.ts';

/** The kinds by name. Hopline's own are numbers of WIRE §20 and have no name here. */
export const KIND = {
  privateMessage: 0x01,
  readReceipt: 0x02,
  delivered: 0x03,
  groupInvite: 0x06,
  groupKeyUpdate: 0x07,
  voiceFrame: 0x08,
  verifyChallenge: 0x10,
  verifyResponse: 0x11,
  vouch: 0x12,
  privateFile: 0x20,
  peerState: 0x21,
} as const;

/** What a few old builds sent for a file; it is read as one and never written. */
const FILE_ALIAS = 0x09;

export type NoisePayload = { kind: number; body: Uint8Array };

export function decodeNoisePayload(
  bytes: Uint8Array,
): Decoded<NoisePayload, 'empty' | 'unknown-kind'> {
  if (bytes.length === 0) return { ok: false, reason: 'empty' };
  const kind = bytes[0] === FILE_ALIAS ? KIND.privateFile : bytes[0];
  if (!isKnown(kind)) return { ok: false, reason: 'unknown-kind' };
  return { ok: true, value: { kind, body: new Uint8Array(bytes.subarray(1)) } };
}

function isKnown(kind: number): boolean {
  return (kind >= 0xe0 && kind <= 0xef) || KINDS.includes(kind);
}

const KINDS: number[] = Object.values(KIND);

export function encodeNoisePayload(payload: NoisePayload): Uint8Array {
  const bytes = new Uint8Array(1 + payload.body.length);
  bytes[0] = payload.kind;
  bytes.set(payload.body, 1);
  return bytes;
}

/** The body of `delivered` and `readReceipt`: the id of the message meant, opaque and not empty. */
export function decodeReceipt(bytes: Uint8Array): Decoded<string, 'empty' | 'bad-text'> {
  const id = decodeText(bytes);
  if (id === null) return { ok: false, reason: 'bad-text' };
  return id === '' ? { ok: false, reason: 'empty' } : { ok: true, value: id };
}

export function encodeReceipt(messageId: string): Uint8Array {
  return encodeText(messageId);
}
