/**
 * Hello: what a node says of itself, first on every Hopline link (WIRE §20). Fields of type u8 and
 * length u8; unknown ones are skipped.
 *
 *   01 major, minor, patch | 03 role | 04 feature bits, minimal little-endian | 05 largest frame u32
 *   06 name | 07 Unix ms u64 | 08 board | 09 client token
 *   0A mesh: island 8, its size, hops to its root, size of the branch; u8 each
 */
import type { Fields } from './fields.ts';
import { bigEndian, bytesIn, encodeFields, numberIn, readFields } from './fields.ts';
import type { Version } from './version.ts';

/** The largest frame that may be sent before the other's hello is there. */
export const FRAME_MAX_BEFORE_HELLO = 512;
/** A link without a hello for so long is legacy. */
export const HELLO_TIMEOUT_MS = 3000;
/** The year 10889: beyond it clocks are broken, and further up numbers inexact. */
export const UNIX_MS_MAX = 0xffffffffffff;

/** Roles. Others may come: a number beyond these is kept as it is. */
export const LEAF = 0;
export const RELAY = 1;
export const PEER = 2;
export const GATEWAY = 3;
export const TETHERED = 4;

export type Hello = {
  version: Version;
  role: number;
  /** The lowest 32; those above have no meaning yet. */
  features: number;
  /** The largest frame this node takes. */
  frameMax: number;
  /** UTF-8, at most 255 bytes; empty for none, as board and token. */
  name: Uint8Array;
  /** Null without a clock. */
  unixMs: number | null;
  board: Uint8Array;
  token: Uint8Array;
  /** What a node with few links tells of its island (see Connector). */
  mesh?: Uint8Array;
};

/** Why a payload was no hello; `bad-field` also where it is cut short. */
export type HelloMalformed = 'bad-field' | 'no-version';

export function encodeHello(hello: Hello): Uint8Array {
  const features: number[] = [];
  for (let rest = hello.features; rest > 0; rest = rest >>> 8) features.push(rest & 255);
  const fields: Fields = [
    null,
    hello.version,
    null,
    bigEndian(hello.role, 1),
    new Uint8Array(features),
    bigEndian(hello.frameMax, 4),
    hello.name,
    hello.unixMs === null ? null : bigEndian(hello.unixMs, 8),
    hello.board,
    hello.token,
    hello.mesh,
  ];
  return encodeFields(fields, 1);
}

export function decodeHello(payload: Uint8Array): Hello | HelloMalformed {
  const fields = readFields(payload, 1, [0, 3, 0, 1, 0, 4, 0, 8]);
  if (fields === null) return 'bad-field';
  const version = fields[1];
  if (!version) return 'no-version';
  const bits = bytesIn(fields, 4);
  let features = 0;
  for (let i = Math.min(bits.length, 4) - 1; i >= 0; i--) features = features * 256 + bits[i];
  const unixMs = numberIn(fields, 7, null);
  if (unixMs !== null && unixMs > UNIX_MS_MAX) return 'bad-field';
  const heard: Hello = {
    version: version,
    role: numberIn(fields, 3, LEAF),
    features: features,
    frameMax: numberIn(fields, 5, FRAME_MAX_BEFORE_HELLO),
    name: bytesIn(fields, 6),
    unixMs: unixMs,
    board: bytesIn(fields, 8),
    token: bytesIn(fields, 9),
  };
  const mesh = fields[10];
  if (mesh) heard.mesh = mesh;
  return heard;
}
