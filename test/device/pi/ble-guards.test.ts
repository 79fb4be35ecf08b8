/**
 * Guards: what noble and bleno do by themselves, and what ours keep them from. Each test takes one
 * guard away and shows what then happens, or the bare library beside ours.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SOAK } from '../../seed.ts';
import { OPCODE, STATUS } from '../../ble/hci.ts';
import { advertisement, link, startRadio, startRadios } from '../../ble/radios.ts';
import type { RadioChild } from '../../ble/radios.ts';
import type { Rig, Said } from '../../ble/rig.ts';
import { HAS_LIBRARIES, openRig } from '../../ble/rig.ts';
import { PATIENCE_MS, until } from '../../patience.ts';

/** Dials are given up soon, and long after anything that works has worked. */
const patience = { dialMs: 2_500, adapterMs: 500 };
/** For dials that work, however long this machine stands still meanwhile. */
const unhurried = { dialMs: PATIENCE_MS, adapterMs: 500 };

/** That a test fails without its guard is shown there; each costs as much as the test itself. */
function inSoak<T>(rows: readonly T[]): readonly T[] {
  return SOAK ? rows : [];
}

let rig: Rig;
beforeEach(async () => {
  rig = await openRig(3);
});
afterEach(() => rig.close());

describe.skipIf(!HAS_LIBRARIES)('a link that noble loses', () => {
  for (const [without, lives] of [
    [[], true],
    ...inSoak([[['bleno-foreign-links'], false]] as const),
  ] as const) {
    it(`${lives ? 'spares' : 'ends'} the one of bleno without [${without}]`, async () => {
      const [a, b, c] = await startRadios(rig, 3, { without });
      await link(a, b);
      await link(b, c);
      b.call('disconnect', 1);
      await b.event('closed', (closed) => closed.link === 1);
      b.call('write', 0, new Uint8Array([5]));
      await pause(400);
      expect(a.waiting('received').length === 1).toBe(lives);
    });
  }
});

describe.skipIf(!HAS_LIBRARIES)('a notification after the end of its link', () => {
  it('leaves bare bleno mute for ever', async () => {
    expect(await valuesAfterLate({})).toBe(0);
  });

  it('is dropped by the guard, and the next link works', async () => {
    expect(await valuesAfterLate({ GUARDED: '1' })).toBe(1);
  });

  /** How much of one value the next central gets. */
  async function valuesAfterLate(env: Record<string, string>): Promise<number> {
    const peripheral = await rig.start('bare', 0, { ROLE: 'peripheral', ...env });
    await peripheral.kind('advertising');
    const central = await rig.start('bare', 1, { ROLE: 'central' });
    await central.kind('connected');
    const [from] = rig.controllers;
    rig.air.cut(from, rig.controllers[1]);
    await peripheral.kind('unsubscribed');
    peripheral.tell({ kind: 'put', size: 20 });
    from.setAdvertising(true);
    const next = await rig.start('bare', 2, { ROLE: 'central' });
    await until(() => from.ends.size > 0);
    // A mute bleno answers no question, so its central never says that it is connected.
    if (env['GUARDED'] === undefined) await pause(1_000);
    else await next.kind('connected');
    peripheral.tell({ kind: 'put', size: 20 });
    await pause(300);
    return next.said.filter(({ kind }) => kind === 'value').length;
  }
});

describe.skipIf(!HAS_LIBRARIES)('a second central', () => {
  for (const [without, isReplaced] of [
    [[], false],
    ...inSoak([[['bleno-one-central'], true]] as const),
  ] as const) {
    it(`${isReplaced ? 'replaces' : 'does not replace'} the first without [${without}]`, async () => {
      const [a, b, c] = await startRadios(rig, 3, { without, patience });
      await link(a, b);
      c.call('scan', true);
      const { address } = await c.event('sighted');
      c.call('connect', 1, address, 'node');
      if (isReplaced) await c.event('opened');
      else await c.event('closed');
      a.call('write', 1, new Uint8Array([1, 2, 3]));
      await pause(200);
      expect(b.waiting('received').length).toBe(isReplaced ? 0 : 1);
    });
  }
});

describe.skipIf(!HAS_LIBRARIES)('a notification longer than the MTU allows', () => {
  it('is cut by bare bleno without a word', async () => {
    const peripheral = await rig.start('bare', 0, { ROLE: 'peripheral' });
    await peripheral.kind('advertising');
    const central = await rig.start('bare', 1, { ROLE: 'central' });
    await central.kind('connected');
    peripheral.tell({ kind: 'put', size: 300 });
    expect(await central.kind('value')).toEqual({ kind: 'value', size: 253 });
  });

  it('is a drop with a reason, in either direction, and its credit returns', async () => {
    const [a, b] = await startRadios(rig, 2);
    await link(a, b);
    for (const [radio, number] of [
      [a, 1],
      [b, 0],
    ] as const) {
      radio.call('write', number, new Uint8Array(515));
      const drop = { kind: 'drop', link: number, reason: 'over-mtu' };
      expect(await radio.event('drop')).toEqual(drop);
      expect(await radio.event('sent')).toEqual({ kind: 'sent', link: number });
    }
    expect([...a.waiting('received'), ...b.waiting('received')]).toEqual([]);
  });
});

describe.skipIf(!HAS_LIBRARIES)('an advertisement that the adapter refuses', () => {
  it('is tried again until the adapter takes it', async () => {
    const [a, b] = await startRadios(rig, 2, { patience });
    const { refuses } = rig.controllers[1];
    refuses.set(OPCODE.LE_SET_ADVERTISING, STATUS.DISALLOWED);
    b.call('advertise', advertisement());
    a.call('scan', true);
    await pause(300);
    expect(a.waiting('sighted')).toEqual([]);
    refuses.clear();
    await a.event('sighted');
  });
});

describe.skipIf(!HAS_LIBRARIES)('a dial to who is out of range', () => {
  it('is given up in time, and the next one is not kept waiting', async () => {
    const [a, b, c] = await startRadios(rig, 3, { patience });
    for (const radio of [b, c]) radio.call('advertise', advertisement());
    a.call('scan', true);
    await a.event('sighted', ({ address }) => address === b.address);
    await a.event('sighted', ({ address }) => address === c.address);
    rig.air.setReach(rig.controllers[0], rig.controllers[1], false);
    a.call('connect', 1, b.address, 'node');
    a.call('connect', 2, c.address, 'node');
    expect(await a.event('closed')).toMatchObject({
      link: 1,
      why: 'connecting: no answer in 2500 ms',
    });
    expect(await a.event('opened')).toMatchObject({ link: 2 });
  });

  it('ends at once when it is told to', async () => {
    const [a, b] = await startRadios(rig, 2);
    b.call('advertise', advertisement());
    a.call('scan', true);
    const { address } = await a.event('sighted');
    rig.air.setReach(rig.controllers[0], rig.controllers[1], false);
    a.call('connect', 1, address, 'node');
    await until(() => rig.controllers[0].dialled !== null);
    a.call('disconnect', 1);
    expect(await a.event('closed')).toEqual({ kind: 'closed', link: 1, why: 'we ended it' });
    expect(rig.controllers[0].dialled).toBe(null);
  });

  it('ends when the link is lost while a question is under way', async () => {
    const [a, b] = await startRadios(rig, 2);
    b.call('advertise', advertisement());
    a.call('scan', true);
    const { address } = await a.event('sighted');
    rig.air.options.delayMs = 200;
    a.call('connect', 1, address, 'node');
    const [from, to] = rig.controllers;
    await until(() => from.ends.size > 0);
    rig.air.cut(from, to);
    expect(await a.event('closed')).toMatchObject({ link: 1, why: 'it went out of range' });
  });
});

describe.skipIf(!HAS_LIBRARIES)('writes faster than the air', () => {
  it('are let out by credit, and beyond the limit dropped whole', async () => {
    const [a, b] = await startRadios(rig, 2);
    await link(a, b);
    rig.air.options.delayMs = 30;
    for (let number = 0; number < 70; number++) a.call('write', 1, new Uint8Array([number]));
    await a.event('sent');
    const early = b.waiting('received').length;
    expect(early).toBeLessThan(20);
    await until(() => b.waiting('received').length === 64);
    await pause(200);
    const reasons = a.waiting('drop').map((drop) => 'reason' in drop && drop.reason);
    expect(reasons).toEqual(Array(6).fill('too-many-writes'));
    expect(a.waiting('sent').length).toBe(69);
    expect(b.waiting('received').length).toBe(64);
  });
});

describe.skipIf(!HAS_LIBRARIES)('an adapter that is lost', () => {
  for (const how of ['is switched off', 'vanishes'] as const) {
    it(`and ${how} closes its links, and finds everything again when it is back`, async () => {
      const [a, b] = await startRadios(rig, 2, { patience: unhurried });
      await link(a, b);
      await lose(how, a);
      const [closed, power] = [await a.event('closed'), await a.event('power')];
      expect([closed.why, power.isOn]).toEqual(['the adapter is gone', false]);
      await b.event('closed');
      await regain(how, a);
      const { address } = await a.event('sighted');
      a.call('connect', 1, address, 'node');
      expect(await a.event('opened')).toMatchObject({ link: 1 });
      expect(await b.event('opened')).toMatchObject({ link: 0 });
    });
  }

  for (const without of inSoak([['noble-socket', 'bleno-socket']])) {
    it(`stays lost without [${without}] once it has vanished`, async () => {
      const a = await startRadio(rig, 0, { without });
      const [controller] = rig.controllers;
      await controller.vanish();
      await a.event('power');
      await pause(1_200);
      await controller.listen();
      await pause(1_500);
      expect(a.waiting('power')).toEqual([]);
    });
  }

  it('for less time than anybody looks is noticed all the same', async () => {
    const [a, b] = await startRadios(rig, 2, { patience: unhurried });
    await link(a, b);
    const [controller] = rig.controllers;
    await controller.vanish();
    await controller.listen();
    expect(await a.event('closed')).toMatchObject({ link: 1 });
    await a.event('power', ({ isOn }) => isOn);
    await b.event('closed');
    await a.event('sighted');
    a.call('connect', 1, b.address, 'node');
    expect(await a.outcome()).toBe('opened');
  });

  for (const [without, next] of [
    [[], 'opened'],
    ...inSoak([[['noble-power'], 'closed']] as const),
  ] as const) {
    it(`with packets under way: the next dial is ${next} without [${without}]`, async () => {
      const waits = next === 'opened' ? unhurried : patience;
      const [a, b] = await startRadios(rig, 2, { patience: waits, without });
      await link(a, b);
      rig.air.options.delayMs = 60_000;
      for (let number = 0; number < 10; number++) a.call('write', 1, new Uint8Array(200));
      await until(() => [...rig.controllers[0].ends.values()].some(({ waiting }) => waiting > 3));
      await lose('is switched off', a);
      await a.event('closed');
      await b.event('closed');
      rig.air.options.delayMs = 0;
      await regain('is switched off', a);
      await a.event('sighted');
      a.call('connect', 1, b.address, 'node');
      expect(await a.outcome()).toBe(next);
    });
  }

  it('by whom others dial is free when it is back', async () => {
    const [a, b] = await startRadios(rig, 2, { patience: unhurried });
    await link(a, b);
    await lose('is switched off', b);
    await a.event('closed');
    await regain('is switched off', b);
    await a.event('sighted');
    a.call('connect', 1, b.address, 'node');
    expect(await a.outcome()).toBe('opened');
  });

  async function lose(how: string, radio: RadioChild): Promise<void> {
    const controller = rig.controllers.find(({ address }) => address === radio.address)!;
    if (how === 'vanishes') await controller.vanish();
    else controller.setPower(false);
  }

  async function regain(how: string, radio: RadioChild): Promise<void> {
    radio.child.said.length = 0;
    const controller = rig.controllers.find(({ address }) => address === radio.address)!;
    if (how === 'vanishes') await controller.listen();
    else controller.setPower(true);
    await radio.event('power', ({ isOn }) => isOn);
  }
});

describe.skipIf(!HAS_LIBRARIES)('20,000 strangers', () => {
  for (const [without, bounds] of [
    [[], [-2, 4]],
    ...inSoak([[['noble-memory'], [8, 100]]] as const),
  ] as const) {
    it(`leave ${bounds[0]} to ${bounds[1]} MB behind without [${without}]`, async () => {
      const [a, b] = await startRadios(rig, 2, { without });
      b.call('advertise', advertisement());
      a.call('scan', true);
      const { address } = await a.event('sighted');
      const before = await memory(a);
      await strangers(20_000);
      const grown = ((await memory(a)) - before) / 1e6;
      expect(grown).toBeGreaterThan(bounds[0]);
      expect(grown).toBeLessThan(bounds[1]);
      // Who is ours is still known.
      a.call('connect', 1, address, 'node');
      await a.event('opened');
    });
  }

  async function strangers(count: number): Promise<void> {
    const [controller] = rig.controllers;
    const shown = Buffer.from('02010605ff4c00ab01', 'hex');
    for (let number = 0; number < count; number++) {
      const address = `ee:00:${number
        .toString(16)
        .padStart(8, '0')
        .replace(/..(?=.)/g, '$&:')}`;
      const last = new Promise<void>((resolve) =>
        controller.report(0x03, address, true, shown, -80, resolve),
      );
      if (number % 200 === 0) await last;
    }
  }

  async function memory(radio: RadioChild): Promise<number> {
    // What the parent said is heard in turn, after all that the air said before.
    await pause(300);
    radio.child.tell({ kind: 'memory' });
    return (await radio.child.kind<Said & { bytes: number }>('memory')).bytes;
  }
});

describe.skipIf(!HAS_LIBRARIES)('two libraries on one adapter', () => {
  for (const [without, isLost] of [
    [[], false],
    ...inSoak([[['noble-buffers', 'bleno-buffers'], true]] as const),
  ] as const) {
    it(`${isLost ? 'overrun' : 'share'} its buffers without [${without}]`, async () => {
      const [a, b, c] = await startRadios(rig, 3, { without });
      await link(a, b);
      await link(b, c);
      rig.air.options.delayMs = 5;
      for (let number = 0; number < 60; number++) {
        b.call('write', 0, new Uint8Array(200));
        b.call('write', 1, new Uint8Array(200));
      }
      await pause(500);
      expect(rig.controllers[1].overflows > 0).toBe(isLost);
    });
  }
});

describe.skipIf(!HAS_LIBRARIES)('the MTU', () => {
  for (const guard of ['noble-mtu', ...inSoak(['bleno-mtu'])]) {
    it(`leaves room for 253 bytes without ${guard}`, async () => {
      const [a, b] = await startRadios(rig, 2, { without: [guard] });
      for (const opened of await link(a, b)) expect(opened).toMatchObject({ payloadMax: 253 });
    });
  }
});

describe.skipIf(!HAS_LIBRARIES)('a phone that asks us over a link that we dialled', () => {
  it('is answered that we have nothing there', async () => {
    const peripheral = await rig.start('bare', 0, { ROLE: 'peripheral' });
    await peripheral.kind('advertising');
    const a = await startRadio(rig, 1);
    a.call('scan', true);
    const { address } = await a.event('sighted');
    a.call('connect', 1, address, 'uart');
    await a.event('opened');
    peripheral.tell({ kind: 'ask' });
    const { answer } = await peripheral.kind<Said & { answer: Uint8Array }>('answer');
    // Error response to the question, for no handle: request not supported.
    expect([...answer]).toEqual([0x01, 0x10, 0, 0, 0x06]);
  });
});

describe.skipIf(!HAS_LIBRARIES)('the end', () => {
  for (const [without, isSilent] of [
    [[], true],
    ...inSoak([[['noble-console'], false]] as const),
  ] as const) {
    it(`of a link inwards is ${isSilent ? 'silent' : 'printed'} without [${without}]`, async () => {
      const [a, b] = await startRadios(rig, 2, { without });
      await link(a, b);
      a.call('disconnect', 1);
      await b.event('closed');
      await pause(200);
      expect(b.child.printed === '').toBe(isSilent);
    });
  }

  it('lets links, the air and the process go', async () => {
    const [a, b] = await startRadios(rig, 2);
    await link(a, b);
    b.call('close');
    expect(await b.child.ends()).toBe(0);
    expect(await a.event('closed')).toMatchObject({ why: 'the other end left' });
    expect(rig.controllers[1].advertising.isOn).toBe(false);
    a.call('close');
    expect(await a.child.ends()).toBe(0);
  });
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
