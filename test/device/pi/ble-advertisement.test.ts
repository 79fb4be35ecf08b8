/**
 * Advertisement: what phones and nodes look for is there, fits, and is recognised again.
 */
import { describe, expect, it } from 'vitest';
import { SIGHT_SIZE } from '../../../protocol/core/connector.ts';
import { encodeAdvertisement, GATTS, recognise } from '../../../device/pi/ble-advertisement.ts';
import type { Advertisement } from '../../../device/pi/radio.ts';

const PHONES = 'f47b5e2d4a9e4c5a9b3f8e1d2c3a4b5c';

describe('an advertisement', () => {
  it('has the service of the phones in its first packet', () => {
    const { data } = encodeAdvertisement(shown());
    const uuid = Buffer.from(PHONES, 'hex').reverse().toString('hex');
    expect(data.toString('hex')).toBe(`0201061107${uuid}`);
  });

  it('has none while the link in is left to nodes', () => {
    expect(encodeAdvertisement(shown({ isForPhones: false })).data.toString('hex')).toBe('020106');
  });

  it('has the field of a node in its second, with the company in front', () => {
    const { response } = encodeAdvertisement(shown({ name: '' }));
    expect(response.toString('hex')).toBe(`17ffffff484c${'07'.repeat(SIGHT_SIZE - 2)}`);
  });

  for (const [name, said] of [
    ['pi', '03097069'],
    ['attic', '0609' + Buffer.from('attic').toString('hex')],
    ['lighthouse', '0608' + Buffer.from('light').toString('hex')],
    ['café☕', '0608' + Buffer.from('café').toString('hex')],
    ['', ''],
  ]) {
    it(`says of the name "${name}" what fits, and no half of a character`, () => {
      const { response } = encodeAdvertisement(shown({ name }));
      expect(response.length).toBeLessThanOrEqual(31);
      expect(response.subarray(24).toString('hex')).toBe(said);
    });
  }
});

describe('whoever is heard', () => {
  const field = Buffer.from(`ffff484c${'07'.repeat(18)}`, 'hex');
  const uart = GATTS.uart.service;
  const node = { service: 'node', bytes: new Uint8Array(field.subarray(2)) };
  const nothing = new Uint8Array(0);
  for (const [who, heard, known] of [
    ['a node by its field', { manufacturerData: field }, node],
    ['a relay, which is phone and node, as a node', both(field), node],
    ['a phone by its service', { serviceUuids: [PHONES] }, { service: 'phone', bytes: nothing }],
    ['a board by its console', { serviceUuids: [uart] }, { service: 'uart', bytes: nothing }],
    ['a stranger as nobody', { serviceUuids: ['180f'], manufacturerData: Buffer.from('L') }, null],
    ['another company as nobody', { manufacturerData: Buffer.from('4c00484c07', 'hex') }, null],
    ['silence as nobody', {}, null],
  ] as const) {
    it(`is recognised: ${who}`, () => {
      expect(recognise({ ...heard } as Parameters<typeof recognise>[0])).toEqual(known);
    });
  }
});

function both(field: Buffer): { serviceUuids: string[]; manufacturerData: Buffer } {
  return { serviceUuids: [PHONES], manufacturerData: field };
}

function shown(fields: Partial<Advertisement> = {}): Advertisement {
  const bytes = new Uint8Array(SIGHT_SIZE).fill(7);
  bytes.set([0x48, 0x4c]);
  return { bytes, isConnectable: true, isForPhones: true, name: 'pi', ...fields };
}
