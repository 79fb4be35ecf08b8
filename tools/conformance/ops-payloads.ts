/**
 * Ops on payloads: what packets and private messages carry.
 */
import { pureCrypto } from '../../protocol/trust/pure-crypto.ts';
import { decodeAnnounce, encodeAnnounce } from '../../protocol/wire/announce.ts';
import { courierTag, decodeCourier, encodeCourier } from '../../protocol/wire/courier.ts';
import { decodeFile, encodeFile } from '../../protocol/wire/file.ts';
import { buildFilter, filterNumber, filterNumbers, holdsNumber } from '../../protocol/wire/gcs.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import { messageId } from '../../protocol/wire/message.ts';
import type { NoisePayload } from '../../protocol/wire/noise-payload.ts';
import {
  KIND,
  decodeNoisePayload,
  decodeReceipt,
  encodeNoisePayload,
  encodeReceipt,
} from '../../protocol/wire/noise-payload.ts';
import { decodePeerState, encodePeerState } from '../../protocol/wire/peer-state.ts';
import { decodePing, encodePing } from '../../protocol/wire/ping.ts';
import { decodePrivateMessage, encodePrivateMessage } from '../../protocol/wire/private-message.ts';
import { decodeRequestSync, encodeRequestSync } from '../../protocol/wire/request-sync.ts';
import type { Given, Ops } from './given.ts';
import { bitNumbers, marks } from './given.ts';
import type { Fields } from './suite.ts';

export const payloadOps: Ops = {
  'announce.decode': (given) => {
    const decoded = decodeAnnounce(given.bytes('payload'));
    if (!decoded.ok) return { error: decoded.reason };
    const { name, noiseKey, signingKey, neighbours, capabilities, geohash } = decoded.value;
    return {
      nickname: name,
      noiseKey: toHex(noiseKey),
      signingKey: toHex(signingKey),
      neighbours: neighbours.map(toHex),
      capabilities: capabilities === null ? null : bitNumbers(capabilities),
      geohash,
    };
  },
  'announce.encode': (given) => ({
    payload: toHex(
      encodeAnnounce({
        name: given.text('nickname'),
        noiseKey: given.bytes('noiseKey'),
        signingKey: given.bytes('signingKey'),
        neighbours: given.bytesList('neighbours'),
        capabilities: given.bitsOrNull('capabilities'),
        geohash: given.textOrNull('geohash'),
        extras: [],
      }),
    ),
  }),
  'sync.decode': (given) => {
    const decoded = decodeRequestSync(given.bytes('payload'));
    if (!decoded.ok) return { error: decoded.reason };
    const { p, m, filter, types, since, fragmentIds } = decoded.value;
    return {
      p,
      m,
      filter: toHex(filter),
      types: types === null ? null : bitNumbers(BigInt(types)),
      since: since === null ? null : String(since),
      fragmentIds: fragmentIds.map(toHex),
    };
  },
  'sync.encode': (given) => {
    const types = given.bitsOrNull('types');
    const request = {
      p: given.number('p'),
      m: given.number('m'),
      filter: given.bytes('filter'),
      types: types === null ? null : Number(types),
      since: given.u64OrNull('since'),
      fragmentIds: [],
    };
    return { payload: toHex(encodeRequestSync(request)) };
  },
  'sync.filter': (given) => {
    const ids = given.bytesList('packetIds');
    const { p, m, bytes } = buildFilter(
      pureCrypto,
      ids,
      given.number('bytes'),
      given.number('rate'),
    );
    return { p, m, filter: toHex(bytes) };
  },
  'sync.covers': (given) => {
    const m = given.number('m');
    const numbers = filterNumbers(given.number('p'), m, given.bytes('filter'));
    return {
      covered: marks(given.bytesList('packetIds'), (id) =>
        holdsNumber(numbers, filterNumber(pureCrypto, id, m)),
      ),
    };
  },
  'private.decode': (given) => {
    const decoded = decodeNoisePayload(given.bytes('plaintext'));
    return decoded.ok ? decodedBody(decoded.value) : { error: decoded.reason };
  },
  'private.encode': (given) => {
    const kind = given.number('kind');
    return { plaintext: toHex(encodeNoisePayload({ kind, body: encodedBody(kind, given) })) };
  },
  'file.decode': (given) => {
    const decoded = decodeFile(given.bytes('payload'));
    if (!decoded.ok) return { error: decoded.reason };
    const { name, mime, content } = decoded.value;
    return { name, mime, content: toHex(content) };
  },
  'file.encode': (given) => {
    const content = given.bytes('content');
    const name = given.textOrNull('name');
    const mime = given.textOrNull('mime');
    return { payload: toHex(encodeFile({ name, mime, size: content.length, content })) };
  },
  'ping.decode': (given) => {
    const decoded = decodePing(given.bytes('payload'));
    if (!decoded.ok) return { error: decoded.reason };
    return { nonce: toHex(decoded.value.nonce), originTtl: decoded.value.originTtl };
  },
  'ping.encode': (given) => ({
    payload: toHex(
      encodePing({ nonce: given.bytes('nonce'), originTtl: given.number('originTtl') }),
    ),
  }),
  'courier.decode': (given) => {
    const decoded = decodeCourier(given.bytes('payload'));
    if (!decoded.ok) return { error: decoded.reason };
    const { tag, expiry, ciphertext, copies, prekeyId } = decoded.value;
    return {
      tag: toHex(tag),
      expiry: String(expiry),
      ciphertext: toHex(ciphertext),
      copies,
      prekeyId,
    };
  },
  'courier.encode': (given) => ({
    payload: toHex(
      encodeCourier({
        tag: given.bytes('tag'),
        expiry: given.u64('expiry'),
        ciphertext: given.bytes('ciphertext'),
        copies: given.number('copies'),
        prekeyId: given.numberOrNull('prekeyId'),
      }),
    ),
  }),
  'courier.tag': (given) => ({
    tag: toHex(courierTag(pureCrypto, given.bytes('noiseKey'), given.number('day'))),
  }),
  'message.id': (given) => ({
    messageId: messageId(
      pureCrypto,
      given.bytes('sender'),
      given.u64('timestamp'),
      given.text('text'),
    ),
  }),
};

function decodedBody({ kind, body }: NoisePayload): Fields {
  if (kind === KIND.privateMessage) {
    const decoded = decodePrivateMessage(body);
    if (!decoded.ok) return { error: decoded.reason };
    return { kind, messageId: decoded.value.id, text: decoded.value.text };
  }
  if (kind === KIND.readReceipt || kind === KIND.delivered) {
    const decoded = decodeReceipt(body);
    return decoded.ok ? { kind, messageId: decoded.value } : { error: decoded.reason };
  }
  if (kind === KIND.peerState) {
    const decoded = decodePeerState(body);
    if (!decoded.ok) return { error: decoded.reason };
    const { capabilities, signingKey } = decoded.value;
    return { kind, capabilities: bitNumbers(capabilities), signingKey: toHex(signingKey) };
  }
  return { kind, body: toHex(body) };
}

function encodedBody(kind: number, given: Given): Uint8Array {
  if (kind === KIND.privateMessage) {
    return encodePrivateMessage({ id: given.text('messageId'), text: given.text('text') });
  }
  if (kind === KIND.readReceipt || kind === KIND.delivered) {
    return encodeReceipt(given.text('messageId'));
  }
  if (kind === KIND.peerState) {
    const capabilities = given.bitsOrNull('capabilities') ?? 0n;
    return encodePeerState({
      features: 0,
      capabilities,
      signingKey: given.bytes('signingKey'),
    });
  }
  return given.bytes('body');
}
