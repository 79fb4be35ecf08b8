/**
 * The virtual radio: noble and bleno as they come believe in it.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { runs } from '../seed.ts';
import type { Child, Rig } from './rig.ts';
import { HAS_LIBRARIES, openRig } from './rig.ts';

let rig: Rig | undefined;
afterEach(() => rig?.close());

describe.skipIf(!HAS_LIBRARIES)('unmodified noble and bleno', () => {
  it('find each other, and lose and reorder nothing, in both directions', async () => {
    rig = await openRig(2);
    rig.air.setRssi(rig.controllers[0], rig.controllers[1], -71);
    const [peripheral, central] = await pairOf(rig);
    const connected = await central.kind('connected');
    expect(connected).toMatchObject({ address: rig.controllers[0].address, rssi: -71, mtu: 256 });
    expect(await peripheral.kind('subscribed')).toMatchObject({ size: 253 });

    const count = runs(1024, 20_480);
    for (const [from, to] of [
      [central, peripheral],
      [peripheral, central],
    ]) {
      to.tell({ kind: 'expect', count, window: 32 });
      await to.kind('expecting');
      from.tell({ kind: 'send', count, size: 200, window: 32 });
      expect(await to.kind('received')).toMatchObject({ count, wrong: 0 });
      await from.kind('done');
    }
    expect(rig.controllers.map(({ unknown }) => [...unknown.keys()])).toEqual([[], []]);
    expect([peripheral.printed, central.printed]).toEqual(['', '']);
  });
});

async function pairOf({ start }: Rig): Promise<[Child, Child]> {
  const peripheral = await start('bare', 0, { ROLE: 'peripheral' });
  await peripheral.kind('advertising');
  return [peripheral, await start('bare', 1, { ROLE: 'central' })];
}
