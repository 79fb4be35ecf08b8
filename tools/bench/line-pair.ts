/**
 * Line pair: the two ends of a line between two peers, without a socket between them, for figures of
 * what lines cost.
 */
import { GATEWAY } from '../../protocol/core/hello.ts';
import type { Millis, Random } from '../../protocol/core/machine.ts';
import { assert } from '../../protocol/core/assert.ts';
import { TICK } from '../../protocol/core/machine.ts';
import { MESH, OUR_VERSION } from '../../protocol/core/version.ts';
import { DatagramLink } from '../../protocol/peer/datagram-link.ts';
import { lineHello } from '../../protocol/peer/line-hello.ts';
import type { PeerLine, PeerLineOutput } from '../../protocol/peer/peer-line.ts';
import { RECORD_LINK_DEFAULTS, RecordLink } from '../../protocol/peer/record-link.ts';
import type { LinkPorts } from '../../protocol/trust/binding.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import type { Identity } from '../../protocol/trust/identity.ts';
import type { Role } from '../../protocol/trust/noise.ts';
import { Pins } from '../../protocol/trust/pins.ts';
import { drawFrom } from '../simulate/people.ts';

const { frameMax } = RECORD_LINK_DEFAULTS;
export const LINE_HELLO = lineHello(
  { version: OUR_VERSION, role: GATEWAY, features: MESH, frameMax },
  '',
);

export type LinePair = { dialled: RecordLink; opened: RecordLink };

/** Two ends that have said nothing yet. */
export function lineEnds(
  crypto: Crypto,
  dialling: Identity,
  opening: Identity,
  random: Random,
  now: Millis,
): LinePair {
  const endOf = (role: Role, who: Identity): RecordLink => {
    const config = { ...RECORD_LINK_DEFAULTS, role, wanted: null, admit: () => true };
    const secret = drawFrom(random, 32);
    return new RecordLink(portsOf(crypto, who), config, LINE_HELLO, secret, now);
  };
  return { dialled: endOf('initiator', dialling), opened: endOf('responder', opening) };
}

/** The same over datagrams: the first line that is dialled, and the first that is opened. */
export function datagramEnds(
  crypto: Crypto,
  dialling: Identity,
  opening: Identity,
  random: Random,
  now: Millis,
): { dialled: PeerLine; opened: PeerLine } {
  const endOf = (role: Role, who: Identity, index: number): DatagramLink => {
    const config = { ...RECORD_LINK_DEFAULTS, role, wanted: null, admit: () => true, index };
    const secret = drawFrom(random, 32);
    return new DatagramLink(portsOf(crypto, who), config, LINE_HELLO, secret, now);
  };
  return { dialled: endOf('initiator', dialling, 1), opened: endOf('responder', opening, 2) };
}

/** Of an end that knows nobody yet. */
function portsOf(crypto: Crypto, identity: Identity): LinkPorts {
  return { crypto, identity, pins: new Pins(crypto) };
}

/** Two ends that know each other. */
export function linePair(
  crypto: Crypto,
  dialling: Identity,
  opening: Identity,
  random: Random,
): LinePair {
  const { dialled, opened } = lineEnds(crypto, dialling, opening, random, 0);
  let isOpen = 0;
  const pass = (outputs: PeerLineOutput[], to: RecordLink, from: RecordLink): void => {
    for (const output of outputs) {
      if (output.kind === 'settled') isOpen++;
      if (output.kind !== 'write') continue;
      pass(to.step({ kind: 'received', bytes: output.bytes }, 0), from, to);
      pass(from.step({ kind: 'sent' }, 0), to, from);
    }
  };
  pass(dialled.step(TICK, 0), opened, dialled);
  assert(isOpen === 2, 'both ends know each other');
  return { dialled, opened };
}
