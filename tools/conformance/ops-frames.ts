/**
 * Ops on whole frames: packets, what a signature covers, compression, fragments.
 */
import {
  FRAME_MAX,
  ID_SIZE,
  IS_ANSWER,
  IS_COMPRESSED,
  PacketView,
  SIGNATURE_SIZE,
  TIMESTAMP_AT,
} from '../../protocol/core/packet.ts';
import { pureCrypto } from '../../protocol/trust/pure-crypto.ts';
import { compress, inflate } from '../../protocol/wire/compression.ts';
import { FragmentAssembler } from '../../protocol/wire/fragment-assembler.ts';
import { decodeFragment, encodeFragment, splitFrame } from '../../protocol/wire/fragment.ts';
import { syncId } from '../../protocol/wire/gcs.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import { composePacket, openPacket, openView, signedBytesOf } from '../../protocol/wire/packet.ts';
import { airFrame } from '../../protocol/wire/padding.ts';
import type { Ops } from './given.ts';
import { hexOrNull, withPacket } from './given.ts';
import type { Fields, Json } from './suite.ts';

export const frameOps: Ops = {
  'packet.decode': (given) => withPacket(given, decodedPacket),
  'packet.encode': (given) => ({
    frame: toHex(
      composePacket({
        type: given.number('type'),
        ttl: given.number('ttl'),
        timestamp: given.u64('timestamp'),
        sender: given.bytes('sender'),
        recipient: given.bytesOrNull('recipient'),
        route: given.bytesList('route'),
        isAnswer: given.flag('answer'),
        payload: given.bytes('payload'),
      }),
    ),
  }),
  'packet.air': (given) => ({ frame: toHex(airFrame(given.bytes('frame'))) }),
  'packet.id': (given) =>
    withPacket(given, (view) => {
      const opened = openView(view, FRAME_MAX);
      if (!opened.ok) return { error: opened.reason };
      return { packetId: toHex(syncId(pureCrypto, opened.packet)) };
    }),
  'packet.preimage': (given) =>
    withPacket(given, (view) => ({ preimage: toHex(signedBytesOf(view)) })),
  'payload.compress': (given) => {
    const compressed = compress(given.bytes('payload'));
    return { compressed: compressed === null ? null : toHex(compressed) };
  },
  'payload.inflate': (given) => {
    const inflated = inflate(given.bytes('compressed'), given.number('size'), FRAME_MAX);
    return inflated.ok ? { payload: toHex(inflated.value) } : { error: inflated.reason };
  },
  'fragment.decode': (given) => {
    const decoded = decodeFragment(given.bytes('payload'));
    if (!decoded.ok) return { error: decoded.reason };
    const { id, index, total, type, piece } = decoded.value;
    return { fragmentId: toHex(id), index, total, type, slice: toHex(piece) };
  },
  'fragment.encode': (given) => ({
    payload: toHex(
      encodeFragment({
        id: given.bytes('fragmentId'),
        index: given.number('index'),
        total: given.number('total'),
        type: given.number('type'),
        piece: given.bytes('slice'),
      }),
    ),
  }),
  'fragment.split': (given) => {
    const id = given.bytes('fragmentId');
    const split = splitFrame(given.bytes('frame'), id, given.number('chunk'));
    return split.ok ? { frames: split.value.map(toHex) } : { error: split.reason };
  },
  'fragment.join': (given) => {
    const assembler = new FragmentAssembler();
    let whole: Uint8Array | null = null;
    for (const frame of given.bytesList('frames')) {
      const opened = openPacket(frame);
      if (!opened.ok) continue;
      const joined = assembler.add(opened.packet.sender, opened.packet.payload, 0);
      if (joined.ok && joined.frame !== null) whole = joined.frame;
    }
    return { frame: hexOrNull(whole) };
  },
};

/** As a relay reads it, so that every timestamp is exact; a peer opens what is compressed. */
function decodedPacket(view: PacketView): Fields {
  const { bytes } = view;
  let payload = payloadOf(view);
  if (view.flags & IS_COMPRESSED) {
    const opened = openView(view, FRAME_MAX);
    if (!opened.ok) return { error: opened.reason };
    payload = opened.packet.payload;
  }
  const at = (from: number, size: number) =>
    from < 0 ? null : toHex(bytes.subarray(from, from + size));
  const route: Json[] = [];
  for (let hop = 0; hop < view.routeCount; hop++) {
    route.push(at(view.routeAt + hop * ID_SIZE, ID_SIZE));
  }
  const time = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(TIMESTAMP_AT);
  return {
    version: view.version,
    type: view.type,
    ttl: view.ttl,
    timestamp: time.toString(),
    sender: at(view.senderAt, ID_SIZE),
    recipient: at(view.recipientAt, ID_SIZE),
    route,
    answer: (view.flags & IS_ANSWER) !== 0,
    payload: toHex(payload),
    signature: at(view.signatureAt, SIGNATURE_SIZE),
  };
}

function payloadOf({ bytes, payloadAt, payloadLength }: PacketView): Uint8Array {
  return bytes.subarray(payloadAt, payloadAt + payloadLength);
}
