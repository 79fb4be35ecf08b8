/**
 * Slots: a relay among buttons and phones. Whole histories from seeds first: the nodes become one mesh
 * and stay one, phones get what is left, each in its turn. Single rules after.
 */
import { describe, expect, it } from 'vitest';
import type { SlotsInput, SlotsOutput } from '../../../protocol/peer/slots.ts';
import { IDLE_MS, Slots, TURN_MS } from '../../../protocol/peer/slots.ts';
import { SIGHTINGS_MAX, Sightings } from '../../../protocol/peer/sightings.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import { seededRandom } from '../../../tools/simulate/random.ts';
import { nodeId } from '../../../tools/simulate/world.ts';
import { runs, SEED } from '../../seed.ts';
import type { Kind } from './slots-air.ts';
import { SlotsAir } from './slots-air.ts';

const FORMED_MS = 240_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const RELAY = 0;

describe('a relay among ten buttons and five phones', () => {
  it('is of one mesh with the buttons, and again after any link or node has died', () => {
    for (let seed = 1; seed <= runs(30, 600); seed++) {
      const random = seededRandom(seed);
      const air = crowd(seed);
      expectFormed(air, `seed ${seed}`);
      air.run(air.now + 10_000);
      const tree = air.wires().filter((wire) => !air.isPhone(wire));
      air.cut(tree[random(tree.length)]);
      air.run(air.now + 5000);
      expectFormed(air, `seed ${seed}, a link cut`);
      air.kill(1 + random(10));
      air.run(air.now + 5000);
      expectFormed(air, `seed ${seed}, a button dead`);
      air.kill(RELAY);
      air.run(air.now + 5000);
      expectFormed(air, `seed ${seed}, the relay dead`);
    }
  });

  it('serves each of twelve phones within the hour, though none has anything to say', () => {
    for (let seed = 1; seed <= runs(5, 100); seed++) {
      const air = crowd(SEED + seed, 12);
      air.run(HOUR_MS);
      expect(air.served.size, `seed ${SEED + seed}`).toBe(12);
    }
  });

  it('keeps a phone that talks, and lets the silent ones take turns around it', () => {
    const air = crowd(SEED, 12);
    air.run(MINUTE_MS);
    const [talker] = [...air.served];
    let unserved = 0;
    for (let second = 0; second < 540; second += 10) {
      air.speak(talker);
      air.run(air.now + 10_000);
      if (!air.wires().some(({ ends }) => ends.some(({ party }) => party === talker))) unserved++;
    }
    expect(unserved).toBeLessThan(3);
    expect(air.served.size).toBe(12);
  });

  it('rebuilds all of it when its adapter was away', () => {
    for (let seed = 1; seed <= runs(5, 100); seed++) {
      const air = crowd(seed);
      expectFormed(air, `seed ${seed}`);
      air.power(RELAY, false);
      air.run(air.now + 30_000);
      air.power(RELAY, true);
      expectFormed(air, `seed ${seed} after`);
      air.run(air.now + MINUTE_MS);
      const phones = air.wires().filter((wire) => air.isPhone(wire));
      expect(phones.length, `seed ${seed}`).toBeGreaterThan(0);
    }
  });
});

describe('a quiet world', () => {
  it('keeps every link while there are enough', () => {
    for (let seed = 1; seed <= runs(3, 50); seed++) {
      const air = crowd(seed, 2);
      expectFormed(air, `seed ${seed}`);
      air.run(air.now + 10 * MINUTE_MS);
      const before = { ...air.opened };
      air.run(air.now + HOUR_MS);
      expect(air.opened, `seed ${seed}`).toEqual(before);
    }
  });

  it('changes phones a few times an hour while there are not, and no node', () => {
    for (let seed = 1; seed <= runs(3, 50); seed++) {
      const air = crowd(seed, 8);
      expectFormed(air, `seed ${seed}`);
      air.run(air.now + HOUR_MS);
      const before = { ...air.opened };
      air.run(air.now + HOUR_MS);
      expect(air.opened.tree, `seed ${seed}`).toBe(before.tree);
      expect(air.opened.phone - before.phone, `seed ${seed}`).toBeLessThan(120);
    }
  });
});

describe('the link in', () => {
  it('is given up for a phone idle for a minute', () => {
    const bench = new Bench();
    bench.feed({ kind: 'opened', link: 0 });
    bench.run(IDLE_MS - 1);
    bench.feed({ kind: 'used', link: 0 });
    bench.run(2 * IDLE_MS - 2000);
    expect(bench.of('disconnect')).toEqual([]);
    bench.run(2 * IDLE_MS + 2000);
    expect(bench.of('disconnect')).toEqual([{ kind: 'disconnect', link: 0 }]);
  });

  it('is given up ever later for one that returns each time, until it brings something', () => {
    const bench = new Bench();
    const openedIn = (fromMs: number): number => {
      const already = bench.of('disconnect').length;
      for (; bench.now < fromMs + HOUR_MS; bench.run(bench.now + 1000)) {
        if (!bench.isUp(0)) bench.feed({ kind: 'opened', link: 0 });
      }
      return bench.of('disconnect').length - already;
    };
    expect(openedIn(0)).toBeLessThan(12);
    bench.feed({ kind: 'used', link: 0 });
    const since = bench.now;
    bench.run(since + IDLE_MS + 2000);
    expect(bench.isUp(0)).toBe(false);
  });

  it('stays with a node, however quiet', () => {
    const bench = new Bench();
    bench.feed({ kind: 'opened', link: 0 });
    bench.feed({ kind: 'told', link: 0, id: nodeId(2), mesh: null });
    bench.run(HOUR_MS);
    expect(bench.of('disconnect')).toEqual([]);
  });

  it('shows as taken while somebody has it', () => {
    const bench = new Bench();
    bench.run(1000);
    bench.feed({ kind: 'opened', link: 0 });
    bench.feed({ kind: 'closed', link: 0 });
    const shown = bench
      .of('advertise')
      .map(({ bytes, connectable }) => [connectable, bytes[2] & 16]);
    expect(shown).toEqual([
      [true, 16],
      [false, 0],
      [true, 16],
    ]);
  });

  it('is taken over when the radio lost an end without a word', () => {
    const bench = new Bench();
    bench.feed({ kind: 'opened', link: 0 });
    bench.feed({ kind: 'told', link: 0, id: nodeId(2), mesh: null });
    bench.feed({ kind: 'opened', link: 0 });
    bench.run(IDLE_MS + 2000);
    expect(bench.of('disconnect')).toEqual([{ kind: 'disconnect', link: 0 }]);
  });

  it('is cleared of a phone, and shown to nodes alone, when another island stays in sight', () => {
    const bench = new Bench();
    bench.feed({ kind: 'opened', link: 0 });
    for (; bench.now < 20_000; bench.run(bench.now + 1000)) {
      bench.feed({ kind: 'used', link: 0 });
      bench.feed(node('far', 9, { mayBeDialled: false }));
    }
    expect(bench.of('disconnect')).toEqual([{ kind: 'disconnect', link: 0 }]);
    expect(bench.of('advertise').at(-1)).toMatchObject({ connectable: true, phones: false });
    bench.run(bench.now + MINUTE_MS);
    expect(bench.of('advertise').at(-1)).toMatchObject({ connectable: true, phones: true });
  });

  it('is not cleared for an island that passes by now and then', () => {
    const bench = new Bench();
    bench.feed({ kind: 'opened', link: 0 });
    for (let pass = 0; pass < 20; pass++) {
      bench.feed(node('far', 9, { mayBeDialled: false }));
      bench.feed({ kind: 'used', link: 0 });
      bench.run(bench.now + 50_000);
    }
    expect(bench.of('disconnect')).toEqual([]);
  });

  it('is cleared ever less for an island that never joins', () => {
    const bench = new Bench();
    for (; bench.now < HOUR_MS; bench.run(bench.now + 1000)) {
      if (!bench.isUp(0)) bench.feed({ kind: 'opened', link: 0 });
      bench.feed({ kind: 'used', link: 0 });
      bench.feed(node('far', 9, { mayBeDialled: false }));
    }
    expect(bench.of('disconnect').length).toBeLessThan(12);
  });
});

describe('a phone', () => {
  it('is not dialled while it has the link in, by its address or its id', () => {
    const bench = new Bench();
    bench.feed({ kind: 'opened', link: 0, address: 'a' });
    bench.feed({ kind: 'announced', link: 0, id: nodeId(7) });
    for (; bench.now < 50_000; bench.run(bench.now + 1000)) {
      bench.feed(phone('a'));
      bench.feed(phone('b', -60, nodeId(7)));
    }
    expect(bench.of('connect')).toEqual([]);
  });

  it('keeps one link of two', () => {
    const bench = new Bench();
    bench.feed(phone('a'));
    bench.run(2000);
    bench.feed({ kind: 'opened', link: 5 });
    bench.feed({ kind: 'announced', link: 5, id: nodeId(7) });
    bench.feed({ kind: 'opened', link: 0 });
    bench.feed({ kind: 'announced', link: 0, id: nodeId(7) });
    expect(bench.of('disconnect')).toEqual([{ kind: 'disconnect', link: 0 }]);
  });

  it('that does not answer is given up after ten seconds, and the next one dialled', () => {
    const bench = new Bench({ isAnswering: false });
    for (; bench.now < 20_000; bench.run(bench.now + 1000)) {
      bench.feed(phone('near', -40));
      bench.feed(phone('far', -70));
    }
    expect(bench.of('connect').map(({ address }) => address)).toEqual(['near', 'far']);
    expect(bench.of('disconnect').length).toBeGreaterThan(0);
  });

  it('that flaps is dialled ever less', () => {
    const bench = new Bench();
    const dialsIn = (untilMs: number): number => {
      const already = bench.of('connect').length;
      for (; bench.now < untilMs; bench.run(bench.now + 1000)) {
        bench.feed(phone('a'));
        if (bench.isUp(5)) bench.feed({ kind: 'closed', link: 5 });
      }
      return bench.of('connect').length - already;
    };
    const first = dialsIn(HOUR_MS);
    expect(first).toBeGreaterThan(5);
    expect(first).toBeLessThan(12);
    expect(dialsIn(3 * HOUR_MS)).toBeLessThan(4);
  });

  it('that held its link for a minute has its failures forgotten', () => {
    const bench = new Bench();
    let heldFrom = Infinity;
    for (let flaps = 0; flaps < 6 && bench.now < 20 * MINUTE_MS; bench.run(bench.now + 1000)) {
      bench.feed(phone('a'));
      if (!bench.isUp(5)) continue;
      // The sixth time it stays for a while.
      if (flaps === 5 && heldFrom === Infinity) heldFrom = bench.now;
      if (bench.now < heldFrom || bench.now > heldFrom + 2 * MINUTE_MS) {
        flaps++;
        bench.feed({ kind: 'closed', link: 5 });
      }
    }
    const endedAt = bench.now;
    while (!bench.isUp(5) && bench.now < endedAt + HOUR_MS) {
      bench.feed(phone('a'));
      bench.run(bench.now + 1000);
    }
    expect(bench.now - endedAt).toBeLessThan(20_000);
  });

  it('makes room alone, however long its end takes', () => {
    const bench = new Bench({ isClosing: false });
    for (; bench.now < 5 * MINUTE_MS; bench.run(bench.now + 1000)) {
      for (const address of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) bench.feed(phone(address));
    }
    expect(new Set(bench.of('disconnect').map(({ link }) => link)).size).toBe(1);
  });

  it('keeps its link against others while it is used, until its turn is over', () => {
    const bench = new Bench();
    const crowd = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (; bench.now < TURN_MS; bench.run(bench.now + 1000)) {
      for (const address of crowd) bench.feed(phone(address));
      for (let link = 1; link <= 5; link++) bench.feed({ kind: 'used', link });
    }
    expect(bench.of('disconnect')).toEqual([]);
    for (; bench.now < TURN_MS + MINUTE_MS; bench.run(bench.now + 1000)) {
      for (const address of crowd) bench.feed(phone(address));
    }
    expect(bench.of('disconnect').length).toBeGreaterThan(0);
    expect(bench.of('connect').map(({ address }) => address)).toContain('f');
  });
});

describe('the tree', () => {
  it('goes before a phone that is being dialled', () => {
    const bench = new Bench({ isAnswering: false });
    bench.feed(phone('a'));
    bench.run(2000);
    bench.feed(node('b', 9));
    bench.run(5000);
    const dials = bench.of('connect').map(({ address, service }) => [address, service]);
    expect(dials).toEqual([
      ['a', 'phone'],
      ['b', 'node'],
    ]);
    expect(bench.of('disconnect')).toEqual([{ kind: 'disconnect', link: 5 }]);
    // The phone was not at fault, and does not wait for it.
    bench.feed({ kind: 'opened', link: 1 });
    bench.run(bench.now + 2000);
    expect(bench.of('connect').at(-1)).toMatchObject({ address: 'a' });
  });

  it('gets its link back from the phone that borrowed it', () => {
    const bench = new Bench();
    for (; bench.now < 20_000; bench.run(bench.now + 1000)) {
      for (const address of ['a', 'b', 'c', 'd', 'e']) bench.feed(phone(address));
    }
    expect([1, 2, 3, 4, 5].filter((link) => bench.isUp(link))).toHaveLength(5);
    bench.feed(node('n', 9));
    bench.run(bench.now + 2000);
    expect(bench.of('disconnect')).toEqual([{ kind: 'disconnect', link: 1 }]);
    expect(bench.of('connect').at(-1)).toEqual({
      kind: 'connect',
      link: 1,
      address: 'n',
      service: 'node',
    });
  });

  it('dials a node that never answers ever less', () => {
    const bench = new Bench({ isAnswering: false });
    for (; bench.now < HOUR_MS; bench.run(bench.now + 1000)) bench.feed(node('n', 9));
    const first = bench.of('connect').length;
    expect(first).toBeGreaterThan(4);
    expect(first).toBeLessThan(14);
    for (; bench.now < 3 * HOUR_MS; bench.run(bench.now + 1000)) bench.feed(node('n', 9));
    expect(bench.of('connect').length - first).toBeLessThan(5);
  });

  it('gives a node that is hardly heard a chance last', () => {
    const bench = new Bench({ isAnswering: false });
    for (; bench.now < 25_000; bench.run(bench.now + 1000)) bench.feed(node('n', 9, { rssi: -95 }));
    expect(bench.of('connect')).toEqual([]);
    for (; bench.now < 40_000; bench.run(bench.now + 1000)) bench.feed(node('n', 9, { rssi: -95 }));
    expect(bench.of('connect')).not.toEqual([]);
  });
});

describe('an adapter that goes', () => {
  it('takes every link along, and what it still says is not heard', () => {
    const bench = new Bench();
    bench.feed({ kind: 'opened', link: 0 });
    bench.feed(phone('a'));
    bench.run(2000);
    const before = bench.outputs.length;
    bench.feed({ kind: 'power', isOn: false });
    bench.feed({ kind: 'closed', link: 0 });
    bench.feed(phone('b'));
    bench.run(MINUTE_MS);
    expect(bench.outputs.length).toBe(before);
    bench.feed({ kind: 'power', isOn: true });
    bench.run(bench.now + 500);
    const after = bench.outputs.slice(before).map(({ kind }) => kind);
    expect(after).toEqual(expect.arrayContaining(['tell', 'advertise', 'scan']));
    expect(bench.of('advertise').at(-1)).toMatchObject({ connectable: true });
  });
});

describe('twenty thousand foreign advertisers', () => {
  it('leave the table as large as it may be, the latest in it', () => {
    const sightings = new Sightings(seededRandom(1));
    for (let i = 0; i < 20_000; i++) sightings.see(`x${i}`, 'phone', '', -60, i);
    expect(sightings.size).toBe(SIGHTINGS_MAX);
    expect(sightings.best(20_000, ({ address }) => address === 'x0')).toBe(null);
    expect(sightings.best(20_000, ({ address }) => address === 'x19999')).not.toBe(null);
  });

  it('do not keep a relay from the node it needs', () => {
    const bench = new Bench({ isAnswering: false });
    for (let i = 0; i < 20_000; i++) {
      bench.feed(phone(`p${i}`));
      bench.feed({ ...node(`n${i}`, 9), bytes: new Uint8Array(2) });
      if (i % 100 === 0) bench.run(bench.now + 10);
    }
    bench.feed(node('n', 9));
    bench.run(bench.now + 20_000);
    expect(bench.of('connect').map(({ address }) => address)).toContain('n');
  });
});

it('a signal that the radio could not measure changes nothing', () => {
  const sightings = new Sightings(seededRandom(1));
  sightings.see('a', 'phone', '', -60, 0);
  expect(sightings.see('a', 'phone', '', 127, 1).rssi).toBe(-60);
  expect(sightings.see('a', 'phone', '', -80, 2).rssi).toBe(-65);
});

type Sighted = SlotsInput & { kind: 'sighted' };

/** One machine, with a radio that opens what is dialled and closes what is to be closed. */
class Bench {
  now = 0;
  readonly outputs: SlotsOutput[] = [];
  private readonly slots: Slots;
  private readonly isAnswering: boolean;
  private readonly isClosing: boolean;
  private readonly up = new Set<number>();

  constructor({ isAnswering = true, isClosing = true } = {}) {
    const config = { id: nodeId(1), role: 2, scanDuty: 100, outMax: 5, nodesMax: 3 };
    this.slots = new Slots(config, seededRandom(SEED), 0);
    this.isAnswering = isAnswering;
    this.isClosing = isClosing;
  }

  feed(input: SlotsInput | typeof TICK): void {
    if (input.kind === 'opened') this.up.add(input.link);
    if (input.kind === 'closed') this.up.delete(input.link);
    const outputs = this.slots.step(input, this.now);
    this.outputs.push(...outputs);
    for (const output of outputs) {
      if (output.kind === 'disconnect' && this.isClosing) {
        this.feed({ kind: 'closed', link: output.link });
      }
      if (output.kind === 'connect' && this.isAnswering) {
        this.feed({ kind: 'opened', link: output.link });
      }
    }
  }

  run(until: number): void {
    while (this.slots.deadline() <= until) {
      this.now = Math.max(this.now, this.slots.deadline());
      this.feed(TICK);
    }
    this.now = Math.max(this.now, until);
  }

  isUp(link: number): boolean {
    return this.up.has(link);
  }

  of<K extends SlotsOutput['kind']>(kind: K): (SlotsOutput & { kind: K })[] {
    return this.outputs.filter(
      (output): output is SlotsOutput & { kind: K } => output.kind === kind,
    );
  }
}

function phone(address: string, rssi = -60, bytes: Uint8Array = new Uint8Array(0)): Sighted {
  return { kind: 'sighted', address, rssi, service: 'phone', bytes };
}

/** A node that is an island of its own. */
function node(address: string, number: number, { rssi = -60, mayBeDialled = true } = {}): Sighted {
  const id = nodeId(number);
  const flags = 1 | (mayBeDialled ? 16 : 0) | (2 << 5);
  const bytes = Uint8Array.of(0x48, 0x4c, flags, ...id, ...id, 1);
  return { kind: 'sighted', address, rssi, service: 'node', bytes };
}

/** A relay, ten buttons that reach each other in one piece or several, and phones by the relay. */
function crowd(seed: number, phones = 5): SlotsAir {
  const random = seededRandom(seed);
  const kinds: Kind[] = ['relay', ...Array<Kind>(10).fill('button')];
  const places = kinds.map(() => [random(100), random(100)]);
  for (let i = 0; i < phones; i++) {
    kinds.push('phone');
    places.push(places[RELAY]);
  }
  const reaches = (a: number, b: number): boolean => {
    const [[ax, ay], [bx, by]] = [places[a], places[b]];
    return Math.hypot(ax - bx, ay - by) < 45;
  };
  return new SlotsAir(seed, kinds, reaches);
}

function expectFormed(air: SlotsAir, what: string): void {
  air.form(FORMED_MS);
  expect(air.meshes(), what).toEqual(air.possible());
}
