/**
 * Bluetooth: the product's radio on noble and bleno, over the virtual radio.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runs } from '../../seed.ts';
import { advertisement, link, startRadio } from '../../ble/radios.ts';
import type { BluetoothOptions } from '../../../device/pi/bluetooth.ts';
import type { Rig, Said } from '../../ble/rig.ts';
import { HAS_LIBRARIES, openRig } from '../../ble/rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await openRig(3);
});
afterEach(() => rig.close());

describe.skipIf(!HAS_LIBRARIES)('a machine without a radio to use', () => {
  it('is told that there is none, and what to do', async () => {
    const message = await refusal({ adapters: rig.folder });
    expect(message).toContain(rig.folder);
    expect(message).toMatch(/lists none; plug one in.*\[RADIO_MISSING\]$/);
  });

  it('is told which there are when another was named', async () => {
    const message = await refusal({ adapter: 'hci7' });
    expect(message).toMatch(/hci7; there is hci0 \[RADIO_MISSING\]$/);
  });

  it('is told of the capability that it needs', async () => {
    const message = await refusal({}, { VIRTUAL_HCI_DENIED: '1' });
    expect(message).toMatch(
      /hci0; this process needs the capability cap_net_raw.*\[RADIO_DENIED\]$/,
    );
  });

  it('is told that an old adapter will not do', async () => {
    rig.controllers[0].version = 5;
    const message = await refusal({});
    expect(message).toMatch(/hci0 knows no Bluetooth Low Energy.*\[RADIO_UNUSABLE\]$/);
  });

  it('is told that an adapter does not answer', async () => {
    await rig.controllers[0].vanish();
    expect(await refusal({})).toMatch(/hci0 does not answer.*\[RADIO_UNUSABLE\]$/);
  });

  async function refusal(
    options: Partial<BluetoothOptions>,
    env: Record<string, string> = {},
  ): Promise<string> {
    const child = await rig.start('radio', 0, env);
    child.tell({ kind: 'open', options });
    return (await child.kind<Said & { message: string }>('failed')).message;
  }
});

describe.skipIf(!HAS_LIBRARIES)('two radios', () => {
  it('see each other and open a link, each under its own number', async () => {
    const [a, b] = [await startRadio(rig, 0), await startRadio(rig, 1)];
    rig.air.setRssi(rig.controllers[0], rig.controllers[1], -63);
    b.call('advertise', advertisement());
    a.call('scan', true);
    const sighted = await a.event('sighted');
    expect(sighted).toEqual({
      kind: 'sighted',
      address: rig.controllers[1].address,
      rssi: -63,
      service: 'node',
      bytes: advertisement().bytes,
      name: 'pi',
    });
    a.call('connect', 2, sighted.address, 'node');
    expect([await a.event('opened'), await b.event('opened')]).toEqual([
      {
        kind: 'opened',
        link: 2,
        service: 'node',
        address: rig.controllers[1].address,
        payloadMax: 514,
        rssi: -63,
      },
      {
        kind: 'opened',
        link: 0,
        service: 'node',
        address: rig.controllers[0].address,
        payloadMax: 514,
        rssi: -63,
      },
    ]);
    expect([a.child.printed, b.child.printed]).toEqual(['', '']);
  });

  it('carry values both ways, none lost, doubled or out of order', async () => {
    const [a, b] = [await startRadio(rig, 0), await startRadio(rig, 1)];
    await link(a, b);
    const count = runs(500, 10_000);
    expect(await a.stream(1, b, 0, { count })).toEqual({ kind: 'received', count, wrong: 0 });
    expect(await b.stream(0, a, 1, { count })).toEqual({ kind: 'received', count, wrong: 0 });
  });
});
