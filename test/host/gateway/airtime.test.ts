/**
 * What the internet may have of the air, so many bytes a second and so many at once, is counted on the
 * hops themselves while the far island says far more (DEFAULTS §5). What is urgent goes first, and what had no room is
 * counted.
 */
import { describe, expect, it } from 'vitest';
import { BUDGET_DEFAULTS } from '../../../protocol/peer/budget.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { seededRandom } from '../../../tools/simulate/random.ts';
import { SEED } from '../../seed.ts';
import { archipelago } from './archipelago.ts';
import type { Federation, Member } from './federation.ts';

const SLOW_MS = 600_000;
const FLOOD_MS = 30_000;
const BUDGET = { bytesPerSecond: 500, burstBytes: 4000 };
/** Of segments and pads, beside what was injected. */
const FRAMING = 1.15;

describe('a far island that says more than the air can bear', () => {
  it('gets its share of the air and no more, private words first', { timeout: SLOW_MS }, () => {
    const { federation, islands } = archipelago([[0, 2]], 2, { budget: BUDGET });
    const [here, there] = islands;
    const [gate, anna, ben] = [here[0], here[1], there[1]];
    federation.pass(30_000);
    federation.ask(ben, { kind: 'tell', peer: anna.identity.id, text: 'a session first' });
    federation.pass(5000);
    const quiet = bytesIn(gate, federation.now - 10_000, federation.now) / 10_000;
    const begun = federation.now;
    flood(federation, there);
    const rate = BUDGET.bytesPerSecond / 1000;
    for (const ms of [5000, 10_000, FLOOD_MS]) {
      const most = (BUDGET.burstBytes + rate * ms) * FRAMING + 2 * quiet * ms;
      expect(bytesIn(gate, begun, begun + ms), `in ${ms} ms`).toBeLessThan(most);
    }
    const spent = bytesIn(gate, begun, begun + FLOOD_MS);
    expect(spent, 'all of its share').toBeGreaterThan(rate * FLOOD_MS);
    const letters = heardFrom(anna, ben);
    expect(letters.length, 'letters').toBeGreaterThan(8);
    federation.pass(100_000);
    const { drops, waiting } = gate.bridge.snapshot(federation.now).gateway;
    expect(drops.stale + drops['queue-full']).toBeGreaterThan(0);
    expect(waiting).toBeLessThan(100);
  });

  it('is counted by who said how much, once a minute', { timeout: SLOW_MS }, () => {
    const { federation, islands } = archipelago([[0, 2]], 2);
    const [here, there] = islands;
    federation.pass(20_000);
    for (let i = 0; i < 5; i++) federation.say(there[1], `word ${i}`);
    federation.pass(70_000);
    const { ledger } = here[0].archive;
    const day = Math.floor((1_800_000_000_000 + federation.now) / 86_400_000);
    const carried = ledger.carried(there[1].identity.id, day);
    expect(carried.count).toBeGreaterThanOrEqual(5);
    expect(carried.bytes).toBeGreaterThan(5 * 86);
    expect(ledger.carried(here[0].identity.id, day).count, 'its own').toBe(0);
    expect(ledger.budget('radio')!.level).toBeLessThanOrEqual(BUDGET_DEFAULTS.burstBytes);
  });
});

/** Everybody there talks without end, and one of them writes a letter every other second. */
function flood(federation: Federation, there: Member[]): void {
  const random = seededRandom(SEED);
  const [, ben] = there;
  const reader = federation.members.find(({ number }) => number === 11)!;
  for (let second = 0; second < FLOOD_MS / 1000; second++) {
    for (const member of there) {
      // Text that does not shrink.
      const text = toHex(Uint8Array.from({ length: 190 }, () => random(256)));
      for (let i = 0; i < 4; i++) federation.say(member, `${second} ${i} ${text}`);
    }
    if (second % 2 === 0) {
      federation.ask(ben, { kind: 'tell', peer: reader.identity.id, text: `letter ${second}` });
    }
    federation.pass(1000);
  }
}

function bytesIn({ written }: Member, from: number, until: number): number {
  const all = written.filter(({ at }) => at >= from && at < until);
  return all.reduce((sum, { size }) => sum + size, 0);
}

function heardFrom(reader: Member, writer: Member): string[] {
  const name = toHex(writer.identity.id);
  const all = reader.archive.messages.after(0, 100_000);
  return all.filter(({ conversation }) => conversation === name).map(({ text }) => text);
}
