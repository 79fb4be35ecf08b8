/**
 * Ops on keys: who signed, who a peer is, and sessions.
 */
import { ANNOUNCE, ID_SIZE } from '../../protocol/core/packet.ts';
import type { PacketView } from '../../protocol/core/packet.ts';
import { RELAY_DEFAULTS } from '../../protocol/core/relay.ts';
import { ADMISSION_DEFAULTS, TrustAdmission } from '../../protocol/trust/admission.ts';
import { Channel } from '../../protocol/trust/channel.ts';
import { checkFrame, Identity, idOf } from '../../protocol/trust/identity.ts';
import { Pins } from '../../protocol/trust/pins.ts';
import { pureCrypto } from '../../protocol/trust/pure-crypto.ts';
import { PHONE_WINDOW, ReplayWindow } from '../../protocol/trust/replay.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { Given, Ops } from './given.ts';
import { hexOrNull, marks, withPacket } from './given.ts';
import type { Fields, Json } from './suite.ts';

export const trustOps: Ops = {
  'packet.verify': (given) =>
    withPacket(given, (view) => ({
      valid: checkFrame(pureCrypto, view, given.bytes('signingKey')),
    })),
  'announce.verify': (given) => withPacket(given, (view) => ({ valid: isGenuine(view) })),
  'peer.id': (given) => ({ peer: toHex(idOf(pureCrypto, given.bytes('noiseKey'))) }),
  'noise.session': converse,
  'replay.window': (given) => {
    const window = new ReplayWindow(PHONE_WINDOW);
    return { accepted: marks(given.numbers('counters'), (counter) => window.accept(counter)) };
  },
};

/** Whether a node that knows nobody would let the announce in. */
function isGenuine(view: PacketView): boolean {
  const limits = { linksMax: 1, ttlMax: RELAY_DEFAULTS.ttlMax };
  const pins = new Pins(pureCrypto);
  const admission = new TrustAdmission(pureCrypto, pins, limits, ADMISSION_DEFAULTS, 0);
  return view.type === ANNOUNCE && admission.admit(view, 0, 0) === null;
}

/** A whole conversation of one end, so that nobody's keys have to leave their library. */
function converse(given: Given): Fields {
  const role = given.text('role') === 'initiator' ? 'initiator' : 'responder';
  const secrets = { noise: given.bytes('staticSecret'), sign: new Uint8Array(32) };
  const identity = new Identity(pureCrypto, secrets);
  const ephemeral = given.bytes('ephemeralSecret');
  const handshake = identity.handshake(role, given.bytes('prologue'), ephemeral);
  let channel: Channel | null = null;
  const said: Json[] = [];
  for (const step of given.each('steps')) {
    const text = step.bytes(step.has('write') ? 'write' : 'read');
    if (channel === null) {
      if (step.has('write')) {
        const message = handshake.write(text);
        if (message === null) return { error: 'low-order' };
        said.push(toHex(message));
      } else {
        const read = handshake.read(text);
        if (!read.ok) return { error: read.reason };
        said.push(toHex(read.payload));
      }
      if (handshake.isFinished) {
        channel = new Channel(new Uint8Array(ID_SIZE), role, handshake.split(), 0, 0);
      }
    } else if (step.has('write')) {
      said.push(hexOrNull(channel.seal(text)));
    } else {
      const read = channel.open(text);
      said.push(read.ok ? toHex(read.plaintext) : null);
    }
  }
  return { steps: said, hash: toHex(handshake.hash), remote: hexOrNull(handshake.remoteStatic) };
}
