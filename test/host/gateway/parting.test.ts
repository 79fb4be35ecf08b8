/**
 * The one line between two parts is cut and mended, and the bridges give account of it: what each tells
 * is compared with what was said meanwhile and what really came.
 */
import { describe, expect, it } from 'vitest';
import type { MeshEvent, PartitionAccounting } from '../../../host/events.ts';
import type { HistoryLimits } from '../../../protocol/peer/history.ts';
import { GATEWAY_HISTORY_LIMITS, HISTORY_LIMITS } from '../../../protocol/peer/history.ts';
import { REACHABLE_BY_LINE_MS, REACHABLE_MS } from '../../../protocol/peer/peers.ts';
import type { StationConfig } from '../../../protocol/peer/settings.ts';
import { person } from '../../protocol/trust/people.ts';
import type { Member } from './federation.ts';
import { addressOf, Federation } from './federation.ts';

const MINUTE = 60_000;
/** What is younger is handed to a line that comes up, whoever still holds it (WIRE §28). */
const HANDED_MS = 100_000;

describe('parts of a mesh that one line joins', () => {
  it('account for an outage of minutes: all that was said came, and is counted on both sides', () => {
    const parts = new Parts();
    parts.cut();
    for (let n = 0; n < 10; n++) parts.talk(1, 2);
    parts.federation.pass(2 * MINUTE);
    parts.mend();
    const [ann, ben] = [parts.accountOf(parts.ann), parts.accountOf(parts.ben)];
    const known = { missing: 0, compared: 'with-them', stillLost: 0 };
    expect(ann).toMatchObject({ ours: 10, theirs: 20, given: 10, reconciled: 30, ...known });
    expect(ben).toMatchObject({ ours: 20, theirs: 10, given: 20, reconciled: 30, ...known });
    parts.expectAllHeard();
    for (const behind of [parts.amy, parts.bob]) {
      const { given, ...account } = parts.accountOf(behind);
      expect(given).toBe(0);
      expect(account).toMatchObject({ missing: 0, compared: 'with-neighbours' });
    }
  });

  it('count what was handed over as the line came up, and what was asked for, each once', () => {
    const parts = new Parts();
    parts.cut();
    for (let n = 0; n < 15; n++) parts.talk(1, 1);
    const handed = parts.words.filter(({ at }) => parts.federation.now - at < HANDED_MS);
    expect(handed.length).toBeGreaterThan(5);
    expect(handed.length).toBeLessThan(25);
    parts.mend();
    for (const member of [parts.ann, parts.ben]) {
      const counts = { ours: 15, theirs: 15, given: 15, reconciled: 30, missing: 0 };
      expect(parts.accountOf(member)).toMatchObject(counts);
    }
    parts.expectAllHeard();
  });

  it('tell how many were lost where a gateway had no room to keep them', () => {
    const parts = new Parts({ ben: { history: { ...GATEWAY_HISTORY_LIMITS, messages: 8 } } });
    parts.cut();
    for (let n = 0; n < 30; n++) parts.talk(1, 1);
    parts.mend();
    const came = parts.heardOf(parts.ann, 'east');
    expect(came).toBeGreaterThan(0);
    expect(came).toBeLessThan(30);
    const known = { missing: 30 - came, compared: 'with-them', stillLost: 0 };
    expect(parts.accountOf(parts.ann)).toMatchObject({ ours: 30, theirs: came, ...known });
    // Ben had room for each for a moment, and that is enough to have been heard.
    const taken = parts.heardOf(parts.ben, 'west');
    const { theirs, missing } = parts.accountOf(parts.ben);
    expect([theirs, theirs + missing!]).toEqual([taken, 30]);
    expect(parts.heardOf(parts.amy, 'east'), 'and nobody behind has them').toBe(came);
  });

  it('tell how many were lost where what came had to make way, and its names are known', () => {
    const small = { history: { ...HISTORY_LIMITS, messages: 40 } };
    const parts = new Parts({ ann: small, ben: small });
    parts.cut();
    for (let n = 0; n < 50; n++) parts.talk(1, 1);
    parts.mend();
    for (const [member, side] of [
      [parts.ann, 'east'],
      [parts.ben, 'west'],
    ] as const) {
      const came = parts.heardOf(member, side);
      const { theirs, missing, compared } = parts.accountOf(member);
      expect(came).toBeLessThan(50);
      expect([theirs, theirs + missing!, compared]).toEqual([came, 50, 'with-them']);
    }
  });

  it('do not say how many where more was let go than anybody can name', () => {
    const parts = new Parts({ ben: { history: { ...HISTORY_LIMITS, messages: 0 } } });
    parts.cut();
    for (let n = 0; n < 30; n++) parts.talk(1, 1);
    parts.mend();
    expect(parts.heardOf(parts.ann, 'east')).toBeLessThan(30);
    expect(parts.accountOf(parts.ann)).toMatchObject({ compared: 'not', missing: null });
  });

  it('carry all as before where one does not compare over lines, and claim nothing', () => {
    const parts = new Parts({ ben: { reconcile: null } });
    parts.cut();
    for (let n = 0; n < 15; n++) parts.talk(1, 1);
    parts.mend();
    parts.expectAllHeard();
    for (const member of [parts.ann, parts.ben]) {
      const { theirs, missing, compared } = parts.accountOf(member);
      expect([theirs, missing, compared]).toEqual([15, null, 'not']);
    }
  });

  it('are told of as split a minute after the last line is down, and by a moment of that never', () => {
    const parts = new Parts();
    const { federation, ann, ben } = parts;
    const splits = (): MeshEvent[] => ann.told.filter(({ kind }) => kind === 'PartitionDetected');
    for (let n = 0; n < 5; n++) {
      parts.cut();
      federation.pass(REACHABLE_MS / 2);
      federation.mend(ann, ben);
      federation.pass(2 * MINUTE);
    }
    expect(splits()).toEqual([]);
    parts.cut();
    federation.pass(REACHABLE_MS + 20_000);
    expect(splits()).toMatchObject([{ lost: { length: 2 } }]);
    expect(REACHABLE_MS + 20_000).toBeLessThan(REACHABLE_BY_LINE_MS);
  });
});

type Differs = Partial<Record<'ann' | 'ben', Partial<StationConfig> & { history?: HistoryLimits }>>;

/** West are Amy and Ann, east Ben and Bob; between Ann and Ben is the line. */
class Parts {
  readonly federation = new Federation();
  readonly ann: Member;
  readonly amy: Member;
  readonly ben: Member;
  readonly bob: Member;
  /** What was said while there was no line, and when. */
  readonly words: { at: number; text: string }[] = [];

  constructor(differs: Differs = {}) {
    const { federation } = this;
    const [one, two] = [1, 2].map((number) => person(number).id);
    const toBen = { node: two, address: addressOf(2) };
    this.ann = federation.add(1, [toBen], { station: differs.ann ?? {} });
    this.ben = federation.add(2, [{ node: one, address: null }], { station: differs.ben ?? {} });
    this.amy = federation.add(3);
    this.bob = federation.add(4);
    federation.join(this.ann, 1, this.amy, 0);
    federation.join(this.ben, 1, this.bob, 0);
    federation.pass(2 * MINUTE);
  }

  cut(): void {
    this.federation.sever(this.ann, this.ben);
    this.federation.pass(1000);
  }

  /** And all is told by the end of it. */
  mend(): void {
    this.federation.mend(this.ann, this.ben);
    this.federation.pass(8 * MINUTE);
  }

  /** So many words on each side. */
  talk(west: number, east: number): void {
    for (let n = 0; n < west; n++) this.say([this.ann, this.amy][n % 2], 'west');
    for (let n = 0; n < east; n++) this.say([this.bob, this.ben][n % 2], 'east');
    this.federation.pass(10_000);
  }

  heardOf({ heard }: Member, side: 'west' | 'east'): number {
    return heard.filter((text) => text.startsWith(side)).length;
  }

  accountOf({ told }: Member): PartitionAccounting {
    const all = told.flatMap((event) => (event.kind === 'PartitionHealed' ? [event] : []));
    expect(all).toHaveLength(1);
    return all[0].accounting;
  }

  /** Everybody has every word once, but what he said himself. */
  expectAllHeard(): void {
    for (const member of this.federation.members) {
      expect(new Set(member.heard).size).toBe(member.heard.length);
    }
    for (const { text } of this.words) {
      const heard = this.federation.members.filter((member) => member.heard.includes(text));
      expect(heard, text).toHaveLength(3);
    }
  }

  private say(member: Member, side: 'west' | 'east'): void {
    const text = `${side} ${this.words.length}`;
    this.words.push({ at: this.federation.now, text });
    this.federation.say(member, text);
  }
}
