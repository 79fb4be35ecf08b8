/**
 * Theorem, for every decoder of a payload, and of what lies around a packet: whatever bytes arrive, it
 * returns a value that is written to bytes which are read back as the same value, or a reason from its
 * list; it never throws, never holds on to the bytes, and never keeps more than 64 times their size and
 * 1 KiB (RELIABILITY S8).
 */
import { describe, expect, it } from 'vitest';
import type { AdminReply, AdminRequest } from '../../protocol/wire/administration.ts';
import {
  decodeAdministration,
  encodeAdminReply,
  encodeAdminRequest,
  packText,
} from '../../protocol/wire/administration.ts';
import { decodeAnnounce, encodeAnnounce } from '../../protocol/wire/announce.ts';
import { readRouted, withVisited } from '../../protocol/peer/route-port.ts';
import { decodeCourier, encodeCourier } from '../../protocol/wire/courier.ts';
import type { Decoded } from '../../protocol/wire/decoded.ts';
import type { Cbor } from '../../protocol/wire/cbor-value.ts';
import { decodeEnvelope, encodeEnvelope } from '../../protocol/wire/envelope.ts';
import { decodeFile, encodeFile } from '../../protocol/wire/file.ts';
import { decodeFragment, encodeFragment } from '../../protocol/wire/fragment.ts';
import { decodeLeave, encodeLeave } from '../../protocol/wire/leave.ts';
import { decodeLinkState, encodeLinkState } from '../../protocol/wire/link-state.ts';
import { decodeMessage, encodeMessage } from '../../protocol/wire/message.ts';
import {
  decodeNoisePayload,
  decodeReceipt,
  encodeNoisePayload,
  encodeReceipt,
} from '../../protocol/wire/noise-payload.ts';
import { decodeNote, decodeNoted, encodeNoted } from '../../protocol/wire/note.ts';
import { encodeNote } from '../protocol/wire/note-bytes.ts';
import { decodePeerState, encodePeerState } from '../../protocol/wire/peer-state.ts';
import { decodePing, encodePing } from '../../protocol/wire/ping.ts';
import { decodePrivateMessage, encodePrivateMessage } from '../../protocol/wire/private-message.ts';
import { decodeReceipts, encodeReceipts } from '../../protocol/wire/receipts.ts';
import { decodeRequestSync, encodeRequestSync } from '../../protocol/wire/request-sync.ts';
import { decodeSpread, encodeSpread } from '../../protocol/wire/spread.ts';
import { filled, hashes, hex, join } from '../protocol/wire/given.ts';
import { golden, goldensNamed } from '../protocol/wire/goldens.ts';
import { STORM_MS, storm, weight } from './storm.ts';

const button = { node: filled(8, 1), key: filled(32, 2) };

type Row<Value> = {
  name: string;
  reasons: string[];
  /** Inside an envelope, whose own reasons have a storm of their own (cbor.test.ts). */
  isEnvelope?: boolean;
  wellFormed: Uint8Array[];
  decode: (bytes: Uint8Array) => Decoded<Value, string>;
  encode: (value: Value) => Uint8Array;
};

weather({
  name: 'decodeAnnounce',
  reasons: ['cut', 'bad-name', 'bad-key', 'incomplete'],
  wellFormed: ['announce-bob', 'd-announce-payload-ios-local', 'd-announce-bridge'].map(golden),
  decode: decodeAnnounce,
  // We name ten neighbours at most, and read more.
  encode: (value) => encodeAnnounce({ ...value, neighbours: value.neighbours.slice(0, 10) }),
});

weather({
  name: 'decodeSpread',
  reasons: ['bad-field'],
  wellFormed: [
    encodeSpread({
      list: { ids: filled(24, 3), watches: 2, heard: 7, asks: true },
      offers: filled(16, 4),
      wants: filled(8, 5),
      tells: filled(30, 6),
      seeks: filled(14, 7),
    }),
  ],
  decode: decodeSpread,
  encode: encodeSpread,
});

weather({
  name: 'decodeMessage',
  reasons: ['bad-text'],
  wellFormed: [encodeMessage('hello mesh, où êtes-vous? 😀')],
  decode: decodeMessage,
  encode: encodeMessage,
});

weather({
  name: 'decodeLeave',
  reasons: [],
  wellFormed: [hex(''), hex('23626f62')],
  decode: decodeLeave,
  encode: encodeLeave,
});

weather({
  name: 'decodePing',
  reasons: ['too-short'],
  wellFormed: ['ping-payload', 'ping-payload-trailing'].map(golden),
  decode: decodePing,
  encode: encodePing,
});

weather({
  name: 'decodeFile',
  reasons: ['cut', 'too-large', 'empty'],
  wellFormed: goldensNamed('file-').map(golden),
  decode: decodeFile,
  encode: encodeFile,
});

weather({
  name: 'decodeCourier',
  reasons: ['cut', 'bad-field', 'incomplete'],
  wellFormed: goldensNamed('courier-envelope').map(golden),
  decode: decodeCourier,
  encode: encodeCourier,
});

weather({
  name: 'decodeNote',
  reasons: ['too-short', 'too-long', 'bad-text'],
  wellFormed: [encodeNote(hashes, button, 7, 'help at the north gate')],
  decode: decodeNote,
  encode: (note) => encodeNote(hashes, button, note.counter, note.text),
});

weather({
  name: 'decodeNoted',
  reasons: ['too-short', 'too-long'],
  wellFormed: [encodeNoted(hashes, button, 7)],
  decode: decodeNoted,
  encode: (noted) => encodeNoted(hashes, button, noted.counter),
});

weather({
  name: 'decodeNoisePayload',
  reasons: ['empty', 'unknown-kind'],
  wellFormed: goldensNamed('noise-').map(golden),
  decode: decodeNoisePayload,
  encode: encodeNoisePayload,
});

weather({
  name: 'decodeReceipt',
  reasons: ['empty', 'bad-text'],
  wellFormed: [encodeReceipt('1CC2760D-76AA-40C3-8013-C7FAA6C2EF99')],
  decode: decodeReceipt,
  encode: encodeReceipt,
});

weather({
  name: 'decodePrivateMessage',
  reasons: ['cut', 'unknown-field', 'bad-text', 'incomplete'],
  wellFormed: [golden('private-message-tlv')],
  decode: decodePrivateMessage,
  encode: encodePrivateMessage,
});

weather({
  name: 'decodePeerState',
  reasons: ['unknown-version', 'cut', 'ambiguous', 'bad-key', 'incomplete'],
  wellFormed: goldensNamed('peer-state').map(golden),
  decode: decodePeerState,
  encode: encodePeerState,
});

weather({
  name: 'decodeReceipts',
  reasons: ['empty', 'cut', 'too-long', 'bad-text'],
  wellFormed: [
    encodeReceipts(['a', 'bc', '0d9c2f3e-1b7a-4c55-9f0e-2a64b8d1c7e3']),
    join(...Array.from({ length: 100 }, () => hex('03c3bc78'))),
    join(...Array.from({ length: 200 }, () => hex('0161')), hex('0161')),
  ],
  decode: decodeReceipts,
  encode: encodeReceipts,
});

weather({
  name: 'decodeRequestSync',
  reasons: ['cut', 'too-long', 'bad-filter', 'incomplete'],
  wellFormed: [
    ...[...goldensNamed('request-sync'), ...goldensNamed('d-request-sync')].map(golden),
    join(hex('01000107 02000400000001 030401'), filled(1025, 1)),
  ],
  decode: decodeRequestSync,
  // Types of which we know none ask for nothing, which nobody writes.
  encode: (value) => encodeRequestSync({ ...value, types: value.types || null }),
});

weather({
  name: 'decodeFragment',
  reasons: ['too-short', 'bad-total', 'bad-index', 'empty', 'nested'],
  wellFormed: [golden('fragment-payload')],
  decode: decodeFragment,
  encode: encodeFragment,
});

weather({
  name: 'decodeLinkState',
  reasons: [
    'bad-schema',
    'bad-sequence',
    'too-many',
    'bad-neighbour',
    'bad-place',
    'bad-energy',
    'bad-mobility',
    'bad-capabilities',
  ],
  isEnvelope: true,
  wellFormed: [
    hex('01a3010102800600'),
    hex(
      '01a6011a6acfc000028285480101010101010101' +
        '0c181e1923280385480202020202020202' +
        '1a000927c01903e819232803' +
        '03843a02049d0f1a09035cc1230f04185105830438' +
        '7c19056d0607',
    ),
    // Each well formed but for one thing, that few storms would hit on.
    linkStateWith(2, Array<Cbor>(33).fill(0)),
    linkStateWith(4, 101),
    linkStateWith(5, [5, 0, 0]),
  ],
  decode: decodeLinkState,
  encode: encodeLinkState,
});

type Said = { request: AdminRequest } | { reply: AdminReply };

weather<Said>({
  name: 'decodeAdministration',
  // An operation that nobody knows is read, and answered; but nobody asks for it.
  reasons: ['bad-field', 'incomplete', 'unknown-operation'],
  wellFormed: [
    encodeAdminRequest({
      ...{ id: filled(8, 1), operation: 'log', board: filled(8, 2), part: 0 },
      ...{ argument: packText('{"level":"debug"}'), saidAt: 1_800_000_000_123 },
    }),
    encodeAdminReply({
      ...{ id: filled(8, 1), status: 'ok', part: 2, parts: 3 },
      ...{ piece: filled(30, 9), size: 70_000 },
    }),
  ],
  decode(bytes) {
    const heard = decodeAdministration(bytes);
    if (!heard.ok) return heard;
    const { request, reply } = heard;
    if (reply !== null) return { ok: true, value: { reply } };
    const { operation } = request;
    if (operation === null) return { ok: false, reason: 'unknown-operation' };
    return { ok: true, value: { request: { ...request, operation } } };
  },
  encode: (said) =>
    'reply' in said ? encodeAdminReply(said.reply) : encodeAdminRequest(said.request),
});

weather({
  name: 'readRouted',
  reasons: ['no-route'],
  wellFormed: [withVisited(golden('announce-bob'), filled(24, 5))],
  decode(bytes) {
    const value = readRouted(bytes);
    return value === null ? { ok: false, reason: 'no-route' } : { ok: true, value };
  },
  encode: ({ packet, visited }) => withVisited(packet, visited),
});

function linkStateWith(key: number, value: Cbor): Uint8Array {
  const bare: [number, Cbor][] = [
    [1, 1],
    [2, []],
    [6, 0],
  ];
  return encodeEnvelope({ schema: 1, fields: new Map([...bare, [key, value]]) });
}

function weather<Value>(row: Row<Value>): void {
  describe(row.name, () => {
    it('stands every storm', { timeout: STORM_MS }, () => {
      let read = 0;
      const reasons = new Set<string>();
      storm(row.wellFormed, (bytes) => {
        const decoded = row.decode(bytes);
        if (!decoded.ok) {
          const isOwn = !row.isEnvelope || decodeEnvelope(bytes).ok;
          if (isOwn) reasons.add(decoded.reason);
          return;
        }
        read++;
        const written = Buffer.from(row.encode(decoded.value));
        if (weight(decoded.value) > 64 * bytes.length + 1024) throw new Error('too heavy');
        bytes.fill(0x55);
        if (!written.equals(row.encode(decoded.value))) throw new Error('holds the bytes');
        const again = row.decode(written);
        if (!again.ok) throw new Error(`${again.reason}: what was read is not written back`);
        if (!written.equals(row.encode(again.value))) throw new Error('reads back as another');
      });
      // A storm that gets through nowhere, or everywhere, has tested little.
      expect(read).toBeGreaterThan(0);
      expect([...reasons].sort()).toEqual([...row.reasons].sort());
    });
  });
}
