/**
 * Message: one datagram of the plain UDP chat (WIRE §25), read from bytes and written to them. What is
 * written is, byte for byte, what the Python peers write: compact, in this order, and ASCII.
 *
 *   {"mid":uuid,"ts":1730563200.25,"ttl":8,"kind":"CHAT","src":"host:port","dst":"","body":text}
 */
export type Kind = 'CHAT' | 'PING';

export type Message = {
  /** What nodes tell messages apart by: a UUID, as a rule. */
  mid: string;
  /** Seconds since 1970, by the sender's clock. */
  ts: number;
  /** Hops that are left. */
  ttl: number;
  kind: Kind;
  /** Who said it, as it calls itself: `host:port`. */
  src: string;
  /** Whom it is for, by the name of its `src`; empty for everyone. */
  dst: string;
  body: string;
};

const FIELDS = ['mid', 'ts', 'ttl', 'kind', 'src', 'dst', 'body'] as const;
type Field = (typeof FIELDS)[number];

/** Why a datagram was no message. */
export type Malformed = 'not-utf8' | 'not-json' | 'not-an-object' | `no-${Field}` | `bad-${Field}`;

/** A message as it came, and all that a node needs to pass it on. */
export type Received = Message & {
  /** With one hop less, as it goes to the neighbours. */
  passedOn(): Uint8Array;
};

export type Decoded = { ok: true; message: Received } | { ok: false; reason: Malformed };

/** What UDP carries over IPv4 in one datagram. */
export const DATAGRAM_MAX = 65_507;
/** Longer ones are malformed: every node of the mesh remembers them. A UUID has 36 characters. */
export const MID_MAX = 128;
/** A host name of 255 characters, a colon and a port; longer ones are malformed. */
export const ADDRESS_MAX = 261;

/** A quoted text in printable ASCII, with the escapes that Python writes. */
const TEXT = String.raw`"((?:[^"\\\x00-\x1f\x7f-\uffff]|\\["\\bfnrt]|\\u[0-9a-f]{4})*)"`;
const NUMBER = String.raw`((?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)`;
/** What a peer writes, and nothing else: it needs no parser, and is passed on by changing one number. */
const WRITTEN = new RegExp(
  String.raw`^\{"mid":${TEXT},"ts":${NUMBER},"ttl":(0|[1-9]\d*),"kind":"(CHAT|PING)",` +
    String.raw`"src":${TEXT},"dst":${TEXT},"body":${TEXT}\}$`,
);
const BEFORE_TTL = '{"mid":"","ts":,"ttl":'.length;
/** Python tells 8 from 8.0, and takes only the first for a number of hops. */
const BROKEN_TTL = /"ttl"\s*:\s*-?\d+[.eE]/;

/** The bytes are the message's from here on: passing it on may change them. */
export function decodeMessage(bytes: Uint8Array): Decoded {
  const text = textOf(bytes);
  if (text === null) return { ok: false, reason: 'not-utf8' };
  const match = WRITTEN.exec(text);
  if (match === null) return parse(text);
  const [, mid, ts, ttl, kind, src, dst, body] = match;
  const message: Received = {
    mid: plain(mid),
    ts: Number(ts),
    ttl: Number(ttl),
    kind: kind as Kind,
    src: plain(src),
    dst: plain(dst),
    body: plain(body),
    passedOn: () => withTtl(bytes, BEFORE_TTL + mid.length + ts.length, ttl, message.ttl - 1),
  };
  const reason = unfit(message);
  return reason === null ? { ok: true, message } : { ok: false, reason };
}

export function encodeMessage(message: Message): Uint8Array {
  const { mid, ts, ttl, kind, src, dst, body } = message;
  const text =
    `{"mid":${quoted(mid)},"ts":${seconds(ts)},"ttl":${ttl},"kind":"${kind}",` +
    `"src":${quoted(src)},"dst":${quoted(dst)},"body":${quoted(body)}}`;
  return new TextEncoder().encode(text);
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(bytes: Uint8Array): string | null {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}

/** The text between two quotes. */
function plain(text: string): string {
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
}

/** What another program may have written: in another order, with spaces, with fields of its own. */
function parse(text: string): Decoded {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'not-json' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, reason: 'not-an-object' };
  }
  const missing = FIELDS.find((field) => !Object.hasOwn(value, field));
  if (missing !== undefined) return { ok: false, reason: `no-${missing}` };
  if (BROKEN_TTL.test(text)) return { ok: false, reason: 'bad-ttl' };
  const { mid, ts, ttl, kind, src, dst, body } = value as Message;
  const fields: Message = { mid, ts, ttl, kind, src, dst, body };
  const reason = unfit(fields);
  if (reason !== null) return { ok: false, reason };
  const passedOn = (): Uint8Array => encodeMessage({ ...fields, ttl: ttl - 1 });
  return { ok: true, message: { ...fields, passedOn } };
}

/** Why these values are no message. They may be of any type. */
function unfit({ mid, ts, ttl, kind, src, dst, body }: Message): Malformed | null {
  if (!isText(mid, 1, MID_MAX)) return 'bad-mid';
  if (!(typeof ts === 'number' && ts >= 0 && ts < Infinity)) return 'bad-ts';
  if (!(Number.isSafeInteger(ttl) && ttl >= 0)) return 'bad-ttl';
  if (kind !== 'CHAT' && kind !== 'PING') return 'bad-kind';
  if (!isText(src, 1, ADDRESS_MAX)) return 'bad-src';
  if (!isText(dst, 0, ADDRESS_MAX)) return 'bad-dst';
  return isText(body, 0, DATAGRAM_MAX) ? null : 'bad-body';
}

function isText(value: unknown, least: number, most: number): boolean {
  return typeof value === 'string' && value.length >= least && value.length <= most;
}

/** The same bytes with another number at `at`, where `digits` stand now. */
function withTtl(bytes: Uint8Array, at: number, digits: string, ttl: number): Uint8Array {
  const next = String(ttl);
  for (let i = 0; i < next.length; i++) bytes[at + i] = next.charCodeAt(i);
  if (next.length === digits.length) return bytes;
  bytes.copyWithin(at + next.length, at + digits.length);
  return bytes.subarray(0, bytes.length - digits.length + next.length);
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\x7f-\uffff]/g, escaped);
}

function escaped(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** With a point in it, as Python writes what is no whole number to it. */
function seconds(ts: number): string {
  const text = String(ts);
  return /^\d+$/.test(text) ? `${text}.0` : text;
}
