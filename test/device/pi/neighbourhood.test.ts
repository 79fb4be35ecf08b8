/**
 * Neighbourhood: who is shown to somebody who looks around.
 */
import { describe, expect, it } from 'vitest';
import { GONE_MS, Neighbourhood, SIGHTED_MAX } from '../../../device/pi/neighbourhood.ts';

describe('a neighbourhood', () => {
  it('shows who advertises, the loudest first, and since when they are silent', () => {
    const around = new Neighbourhood();
    around.hear(sighted('b', -70), 0);
    around.hear(sighted('a', -50), 10);
    around.hear({ ...sighted('c', -60), service: 'node', bytes: field('0123456789abcdef') }, 20);
    expect(
      around.list(100).map(({ address, rssi, silentMs, id }) => [address, rssi, silentMs, id]),
    ).toEqual([
      ['a', -50, 90, null],
      ['c', -60, 80, '0123456789abcdef'],
      ['b', -70, 100, null],
    ]);
  });

  it('forgets who is gone', () => {
    const around = new Neighbourhood();
    around.hear(sighted('a', -50), 0);
    expect(around.list(GONE_MS)).toHaveLength(1);
    expect(around.list(GONE_MS + 1)).toEqual([]);
  });

  it('remembers a bounded number, whoever floods it', () => {
    const around = new Neighbourhood();
    for (let n = 0; n < 20_000; n++) around.hear(sighted(`x${n}`, -90), n / 1000);
    expect(around.list(20)).toHaveLength(SIGHTED_MAX);
  });
});

function sighted(address: string, rssi: number) {
  return {
    kind: 'sighted',
    address,
    rssi,
    service: 'phone',
    bytes: new Uint8Array(0),
    name: '',
    isConnectable: true,
  } as const;
}

function field(id: string): Uint8Array {
  return Uint8Array.from(Buffer.from(`484c01${id}000000000000000001`, 'hex'));
}
