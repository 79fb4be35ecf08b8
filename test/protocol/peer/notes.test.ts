/**
 * Notes of devices that have no keys of their own: said on by one peer, answered as often as the device
 * asks, and believed once (WIRE §20, RELIABILITY S11).
 */
import { describe, expect, it } from 'vitest';
import { MESSAGE, NOTE, plainPacket } from '../../../protocol/core/packet.ts';
import { encodePacket } from '../../../protocol/core/packet.ts';
import type { StoredRecord } from '../../../protocol/peer/contract.ts';
import type { Device, NoteDeskOutput } from '../../../protocol/peer/note-desk.ts';
import {
  CHANCE_MS,
  HOP_WAIT_MS,
  NoteDesk,
  NOTED_AGAIN_MS,
  QUIET_MS,
} from '../../../protocol/peer/note-desk.ts';
import type { Station } from '../../../protocol/peer/station.ts';
import { encodeNoted } from '../../../protocol/wire/note.ts';
import { encodeNote } from '../wire/note-bytes.ts';
import { announceOf } from '../trust/people.ts';
import { crypto } from '../trust/ports.ts';
import { filled } from '../wire/given.ts';
import { Button, EPOCH, phoneOf, stationOf, timeIn, Village } from './village.ts';

const DEVICE: Device = { id: filled(8, 0xb7), key: filled(32, 5), name: 'gate', counter: -1 };

describe('a note of a device', () => {
  it('reaches phones as a signed message of the peer that knows the device, and is noted', () => {
    const { village, stations, button, phone } = street(1);
    village.tell(button, { kind: 'say', text: 'somebody is at the gate' });
    village.pass(1000);
    const [said] = phone.ofType(MESSAGE);
    expect(new TextDecoder().decode(said.payload)).toBe(
      'somebody is at the gate (from device gate)',
    );
    expect(said.signature).not.toBe(null);
    expect(village.told(stations[0], 'note')).toMatchObject([
      { name: 'gate', text: 'somebody is at the gate' },
    ]);
    village.pass(120_000);
    // Answered at once: it did not say it again, nor give it up.
    expect(phone.ofType(NOTE)).toHaveLength(1);
    expect(phone.ofType(MESSAGE)).toHaveLength(1);
    expect(button.node.reasons).not.toContain('note-unanswered');
  });

  it('is stored before it is said, and answered after that', () => {
    const { village, stations, button } = street(1);
    village.tell(button, { kind: 'say', text: 'hello' });
    village.pass(1000);
    const outputs = village.tape.filter(({ resident }) => resident === stations[0]);
    const at = (wanted: (type: string) => boolean): number =>
      outputs.findIndex(({ output }) => wanted(output.kind));
    const storedAt = at((kind) => kind === 'store');
    const toldAt = outputs.findIndex(
      ({ output }) => output.kind === 'told' && output.event.kind === 'note',
    );
    expect(storedAt).toBeGreaterThan(-1);
    expect(storedAt).toBeLessThan(toldAt);
    expect(outputs[storedAt].output).toMatchObject({
      record: { kind: 'counter', device: DEVICE.id, counter: 0 },
    });
  });

  it('is said once, however many peers know the device and wherever they are', () => {
    for (const length of [2, 3, 4]) {
      const { village, stations, button, phone } = street(length);
      village.tell(button, { kind: 'say', text: `past ${length}` });
      village.pass(60_000);
      expect(phone.ofType(MESSAGE)).toHaveLength(1);
      const said = stations.map((station) => village.told(station, 'note').length);
      expect(said.reduce((sum, count) => sum + count)).toBe(1);
    }
  });

  it('is said once by two peers that hear nothing of each other but through the device', () => {
    const village = new Village();
    const stations = [1, 2].map((number) => stationOf(village, number, { devices: [DEVICE] }));
    const button = village.move(new Button(DEVICE.id, DEVICE.key));
    village.join(button, 1, stations[0], 0, 'node');
    village.join(button, 2, stations[1], 0, 'node');
    village.pass(20_000);
    village.tell(button, { kind: 'say', text: 'between you' });
    village.pass(100_000);
    const said = stations.map((station) => village.told(station, 'note').length);
    expect(said.sort()).toEqual([0, 1]);
  });

  it('S11: is nothing when it is heard again, also after a restart with what was stored', () => {
    const { village, stations, button, phone } = street(1);
    village.tell(button, { kind: 'say', text: 'once' });
    village.pass(1000);
    const [note] = phone.ofType(NOTE);
    const records = village.tape.flatMap(({ output }): StoredRecord[] =>
      output.kind === 'store' ? [output.record] : [],
    );
    const stored = records.flatMap((record) => (record.kind === 'counter' ? [record] : []));
    // As the device would say it, and long after the relay has forgotten it.
    village.pass(700_000);
    const again = stationOf(village, 1, { devices: [{ ...DEVICE, counter: stored[0].counter }] });
    const attacker = phoneOf(village, 30);
    village.join(again, 5, attacker, 0, 'phone');
    for (const station of [again]) {
      const frame = encodePacket(plainPacket(NOTE, 7, timeIn(village), note.sender, note.payload));
      village.write(attacker, 0, frame);
      village.pass(1000);
      expect(village.told(station, 'note')).toEqual([]);
    }
    expect(village.told(stations[0], 'note')).toHaveLength(1);
  });
});

describe('a note that reaches a peer without a clock', () => {
  it('is not taken, so that the device says it again until it can be', () => {
    const { village, stations, button, phone } = street(1);
    village.tell(stations[0], { kind: 'clock', offsetMs: null });
    village.tell(button, { kind: 'say', text: 'wait' });
    village.pass(3000);
    expect(village.told(stations[0], 'note')).toEqual([]);
    village.tell(stations[0], { kind: 'clock', offsetMs: EPOCH });
    village.pass(10_000);
    expect(phone.ofType(MESSAGE)).toHaveLength(1);
  });
});

describe('the desk for notes', () => {
  it('answers again what it has taken, as often as a device can ask', () => {
    const desk = deskOf();
    expect(kinds(hear(desk, 3, 'a', 0))).toEqual([]);
    expect(kinds(desk.step({ kind: 'tick' }, CHANCE_MS))).toEqual(['counter', 'say', 'noted']);
    expect(hear(desk, 3, 'a', CHANCE_MS + NOTED_AGAIN_MS - 1)).toEqual([drop('note-replayed')]);
    expect(kinds(hear(desk, 3, 'a', CHANCE_MS + NOTED_AGAIN_MS))).toEqual(['noted']);
  });

  it('takes only counters that rise', () => {
    const desk = deskOf({ counter: 7 });
    expect(hear(desk, 6, 'old', 0)).toEqual([drop('note-replayed')]);
    hear(desk, 9, 'new', 0);
    expect(hear(desk, 9, 'new', 1)).toEqual([drop('note-waiting')]);
    expect(hear(desk, 8, 'late', 1)).toEqual([drop('note-replayed')]);
    desk.step({ kind: 'tick' }, CHANCE_MS);
    expect(hear(desk, 8, 'late', 5000)).toEqual([drop('note-replayed')]);
  });

  it('waits longer the further it is from the device', () => {
    for (const hops of [0, 1, 6]) {
      const desk = deskOf();
      hear(desk, 1, 'far', 100, hops);
      const wait = desk.deadline() - 100;
      expect(wait).toBeGreaterThanOrEqual(hops * HOP_WAIT_MS);
      expect(wait).toBeLessThan(hops * HOP_WAIT_MS + CHANCE_MS);
    }
    // Sooner than the device repeats it, from wherever.
    expect(7 * HOP_WAIT_MS + CHANCE_MS).toBeLessThan(5000);
  });

  it('stays quiet when another has noted it, and only then', () => {
    const desk = deskOf();
    hear(desk, 1, 'mine?', 0, 3);
    const by = { node: DEVICE.id, key: filled(32, 99) };
    const forged = encodeNoted(crypto, by, 1);
    expect(desk.step({ kind: 'noted', device: DEVICE.id, payload: forged }, 10)).toEqual([]);
    const proven = encodeNoted(crypto, { node: DEVICE.id, key: DEVICE.key }, 1);
    expect(kinds(desk.step({ kind: 'noted', device: DEVICE.id, payload: proven }, 20))).toEqual([
      'counter',
      'drop note-said-by-another',
    ]);
    expect(desk.deadline()).toBe(Infinity);
  });

  it('says it after all when the device asks again, though somebody took its words', () => {
    const desk = deskOf();
    hear(desk, 1, 'help', 0, 2);
    desk.step({ kind: 'message', text: 'help (from device gate)' }, 100);
    expect(desk.deadline()).toBe(100 + QUIET_MS);
    hear(desk, 1, 'help', 5000, 2);
    expect(kinds(desk.step({ kind: 'tick' }, desk.deadline()))).toEqual([
      'counter',
      'say',
      'noted',
    ]);
  });

  it('leaves it to who said it when the device is content', () => {
    const desk = deskOf();
    hear(desk, 1, 'help', 0, 2);
    desk.step({ kind: 'message', text: 'another thing (from device gate)' }, 50);
    expect(desk.deadline()).toBeLessThan(QUIET_MS);
    desk.step({ kind: 'message', text: 'help (from device gate)' }, 100);
    expect(kinds(desk.step({ kind: 'tick' }, 100 + QUIET_MS))).toEqual([
      'counter',
      'drop note-said-by-another',
    ]);
  });

  it('says why it does not believe a note', () => {
    const desk = deskOf();
    const note = (by: { node: Uint8Array; key: Uint8Array }): Uint8Array =>
      encodeNote(crypto, by, 1, 'text');
    const stranger = filled(8, 1);
    const cases: [Uint8Array, Uint8Array, string][] = [
      [stranger, note({ node: stranger, key: DEVICE.key }), 'note-unknown-device'],
      [DEVICE.id, note({ node: DEVICE.id, key: filled(32, 6) }), 'note-unproven'],
      [DEVICE.id, note({ node: stranger, key: DEVICE.key }), 'note-unproven'],
      [DEVICE.id, new Uint8Array(3), 'too-short'],
      [DEVICE.id, new Uint8Array(100), 'too-long'],
    ];
    for (const [device, payload, reason] of cases) {
      expect(desk.step({ kind: 'note', device, hops: 0, payload }, 0)).toEqual([drop(reason)]);
    }
  });
});

/** So many stations in a row, the first next to the device, a phone at the last. */
function street(length: number) {
  const village = new Village();
  const numbers = Array.from({ length }, (_, i) => i + 1);
  const stations: Station[] = numbers.map((n) => stationOf(village, n, { devices: [DEVICE] }));
  const button = village.move(new Button(DEVICE.id, DEVICE.key));
  const phone = phoneOf(village, 20);
  village.join(button, 1, stations[0], 0, 'node');
  stations.slice(1).forEach((station, i) => village.join(stations[i], 1, station, 0, 'node'));
  village.join(stations[length - 1], 3, phone, 0, 'phone');
  village.pass(5000);
  village.write(phone, 0, announceOf(phone.identity, { timestamp: timeIn(village) }));
  village.pass(15_000);
  return { village, stations, button, phone };
}

function deskOf(differs: Partial<Device> = {}): NoteDesk {
  return new NoteDesk(crypto, (below) => below - 1, [{ ...DEVICE, ...differs }]);
}

function hear(
  desk: NoteDesk,
  counter: number,
  text: string,
  now: number,
  hops = 0,
): NoteDeskOutput[] {
  const payload = encodeNote(crypto, { node: DEVICE.id, key: DEVICE.key }, counter, text);
  return desk.step({ kind: 'note', device: DEVICE.id, hops, payload }, now);
}

function kinds(outputs: NoteDeskOutput[]): string[] {
  return outputs.map((output) => (output.kind === 'drop' ? `drop ${output.reason}` : output.kind));
}

function drop(reason: string): object {
  return { kind: 'drop', reason };
}
