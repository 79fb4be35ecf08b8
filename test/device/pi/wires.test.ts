/** A port that is lent is nobody's wire, and is the same wire again afterwards. */
import { expect, it, vi } from 'vitest';
import type { SerialListing } from '../../../device/pi/serial.ts';
import type { Tether, TetherEvents, TetherOptions } from '../../../device/pi/tether.ts';
import { Wires } from '../../../device/pi/wires.ts';

it('lets go of a port that is lent, and takes it back as the same link', async () => {
  const { wires, open, told } = rig();
  await wires.start(['/dev/a', '/dev/b']);
  expect(open()).toEqual(['/dev/a', '/dev/b']);
  const giveBack = await wires.lend('/dev/b');
  expect(open()).toEqual(['/dev/a']);
  giveBack();
  giveBack();
  expect(open()).toEqual(['/dev/a', '/dev/b']);
  expect(wires.status().map(({ link }) => link)).toEqual([4, 5]);
  told.get('/dev/b')!.report('well', null);
  expect(wires.status()[1].state).toBe('well');
  await wires.close();
});

it('makes no wire of a port that is new while somebody else talks to it', async () => {
  const { wires, open, plugged } = rig();
  plugged.push('/dev/new');
  const giveBack = await wires.lend('/dev/new');
  await wires.start('auto');
  expect(open()).toEqual([]);
  giveBack();
  await wires.close();
  await wires.start('auto');
  expect(open()).toEqual(['/dev/new']);
  await wires.close();
});

it('opens nothing for whoever gives a port back after the end', async () => {
  const { wires, open } = rig();
  await wires.start(['/dev/a']);
  const giveBack = await wires.lend('/dev/a');
  await wires.close();
  giveBack();
  expect(open()).toEqual([]);
});

it('opens nothing that was being looked for when it ended, and looks no more', async () => {
  vi.useFakeTimers();
  const { wires, open, plugged } = rig();
  plugged.push('/dev/late');
  const started = wires.start('auto');
  await wires.close();
  await started;
  expect(open()).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function rig() {
  const opened = new Set<string>();
  const told = new Map<string, TetherEvents>();
  const plugged: string[] = [];
  const tether = ({ path }: TetherOptions, events: TetherEvents): Tether => {
    opened.add(path);
    told.set(path, events);
    return { close: async () => void opened.delete(path) } as Tether;
  };
  const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
  const list = async (): Promise<SerialListing[]> =>
    plugged.map((path) => ({ path }) as SerialListing);
  const options = { baud: 115_200, id: new Uint8Array(8), frameMax: 512, powerCycle: null };
  const events = { up() {}, received() {}, sent() {}, down() {} };
  const wires = new Wires(4, options, { tether, list, random: () => 0, log: quiet }, events);
  return { wires, plugged, told, open: () => [...opened].sort() };
}
