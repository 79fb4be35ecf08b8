/**
 * Wrong twin: our subject with one of three faults that real implementations have, so that we know
 * where the suite notices them.
 */
import { createPublicKey, verify } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { answer } from '../../tools/conformance/subject.ts';
import type { Fields, Json } from '../../tools/conformance/suite.ts';

export type Fault =
  /** What a signature covers is not padded, as draft PR#1639 has it. */
  | 'no-padding'
  /** The replay window shifts within its bytes the wrong way, as both phone apps do (WIRE §8). */
  | 'wrong-shift'
  /** Payloads are compressed by Node's zlib instead of stock zlib (WIRE §4). */
  | 'node-zlib';

type Answerer = (question: Fields) => Fields;

export function wrongTwin(fault: Fault): Answerer {
  const wrong = WRONG[fault];
  return (question) => (wrong[question['op'] as string] ?? answer)(question);
}

const WRONG: Record<Fault, Record<string, Answerer>> = {
  'no-padding': {
    'packet.preimage': (question) => {
      const bare = bareBytes(question['frame'] as string);
      return bare === null ? answer(question) : { preimage: bare };
    },
    'packet.verify': (question) => {
      const key = question['signingKey'] as string;
      return isSigned(question['frame'] as string, key) ?? answer(question);
    },
    'announce.verify': (question) => {
      const frame = question['frame'] as string;
      const decoded = answer({ op: 'packet.decode', frame });
      const announce = answer({ op: 'announce.decode', payload: decoded['payload'] ?? '' });
      const { peer } = answer({ op: 'peer.id', noiseKey: announce['noiseKey'] ?? '' });
      if (peer !== decoded['sender']) return answer(question);
      return isSigned(frame, announce['signingKey'] as string) ?? answer(question);
    },
  },
  'wrong-shift': {
    'replay.window': (question) => {
      const window = new WrongWindow();
      const counters = question['counters'] as number[];
      return { accepted: counters.map((counter) => (window.accept(counter) ? '1' : '0')).join('') };
    },
    'noise.session': wrongSession,
  },
  'node-zlib': {
    'payload.compress': (question) => {
      const { compressed } = answer(question);
      if (compressed === null) return { compressed };
      return { compressed: byNode(bytes(question['payload'])).toString('hex') };
    },
    'packet.encode': (question) => ({ frame: recompressed(answer(question)['frame'] as string) }),
  },
};

/** The right preimage without its padding; null where there is none. */
function bareBytes(frame: string): string | null {
  const { payload } = answer({ op: 'packet.decode', frame });
  const { preimage } = answer({ op: 'packet.preimage', frame });
  if (typeof payload !== 'string' || typeof preimage !== 'string') return null;
  const whole = bytes(frame);
  const width = whole[0] === 1 ? 2 : 4;
  const recipient = whole[11] & 1 ? 8 : 0;
  const start = 12 + width + 8 + recipient;
  const route = whole[0] === 2 && whole[11] & 8 ? 1 + whole[start] * 8 : 0;
  const size = start + route + whole.readUIntBE(12, width);
  return preimage.slice(0, size * 2);
}

/** Null where it carries no signature. */
function isSigned(frame: string, key: string): Fields | null {
  const { signature } = answer({ op: 'packet.decode', frame });
  const bare = bareBytes(frame);
  if (typeof signature !== 'string' || bare === null) return null;
  return { valid: verify(null, bytes(bare), publicKey(key), bytes(signature)) };
}

/** An Ed25519 key as Node wants it: behind the fixed beginning of its ASN.1. */
export function publicKey(hex: string) {
  const der = Buffer.concat([bytes('302a300506032b6570032100'), bytes(hex)]);
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

/** The window of the apps: bit n is n behind the highest, and all bits move when that rises. */
class WrongWindow {
  private highest = 0;
  private readonly bits = new Uint8Array(128);

  accept(counter: number): boolean {
    const behind = this.highest - counter;
    if (behind >= 1024) return false;
    if (behind >= 0 && (this.bits[behind >> 3] >> (behind & 7)) & 1) return false;
    if (behind < 0) this.shift(-behind);
    this.highest = Math.max(this.highest, counter);
    const at = this.highest - counter;
    this.bits[at >> 3] |= 1 << (at & 7);
    return true;
  }

  /** By whole bytes the right way; within them to the right, which is towards newer counters. */
  private shift(by: number): void {
    const whole = by >> 3;
    const within = by & 7;
    const before = this.bits.slice();
    for (let i = 0; i < 128; i++) {
      const from = before[i - whole] ?? 0;
      const carried = before[i - whole - 1] ?? 0;
      this.bits[i] = by >= 1024 ? 0 : (from >> within) | (within > 0 ? carried << (8 - within) : 0);
    }
  }
}

/** Our session, but whether a message was read already is for the wrong window to say. */
function wrongSession(question: Fields): Fields {
  const right = answer(question);
  if (!Array.isArray(right['steps'])) return right;
  const window = new WrongWindow();
  const opened = new Map<string, Json>();
  const steps = question['steps'] as { read?: string }[];
  const said = right['steps'].map((text, i) => {
    const message = steps[i].read;
    if (i < 3 || message === undefined) return text;
    if (text !== null) opened.set(message, text);
    const genuine = opened.get(message);
    const isRead = genuine !== undefined && window.accept(bytes(message).readUInt32BE(0));
    return isRead ? genuine : null;
  });
  return { ...right, steps: said };
}

function recompressed(frame: string): string {
  const whole = bytes(frame);
  if ((whole[11] & 4) === 0) return frame;
  const payload = bytes(answer({ op: 'packet.decode', frame })['payload']);
  const width = whole[0] === 1 ? 2 : 4;
  const length = whole.readUIntBE(12, width);
  const at = whole.length - length;
  const body = Buffer.concat([whole.subarray(at, at + width), byNode(payload)]);
  const head = Buffer.from(whole.subarray(0, at));
  head.writeUIntBE(body.length, 12, width);
  return Buffer.concat([head, body]).toString('hex');
}

function byNode(payload: Buffer): Buffer {
  return deflateRawSync(payload, { level: 5, windowBits: 15, memLevel: 8 });
}

function bytes(hex: Json | undefined): Buffer {
  return Buffer.from(String(hex), 'hex');
}
