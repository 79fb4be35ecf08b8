/**
 * A simulated island's promises: whoever comes to it as a guest finds company soon, and the same seed
 * is the same island.
 */
import { describe, expect, it } from 'vitest';
import { PUBLIC } from '../../host/types.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import type { Millis, Tick } from '../../protocol/core/machine.ts';
import { TICK } from '../../protocol/core/machine.ts';
import type { StationEvent, StationInput } from '../../protocol/peer/contract.ts';
import { STATION_DEFAULTS } from '../../protocol/peer/settings.ts';
import { Station } from '../../protocol/peer/station.ts';
import type { IslandInput } from '../../tools/simulate/island.ts';
import { Island } from '../../tools/simulate/island.ts';
import { seededRandom } from '../../tools/simulate/random.ts';
import { FAR, HOME } from '../../tools/simulate/scripts.ts';
import { person } from '../protocol/trust/people.ts';
import { crypto } from '../protocol/trust/ports.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import { runs } from '../seed.ts';

/** Of those who live around a guest. */
const NAMES = HOME.parts.map(({ name }) => name);
const EPOCH = 1_700_000_000_000;
/** A newcomer looks at the page for so long before it is a disappointment. */
const SOON_MS = 40_000;

describe('a guest of an island', () => {
  it('knows everybody soon, from near by, and hears them talk', () => {
    for (let guest = 1; guest <= runs(3, 200); guest++) {
      const visit = new Visit(guest);
      visit.pass(SOON_MS);
      expect(visit.names(), `guest ${guest}`).toEqual([...NAMES].sort());
      expect(Math.max(...visit.hops()), `guest ${guest}`).toBeLessThanOrEqual(3);
      visit.pass(30_000);
      const talk = visit.told('message');
      expect(
        talk.map(({ name }) => name),
        `guest ${guest}`,
      ).toEqual(expect.arrayContaining(['virtual-ada', 'virtual-ben']));
      expect(talk.every(({ isVerified }) => isVerified)).toBe(true);
    }
  });

  it('meets nobody whose name does not say that he is virtual', () => {
    for (const { name } of [...HOME.parts, ...FAR.parts]) expect(name).toMatch(/^virtual-\w+$/);
  });

  it('is missed by nobody for long, and neither invited nor dialled any more', () => {
    const visit = new Visit(1);
    visit.pass(SOON_MS);
    visit.input({ kind: 'gone' });
    visit.pass(1000);
    const { news } = visit;
    visit.pass(60_000);
    expect(visit.news).toBe(news);
    expect(visit.island.meshes.flat().sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});

it('a gateway at the end of a line has its whole island near by', () => {
  const lines = [{ node: person(1).id, address: null }];
  const far = new Island({ ...FAR, hasGuest: false, lines, crypto }, 0);
  far.step({ kind: 'clock', offsetMs: EPOCH }, 0);
  far.step(TICK, SOON_MS);
  const { peers } = far.residents[0].bridge.snapshot(SOON_MS).station;
  expect(peers).toHaveLength(FAR.parts.length - 1);
  expect(Math.max(...peers.map(({ hops }) => hops ?? Infinity))).toBeLessThanOrEqual(2);
});

describe('the people of an island', () => {
  it('answer whoever writes to them, and let him know that they read it', () => {
    const visit = new Visit(1);
    visit.pass(SOON_MS);
    const [writer] = visit.island.residents;
    const ada = visit.island.residents[NAMES.indexOf('virtual-ada')];
    writer.ask({ kind: 'tell', peer: ada.identity.id, text: 'hello Ada' }, visit.now);
    visit.pass(15_000);
    const conversation = toHex(ada.identity.id);
    const talk = writer.archive.messages
      .after(0, 100)
      .filter((message) => message.conversation === conversation);
    expect(talk.map(({ text, state }) => [text, state])).toEqual([
      ['hello Ada', 'read'],
      [expect.stringContaining('thank you'), 'heard'],
    ]);
  });
});

it('the people of an island answer nothing that was said long ago', () => {
  const visit = new Visit(1);
  visit.pass(SOON_MS);
  const of = (name: string) => visit.island.residents[NAMES.indexOf(name)];
  const [ada, ben] = [of('virtual-ada'), of('virtual-ben')];
  const own = toHex(ben.identity.id);
  const said = (): number =>
    ben.archive.messages.after(0, 100).filter(({ sender }) => toHex(sender) === own).length;
  const hear = (id: string, agoMs: number): number => {
    const before = said();
    const name = { conversation: PUBLIC, sender: ada.identity.id, id };
    const heardAt = EPOCH + visit.now;
    const rest = { isVerified: true, state: 'heard', reason: null, frame: null } as const;
    const text = Object.keys(HOME.parts[NAMES.indexOf('virtual-ben')].script!.answers)[0];
    const message = { ...name, text, sentAt: heardAt - agoMs, heardAt, ...rest };
    ben.archive.commit([{ kind: 'message', message }]);
    ben['hear'](name, visit.now);
    visit.pass(4000);
    return said() - before;
  };
  expect([hear('of yesterday', 86_400_000), hear('of now', 1000)]).toEqual([0, 1]);
});

it('one seed is one island', () => {
  const history = (): string => {
    const visit = new Visit(7);
    visit.pass(60_000);
    return visit.tape.join('\n');
  };
  expect(history()).toBe(history());
});

/** A station that came to an island, and both in virtual time. */
class Visit {
  readonly island: Island;
  readonly station: Station;
  readonly events: StationEvent[] = [];
  /** All that happened to the guest, in short. */
  readonly tape: string[] = [];
  news = 0;
  now: Millis = 0;

  constructor(guest: number) {
    const random = seededRandom(guest);
    const draw = (size: number): Uint8Array => Uint8Array.from({ length: size }, () => random(256));
    const ports = { crypto, identity: person(guest), random, draw, crc: crc32 };
    this.station = new Station({ ...STATION_DEFAULTS, name: 'guest' }, ports, 0);
    this.island = new Island({ ...HOME, hasGuest: true, lines: [], crypto }, 0);
    this.input({ kind: 'clock', offsetMs: EPOCH });
    this.feed({ kind: 'clock', offsetMs: EPOCH });
  }

  pass(ms: Millis): void {
    const until = this.now + ms;
    for (;;) {
      const at = Math.min(this.island.deadline(), this.station.deadline());
      if (at > until) break;
      this.now = Math.max(this.now, at);
      this.input(TICK);
      if (this.station.deadline() <= this.now) this.feed(TICK);
    }
    this.now = until;
  }

  input(input: IslandInput | Tick): void {
    for (const output of this.island.step(input, this.now)) {
      if (output.kind !== 'news') continue;
      const { news } = output;
      this.news++;
      this.tape.push(`${this.now} ${news.kind}`);
      this.feed(news);
    }
  }

  names(): string[] {
    return this.station
      .snapshot(this.now)
      .peers.map(({ name }) => name)
      .sort();
  }

  /** As far as they are known: an announce out of somebody's history says nothing of them. */
  hops(): number[] {
    return this.station.snapshot(this.now).peers.map(({ hops }) => hops ?? 0);
  }

  told<K extends StationEvent['kind']>(kind: K): Extract<StationEvent, { kind: K }>[] {
    return this.events.filter(
      (event): event is Extract<StationEvent, { kind: K }> => event.kind === kind,
    );
  }

  private feed(input: StationInput | Tick): void {
    for (const output of this.station.step(input, this.now)) {
      switch (output.kind) {
        case 'write':
        case 'connect':
        case 'disconnect':
        case 'advertise':
        case 'scan':
          this.input({ kind: 'order', order: output });
          break;
        case 'told':
          this.events.push(output.event);
      }
    }
  }
}
