/**
 * The three security levels (DEFAULTS §2), row by row on a real station: fifteen packets of a kind come
 * over one link in the names of fifteen people, and what is written to another link and told to people
 * here is counted. The table is written out once more, by hand: it is the promise, not the code.
 *
 *   relayed  all, a few (the ten that strangers may say at once), none
 *   shown    as verified, as unverified, or not: of what is relayed
 */
import { describe, expect, it } from 'vitest';
import {
  ANNOUNCE,
  CHANNEL,
  COURIER,
  ENCRYPTED,
  encodePacket,
  FILE,
  GOSSIP,
  HANDSHAKE,
  MESSAGE,
  plainPacket,
} from '../../../protocol/core/packet.ts';
import { STATION_DEFAULTS } from '../../../protocol/peer/settings.ts';
import type { Identity } from '../../../protocol/trust/identity.ts';
import type { SecurityLevel } from '../../../protocol/trust/levels.ts';
import { LEVELS, SECURITY_LEVELS } from '../../../protocol/trust/levels.ts';
import { person } from '../trust/people.ts';
import { filled } from '../wire/given.ts';
import { stampedAnnounce } from './stamped.ts';
import { phoneOf, stationOf, timeIn, Village } from './village.ts';

const TABLE = `
  permissive  announce   verified   all   verified
  permissive  announce   stranger   all   verified
  permissive  announce   unstamped  all   verified
  permissive  announce   unsigned   all   no
  permissive  announce   flawed     all   no
  permissive  message    verified   all   verified
  permissive  message    stranger   all   unverified
  permissive  message    unsigned   all   unverified
  permissive  message    flawed     all   unverified
  permissive  file       verified   all   verified
  permissive  file       stranger   all   unverified
  permissive  file       unsigned   all   unverified
  permissive  file       flawed     all   unverified
  permissive  channel    verified   all   verified
  permissive  channel    stranger   all   unverified
  permissive  channel    unsigned   all   unverified
  permissive  channel    flawed     all   unverified
  permissive  mail       verified   all   verified
  permissive  mail       stranger   all   unverified
  permissive  mail       unsigned   all   unverified
  permissive  mail       flawed     all   unverified
  permissive  handshake  unsigned   all   unverified
  permissive  encrypted  unsigned   all   unverified
  permissive  unknown    unsigned   all   unverified

  moderate    announce   verified   all   verified
  moderate    announce   stranger   all   verified
  moderate    announce   unstamped  all   verified
  moderate    announce   unsigned   none  no
  moderate    announce   flawed     none  no
  moderate    message    verified   all   verified
  moderate    message    stranger   all   unverified
  moderate    message    unsigned   none  no
  moderate    message    flawed     none  no
  moderate    file       verified   all   verified
  moderate    file       stranger   all   unverified
  moderate    file       unsigned   none  no
  moderate    file       flawed     none  no
  moderate    channel    verified   all   verified
  moderate    channel    stranger   all   unverified
  moderate    channel    unsigned   none  no
  moderate    channel    flawed     none  no
  moderate    mail       verified   all   verified
  moderate    mail       stranger   all   unverified
  moderate    mail       unsigned   all   unverified
  moderate    mail       flawed     all   unverified
  moderate    handshake  unsigned   all   unverified
  moderate    encrypted  unsigned   all   unverified
  moderate    unknown    unsigned   all   unverified

  strict      announce   verified   all   verified
  strict      announce   stranger   few   verified
  strict      announce   unstamped  few   no
  strict      announce   unsigned   none  no
  strict      announce   flawed     none  no
  strict      message    verified   all   verified
  strict      message    stranger   few   no
  strict      message    unsigned   none  no
  strict      message    flawed     none  no
  strict      file       verified   all   verified
  strict      file       stranger   few   no
  strict      file       unsigned   none  no
  strict      file       flawed     none  no
  strict      channel    verified   all   verified
  strict      channel    stranger   few   no
  strict      channel    unsigned   none  no
  strict      channel    flawed     none  no
  strict      mail       verified   all   verified
  strict      mail       stranger   all   unverified
  strict      mail       unsigned   all   unverified
  strict      mail       flawed     all   unverified
  strict      handshake  unsigned   all   unverified
  strict      encrypted  unsigned   all   unverified
  strict      unknown    unsigned   all   unverified
`;

const TYPES: Record<string, number> = {
  announce: ANNOUNCE,
  message: MESSAGE,
  file: FILE,
  channel: CHANNEL,
  mail: COURIER,
  handshake: HANDSHAKE,
  encrypted: ENCRYPTED,
  unknown: 0x7f,
};

const PACKETS = 15;
const FEW = STATION_DEFAULTS.admission.strangers.burst;
const RELAYED: Record<string, number> = { all: PACKETS, few: FEW, none: 0 };
const people = Array.from({ length: PACKETS }, (_, i) => person(200 + i));

const rows = TABLE.trim()
  .split(/\n\s*/)
  .filter((row) => row !== '')
  .map((row) => row.split(/\s+/) as [SecurityLevel, string, string, string, string]);

describe.each(SECURITY_LEVELS)('at level %s', (level) => {
  it.each(rows.filter((row) => row[0] === level))(
    '(%s) a packet of type %s that is %s: relayed %s, shown %s',
    (_, type, proof, relayed, shown) => {
      const seen = witness(level, TYPES[type], proof);
      expect(seen.relayed).toBe(RELAYED[relayed]);
      expect(seen.verified).toBe(shown === 'verified' ? RELAYED[relayed] : 0);
      expect(seen.unverified).toBe(shown === 'unverified' ? RELAYED[relayed] : 0);
    },
  );

  it('the promise has a row for all that the table tells apart', () => {
    const proofs = Object.keys(LEVELS[level].announce);
    const written = rows.filter((row) => row[0] === level && row[1] === 'announce');
    expect(written.map((row) => row[2]).sort()).toEqual(proofs.sort());
  });
});

it('what no device of ours understands yet is judged as a message is, where it must be signed', () => {
  for (const level of SECURITY_LEVELS) {
    for (const proof of ['verified', 'stranger', 'unsigned', 'flawed']) {
      expect(witness(level, GOSSIP, proof)).toEqual(witness(level, MESSAGE, proof));
    }
  }
});

/** What becomes of the fifteen. */
function witness(level: SecurityLevel, type: number, proof: string) {
  const village = new Village();
  const admission = { ...STATION_DEFAULTS.admission, level };
  const station = stationOf(village, 1, { admission });
  const [listener, speaker] = [phoneOf(village, 20), phoneOf(village, 30)];
  village.join(station, 0, listener, 0, 'phone');
  village.join(station, 1, speaker, 0, 'phone');
  village.pass(100);
  const isKnown = proof === 'verified' || (proof === 'flawed' && type !== ANNOUNCE);
  for (const { id, noiseKey, signingKey } of people) {
    if (isKnown) station.pins.meet(id, noiseKey, signingKey);
  }
  village.forget();
  people.forEach((who, i) => village.write(speaker, 0, frameOf(who, type, proof, village, i)));
  village.pass(500);
  const ids = new Set(people.map(({ id }) => String(id)));
  const marks = village.tape.flatMap(({ resident, output }) => {
    if (resident !== station) return [];
    if (output.kind === 'deliver') return [output.isVerified];
    if (output.kind !== 'told') return [];
    const { event } = output;
    if (event.kind === 'message') return [event.isVerified];
    return event.kind === 'peer-seen' && ids.has(String(event.id)) ? [true] : [];
  });
  return {
    relayed: listener.ofType(type).filter(({ sender }) => ids.has(String(sender))).length,
    verified: marks.filter((isVerified) => isVerified).length,
    unverified: marks.filter((isVerified) => !isVerified).length,
  };
}

function frameOf(who: Identity, type: number, proof: string, village: Village, i: number) {
  const timestamp = timeIn(village) + i;
  if (type === ANNOUNCE) {
    const bits = proof === 'unstamped' ? null : 8;
    const frame = stampedAnnounce(who, timestamp, bits);
    return proof === 'unsigned' ? withoutSignature(frame) : spoilt(frame, proof);
  }
  const fields = plainPacket(type, 7, timestamp, who.id, filled(20, 65 + i));
  return proof === 'unsigned' ? encodePacket(fields) : spoilt(who.sealPacket(fields), proof);
}

function spoilt(frame: Uint8Array, proof: string): Uint8Array {
  if (proof === 'flawed') frame[frame.length - 30] ^= 1;
  return frame;
}

function withoutSignature(frame: Uint8Array): Uint8Array {
  const bytes = frame.slice(0, frame.length - 64);
  bytes[11] &= ~0x02;
  return bytes;
}
