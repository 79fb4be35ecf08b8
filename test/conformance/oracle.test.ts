/**
 * The vectors recomputed by other means: OpenSSL, the zlib of Python, and code so slow and plain that
 * it can be checked against WIRE by eye. Nothing of protocol/ is used here, so that a mistake of ours
 * cannot confirm itself.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, createHmac, verify } from 'node:crypto';
import { inflateRawSync, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Case, Fields } from '../../tools/conformance/suite.ts';
import { vectors } from '../vectors.ts';
import { casesOf } from './ours.ts';
import { publicKey } from './wrong-twin.ts';

describe('the signing vectors', () => {
  for (const asked of casesOf('packet.preimage')) {
    it(`cover what WIRE §4 says: ${asked.name}`, () => {
      expect(asked.expect['preimage']).toBe(preimageOf(hex(asked.given['frame'])).toString('hex'));
    });
  }

  for (const asked of casesOf('packet.verify')) {
    it(`are what OpenSSL says: ${asked.name}`, () => {
      const frame = hex(asked.given['frame']);
      expect(asked.expect['valid']).toBe(isSigned(frame, String(asked.given['signingKey'])));
    });
  }

  for (const asked of casesOf('announce.verify')) {
    it(`hold announces to both their keys: ${asked.name}`, () => {
      const frame = hex(asked.given['frame']);
      const { sender, payload } = cut(frame);
      const keys = new Map<number, Buffer>();
      for (let at = 0; at < payload.length; at += 2 + payload[at + 1]) {
        keys.set(payload[at], payload.subarray(at + 2, at + 2 + payload[at + 1]));
      }
      const isOwn = sha256(keys.get(2)!).subarray(0, 8).equals(sender);
      const valid = isOwn && isSigned(frame, keys.get(3)!.toString('hex'));
      expect(asked.expect['valid']).toBe(valid);
    });
  }
});

describe('the compression vectors', () => {
  const compressed = casesOf('payload.compress');
  const stock = spawnSync('python3', [
    '-c',
    // zlib-ng, which some systems call zlib, writes other bytes.
    'import zlib, sys; sys.exit("ng" in zlib.ZLIB_RUNTIME_VERSION)',
  ]);

  it.skipIf(stock.status !== 0)('are byte for byte what stock zlib writes (python3)', () => {
    const shrunk = compressed.filter(({ expect }) => expect['compressed'] !== null);
    const payloads = shrunk.map(({ given }) => given['payload']);
    const output = execFileSync('python3', ['-c', STOCK_ZLIB], { input: payloads.join('\n') });
    expect(output.toString().trim().split('\n')).toEqual(
      shrunk.map(({ expect }) => expect['compressed']),
    );
    expect(shrunk.length).toBeGreaterThan(15);
  });

  for (const asked of compressed) {
    it(`compress where WIRE §2 says so: ${asked.name}`, () => {
      const payload = hex(asked.given['payload']);
      const values = new Set(payload).size / Math.min(payload.length, 256);
      const worthwhile = payload.length >= 100 && values < 0.9;
      const { compressed } = asked.expect;
      if (compressed === null) {
        if (worthwhile) expect(stockSize(payload)).toBeGreaterThanOrEqual(payload.length);
      } else {
        expect([worthwhile, inflateRawSync(hex(compressed))]).toEqual([true, payload]);
        expect(hex(compressed).length).toBeLessThan(payload.length);
      }
    });
  }

  it('inflate to what zlib inflates them to', () => {
    for (const { given, expect: expected } of casesOf('payload.inflate')) {
      const stream = hex(given['compressed']);
      const inflated = stream[0] === 0x78 ? inflateSync(stream) : inflateRawSync(stream);
      expect(inflated.toString('hex')).toBe(expected['payload']);
    }
  });
});

describe('the packet vectors', () => {
  for (const asked of [...casesOf('packet.decode'), ...casesOf('packet.encode').map(reversed)]) {
    it(`lie as WIRE §1 says: ${asked.name}`, () => {
      const { expect: fields } = asked;
      const parts = cut(hex(asked.given['frame']));
      expect(parts.sender.toString('hex')).toBe(fields['sender']);
      expect(parts.recipient?.toString('hex') ?? null).toBe(fields['recipient']);
      expect(parts.route.map((hop) => hop.toString('hex'))).toEqual(fields['route']);
      expect(parts.payload.toString('hex')).toBe(fields['payload']);
      expect(parts.signature?.toString('hex') ?? null).toBe(fields['signature'] ?? null);
      const { header } = parts;
      expect([header[0], header[1], header[2]]).toEqual(
        ['version', 'type', 'ttl'].map((name) => fields[name]),
      );
      expect(header.readBigUInt64BE(3).toString()).toBe(fields['timestamp']);
      expect((header[11] & 0x10) !== 0).toBe(fields['answer']);
    });
  }

  it('have the ids of WIRE §9', () => {
    for (const { given, expect: expected } of casesOf('packet.id')) {
      const { header, sender, payload } = cut(hex(given['frame']));
      const named = [header.subarray(1, 2), sender, header.subarray(3, 11), payload];
      expect(sha256(Buffer.concat(named)).subarray(0, 16).toString('hex')).toBe(
        expected['packetId'],
      );
    }
  });

  it('are padded on air as WIRE §2 says', () => {
    for (const { given, expect: expected } of casesOf('packet.air')) {
      const frame = hex(given['frame']);
      const isPadded = frame[1] === 0x10 || frame[1] === 0x11;
      expect((isPadded ? padded(frame) : frame).toString('hex')).toBe(expected['frame']);
    }
  });
});

describe('the fragment vectors', () => {
  it('put together are the packet that was split', () => {
    for (const { given, expect: expected } of casesOf('fragment.split')) {
      const parts = (expected['frames'] as string[]).map((frame) => cut(hex(frame)));
      const whole = cut(hex(given['frame']));
      const slices = parts.map(({ payload }) => payload.subarray(13));
      expect(Buffer.concat(slices).toString('hex')).toBe(given['frame']);
      parts.forEach(({ header, sender, recipient, route, payload }, index) => {
        const head = Buffer.alloc(13);
        head.write(String(given['fragmentId']), 'hex');
        head.writeUInt16BE(index, 8);
        head.writeUInt16BE(parts.length, 10);
        head[12] = whole.header[1];
        expect(payload.subarray(0, 13)).toEqual(head);
        expect(header.subarray(2, 11)).toEqual(whole.header.subarray(2, 11));
        expect([sender, recipient, route]).toEqual([whole.sender, whole.recipient, whole.route]);
        expect(header[0]).toBe(route.length > 0 ? 2 : 1);
      });
    }
  });
});

describe('the sync vectors', () => {
  for (const asked of casesOf('sync.filter')) {
    it(`are Golomb codes of the ids: ${asked.name}`, () => {
      const rate = Number(asked.given['rate']);
      const p = Math.max(1, Math.ceil(Math.log2(1 / rate)));
      const capacity = Math.floor((8 * Number(asked.given['bytes'])) / (p + 2));
      const ids = (asked.given['packetIds'] as string[]).slice(0, capacity);
      const m = Math.max(1, ids.length * 2 ** p);
      const values = [...new Set(ids.map((id) => sharesOf(id, m)))].sort((a, b) => a - b);
      let bits = '';
      values.forEach((value, i) => {
        const x = value - (values[i - 1] ?? 0) - 1;
        const remainder = x % 2 ** p;
        bits += '1'.repeat((x - remainder) / 2 ** p) + '0';
        bits += remainder.toString(2).padStart(p, '0');
      });
      const bytes = bits.match(/.{1,8}/g) ?? [];
      const filter = Buffer.from(bytes.map((byte) => parseInt(byte.padEnd(8, '0'), 2)));
      expect(asked.expect).toEqual({ p, m, filter: filter.toString('hex') });
    });
  }

  for (const asked of casesOf('sync.covers')) {
    it(`cover what they decode to: ${asked.name}`, () => {
      const { p, m, filter, packetIds } = asked.given as { p: number; m: number } & Fields;
      const bits = [...hex(filter)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
      const values = new Set<number>();
      const code = new RegExp(`(1*)0([01]{${p}})`, 'y');
      let value = 0;
      for (let read = code.exec(bits); read !== null; read = code.exec(bits)) {
        value += read[1].length * 2 ** p + parseInt(read[2], 2) + 1;
        if (value >= m) break;
        values.add(value);
      }
      const covered = (packetIds as string[]).map((id) => (values.has(sharesOf(id, m)) ? 1 : 0));
      expect(covered.join('')).toBe(asked.expect['covered']);
    });
  }
});

describe('the replay vectors', () => {
  for (const asked of casesOf('replay.window')) {
    it(`are what a set says: ${asked.name}`, () => {
      const seen = new Set<number>();
      const marks = (asked.given['counters'] as number[]).map((counter) => {
        const isFresh = !seen.has(counter) && counter > Math.max(0, ...seen) - 1024;
        if (isFresh) seen.add(counter);
        return isFresh ? '1' : '0';
      });
      expect(marks.join('')).toBe(asked.expect['accepted']);
    });
  }
});

describe('the Noise vectors', () => {
  const text = vectors('bitchat/NoiseTestVectors.json');

  it.skipIf(text === null)('hold the public ones, counters added', () => {
    const published = JSON.parse(text!) as {
      messages: { payload: string; ciphertext: string }[];
    }[];
    published.forEach(({ messages }, at) => {
      for (const role of ['initiator', 'responder']) {
        const name = `public vector ${at + 1}, ${role}`;
        const asked = casesOf('noise.session').find((one) => one.name === name)!;
        const steps = asked.given['steps'] as { read?: string; write?: string }[];
        messages.forEach(({ payload, ciphertext }, step) => {
          // After the handshake each end counts its own, and they take turns.
          const counter = Buffer.alloc(4);
          counter.writeUInt32BE(step < 3 ? 0 : (step - 3) >> 1);
          const message = (step < 3 ? '' : counter.toString('hex')) + ciphertext;
          const isOurs = (step % 2 === 0) === (role === 'initiator');
          expect(steps[step]).toEqual(isOurs ? { write: payload } : { read: message });
          expect((asked.expect['steps'] as string[])[step]).toBe(isOurs ? message : payload);
        });
      }
    });
  });

  it('say the same of both ends', () => {
    const sessions = casesOf('noise.session');
    const initiators = sessions.filter(({ name }) => name.endsWith(', initiator'));
    expect(initiators.length).toBe(3);
    for (const initiator of initiators) {
      const name = initiator.name.replace('initiator', 'responder');
      const responder = sessions.find((one) => one.name === name)!;
      expect(responder.expect['hash']).toBe(initiator.expect['hash']);
      expect(linesOf(responder)).toEqual(linesOf(initiator));
    }
  });
});

describe('the ids and tags', () => {
  it('are SHA-256 and HMAC of what WIRE §5, §6 and §10 say', () => {
    for (const { given, expect: expected } of casesOf('peer.id')) {
      const id = sha256(hex(given['noiseKey'])).subarray(0, 8);
      expect(id.toString('hex')).toBe(expected['peer']);
    }
    for (const { given, expect: expected } of casesOf('message.id')) {
      const { sender, timestamp, text } = given;
      // JavaScript's trim, and the one character more that the cases have.
      const trimmed = String(text).replace(/^[\s\u0085]+|[\s\u0085]+$/g, '');
      const digest = sha256(Buffer.from(`${sender}|${timestamp}|${trimmed}`));
      expect(digest.toString('hex').slice(0, 32)).toBe(expected['messageId']);
    }
    for (const { given, expect: expected } of casesOf('courier.tag')) {
      const day = Buffer.alloc(4);
      day.writeUInt32BE(Number(given['day']));
      const tag = createHmac('sha256', hex(given['noiseKey']))
        .update('bitchat-courier-tag-v1')
        .update(day)
        .digest('hex');
      expect(tag.slice(0, 32)).toBe(expected['tag']);
    }
  });
});

const STOCK_ZLIB = `
import sys, zlib
for line in sys.stdin:
    deflate = zlib.compressobj(5, zlib.DEFLATED, -15, 8, zlib.Z_DEFAULT_STRATEGY)
    print((deflate.compress(bytes.fromhex(line)) + deflate.flush()).hex())
`;

function stockSize(payload: Buffer): number {
  const child = spawnSync('python3', ['-c', STOCK_ZLIB], { input: payload.toString('hex') });
  return child.status === 0 ? child.stdout.toString().trim().length / 2 : Infinity;
}

/** A packet in its parts, by offsets alone. */
function cut(frame: Buffer) {
  const isFirst = frame[0] === 1;
  const flags = frame[11];
  let at = isFirst ? 14 : 16;
  const take = (size: number) => frame.subarray(at, (at += size));
  const header = frame.subarray(0, at);
  const sender = take(8);
  const recipient = flags & 1 ? take(8) : null;
  const route: Buffer[] = [];
  if (!isFirst && flags & 8) for (let hops = take(1)[0]; hops > 0; hops--) route.push(take(8));
  const body = take(isFirst ? frame.readUInt16BE(12) : frame.readUInt32BE(12));
  const unsignedSize = at;
  const signature = flags & 2 ? take(64) : null;
  const stream = body.subarray(isFirst ? 2 : 4);
  const payload = flags & 4 ? inflateRawSync(stream) : body;
  return { header, sender, recipient, route, payload, signature, unsignedSize };
}

function preimageOf(frame: Buffer): Buffer {
  const bare = Buffer.from(frame.subarray(0, cut(frame).unsignedSize));
  bare[2] = 0;
  bare[11] &= frame[0] === 1 ? 0b0101 : 0b1101;
  return padded(bare);
}

function padded(frame: Buffer): Buffer {
  for (const block of [256, 512, 1024, 2048]) {
    const missing = block - frame.length;
    if (missing < 16) continue;
    return missing > 255 ? frame : Buffer.concat([frame, Buffer.alloc(missing, missing)]);
  }
  return frame;
}

function isSigned(frame: Buffer, key: string): boolean {
  const { signature } = cut(frame);
  return signature !== null && verify(null, preimageOf(frame), publicKey(key), signature);
}

/** The number that stands for a packet id among M (WIRE §9). */
function sharesOf(id: string, m: number): number {
  const h = BigInt(`0x${sha256(hex(id)).toString('hex').slice(0, 16)}`) & 0x7fffffffffffffffn;
  return m <= 1 ? 0 : Number(h % BigInt(m)) || 1;
}

/** Of an encoding, the question that undoes it. */
function reversed({ given, expect, ...rest }: Case): Case {
  return { ...rest, given: expect, expect: given };
}

/** What went over the line, whoever said it. */
function linesOf({ given, expect }: Case): unknown[] {
  const steps = given['steps'] as { read?: string }[];
  return steps.map(({ read }, i) => read ?? (expect['steps'] as string[])[i]);
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function hex(value: unknown): Buffer {
  return Buffer.from(String(value), 'hex');
}
