/**
 * Radio and wires as links, and what becomes of their news while the station takes none.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../../../device/pi/clock.ts';
import type { HardwareInput } from '../../../device/pi/hardware.ts';
import { Hardware, LATE_MAX } from '../../../device/pi/hardware.ts';
import type { Radio, RadioEvent } from '../../../device/pi/radio.ts';
import { HoplineError } from '../../../protocol/errors.ts';

let open: Hardware[] = [];
afterEach(async () => {
  for (const hardware of open) await hardware.close();
  open = [];
});

it('tells what the radio said before anybody could hear it', async () => {
  const { hardware, heard, take } = await rigOf({ early: [{ kind: 'power', isOn: true }] });
  expect(hardware.radioReport().state).toBe('on');
  await hardware.start(take);
  expect(kinds(heard)).toEqual(['power']);
});

it('keeps how links are, in order, while nothing is taken, and loses packets like the air', async () => {
  const { hardware, say, heard, take, gate } = await rigOf();
  await hardware.start(take);
  gate.isShut = true;
  say(opened(3));
  say({ kind: 'received', link: 3, bytes: Uint8Array.of(1) });
  say({ kind: 'sent', link: 3 });
  say({ kind: 'closed', link: 3, why: 'gone' });
  gate.isShut = false;
  // Nothing overtakes what waits.
  say({ kind: 'power', isOn: false });
  while (heard.length < 4) await wait(5);
  expect(kinds(heard)).toEqual(['opened', 'sent', 'closed', 'power']);
});

it('follows for days who comes and goes while nothing is taken, and says how often that was', async () => {
  const { hardware, say, heard, take, gate, causes, infos } = await rigOf();
  await hardware.start(take);
  say(opened(0));
  gate.isShut = true;
  for (let n = 0; n < LATE_MAX; n++) {
    say({ kind: 'power', isOn: false });
    say({ kind: 'closed', link: 0, why: 'gone' });
    say({ kind: 'power', isOn: true });
    say(opened(0));
    say({ kind: 'sent', link: 3 });
    say({ kind: 'closed', link: 3, why: 'gone' });
  }
  expect(causes).toEqual([]);
  gate.isShut = false;
  say({ kind: 'sent', link: 0 });
  while (infos.at(-1)?.[0] !== 'links came and went unheard') await wait(5);
  const heardOf = (link: number): string[] =>
    kinds(heard.filter((input) => 'link' in input && input.link === link));
  expect(heardOf(0).slice(-3)).toEqual(['closed', 'opened', 'sent']);
  expect(heardOf(3).at(-1)).toBe('closed');
  expect(heard.findLast(({ kind }) => kind === 'power')).toMatchObject({ isOn: true });
  const told = kinds(heard).filter((kind) => kind === 'opened').length;
  expect(infos.at(-1)![1]).toEqual({ count: 1 + LATE_MAX - told });
});

it('gives up when more is waiting than can ever be followed', async () => {
  const { hardware, say, gate, causes, take } = await rigOf();
  await hardware.start(take);
  gate.isShut = true;
  for (let n = 0; n < LATE_MAX; n++) say({ kind: 'sent', link: 1 });
  expect(causes).toEqual([]);
  say({ kind: 'sent', link: 1 });
  expect(causes).toMatchObject([{ code: 'RELAY_BROKEN' }]);
});

it('goes on without a radio where it may, and says why there is none', async () => {
  const { hardware } = await rigOf({ isOptional: true, radio: null });
  expect([hardware.hasRadio, hardware.outMax]).toEqual([false, 0]);
  expect(hardware.radioProblem).toMatch(/plug one in.*\[RADIO_MISSING\]/);
  await expect(rigOf({ radio: null })).rejects.toThrow(/\[RADIO_MISSING\]/);
});

it('waits for what was written, and not for what a link that is gone took along', async () => {
  const { hardware, say, take } = await rigOf();
  await hardware.start(take);
  say(opened(3));
  const write = { kind: 'write', link: 3, bytes: Uint8Array.of(1) } as const;
  hardware.perform(write);
  hardware.perform(write);
  expect(hardware.isDrained).toBe(false);
  say({ kind: 'sent', link: 3 });
  expect(hardware.isDrained).toBe(false);
  say({ kind: 'closed', link: 3, why: 'gone' });
  expect(hardware.isDrained).toBe(true);
});

it('shows nothing new and looks for nobody once it leaves', async () => {
  const { hardware, done } = await rigOf();
  hardware.perform({ kind: 'scan', on: true });
  hardware.leave();
  hardware.perform({ kind: 'scan', on: true });
  hardware.perform({
    kind: 'advertise',
    bytes: new Uint8Array(0),
    connectable: true,
    phones: true,
  });
  expect(done).toEqual(['scan true', 'scan false', 'advertise null']);
});

type Given = { early?: RadioEvent[]; isOptional?: boolean; radio?: null };

async function rigOf({ early = [], isOptional = false, radio }: Given = {}) {
  const heard: HardwareInput[] = [];
  const done: string[] = [];
  const causes: unknown[] = [];
  const infos: unknown[][] = [];
  const gate = { isShut: false };
  let say: (event: RadioEvent) => void = () => {};
  const quiet = (): void => {};
  const hardware = await Hardware.open(
    {
      name: 'attic',
      radio: { isOn: true, adapter: null },
      serial: [],
      baud: 9600,
      powerCycle: null,
      id: new Uint8Array(8),
      frameMax: 512,
      isOptional,
    },
    {
      async openRadio(_, events) {
        if (radio === null) throw new HoplineError('RADIO_MISSING', 'plug one in');
        say = events;
        early.forEach(events);
        return radioThatNotes(done);
      },
      tether: () => {
        throw new Error('there are no wires');
      },
      listSerial: () => Promise.resolve([]),
      random: () => 0,
      clock: systemClock(),
      log: {
        trace: quiet,
        debug: quiet,
        info: (...said) => infos.push(said),
        warn: quiet,
        error: quiet,
      },
      overwhelmed: (cause) => causes.push(cause),
    },
  );
  open.push(hardware);
  const take = (input: HardwareInput): boolean => !gate.isShut && heard.push(input) > 0;
  return {
    hardware,
    heard,
    done,
    causes,
    infos,
    gate,
    take,
    say: (event: RadioEvent) => say(event),
  };
}

function radioThatNotes(done: string[]): Radio {
  return {
    connect: () => {},
    disconnect: () => {},
    write: () => {},
    advertise: (what) => void done.push(`advertise ${what === null ? 'null' : 'something'}`),
    scan: (isOn) => void done.push(`scan ${isOn}`),
    close: async () => {},
  };
}

function opened(link: number): RadioEvent {
  return { kind: 'opened', link, service: 'node', address: 'there', payloadMax: 100, rssi: -50 };
}

function kinds(inputs: HardwareInput[]): string[] {
  return inputs.map(({ kind }) => kind);
}
