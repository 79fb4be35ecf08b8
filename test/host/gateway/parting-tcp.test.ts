/**
 * Four real bridges, two and two, with a real line over TCP between them that goes dark for minutes while
 * both sides talk: what each bridge tells of it is compared with what was said and what really came.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { saidOf } from '../../../host/desk/mesh-words.ts';
import type { PartitionAccounting } from '../../../host/events.ts';
import { HISTORY_LIMITS } from '../../../protocol/peer/history.ts';
import { until } from '../../patience.ts';
import type { TcpBridge } from './tcp-parts.ts';
import { TcpParts } from './tcp-parts.ts';

/** Said on each side. */
const WORDS = 14;

let usual: TcpParts;
/** Ben has room for four messages. */
let small: TcpParts;

beforeAll(async () => {
  usual = await TcpParts.open();
  small = await TcpParts.open({ history: { ...HISTORY_LIMITS, messages: 4 } });
  await Promise.all([outage(usual), outage(small)]);
});

afterAll(async () => {
  await usual.close();
  await small.close();
});

it('tell exactly what an outage of the line brought, and that nothing was lost', () => {
  const { ann, ben } = usual;
  for (const [side, other] of [
    [ann, 'east'],
    [ben, 'west'],
  ] as const) {
    expect(wordsOf(side, other)).toHaveLength(WORDS);
    const counts = { ours: WORDS, theirs: WORDS, given: WORDS, reconciled: 2 * WORDS };
    const account = accountOf(side);
    expect(account).toMatchObject({ ...counts, missing: 0, compared: 'with-them', stillLost: 0 });
    const sentence = /^split ..:.., healed ..:.., 28 messages reconciled, 0 lost$/;
    expect(sentenceOf(account)).toMatch(sentence);
  }
});

it('tell how many were lost where the far end had no room to keep them', () => {
  const { ann, ben } = small;
  const came = wordsOf(ann, 'east').length;
  expect(came).toBeGreaterThan(0);
  expect(came).toBeLessThan(WORDS);
  const account = accountOf(ann);
  expect(account).toMatchObject({ theirs: came, missing: WORDS - came, compared: 'with-them' });
  expect(sentenceOf(account)).toContain(`, ${WORDS - came} lost`);
  const taken = wordsOf(ben, 'west').length;
  expect(accountOf(ben)).toMatchObject({ theirs: taken, missing: WORDS - taken });
});

/** Of minutes, with words on both sides; all is told by the end of it. */
async function outage(parts: TcpParts): Promise<void> {
  const { ann, amy, ben, bob, all } = parts;
  const around = (): number[] => all.map((bridge) => bridge.around);
  await until(
    () => around().every((near) => near === 3),
    () => `all are around: ${around()}`,
  );
  await parts.pass(20_000);
  parts.darken();
  // What was on its way before is heard for a moment yet.
  await parts.pass(5000);
  for (let n = 0; n < WORDS; n++) {
    [ann, amy][n % 2].say(`west ${n}`);
    [ben, bob][n % 2].say(`east ${n}`);
    await parts.pass(10_000);
  }
  parts.mend();
  const isHealed = ({ member }: TcpBridge): boolean =>
    member.told.some(({ kind }) => kind === 'PartitionHealed');
  await until(() => [ann, ben].every(isHealed), 'both tell of its end');
}

function wordsOf({ member }: TcpBridge, side: 'west' | 'east'): string[] {
  return [...new Set(member.heard.filter((text) => text.startsWith(side)))];
}

function sentenceOf(accounting: PartitionAccounting): string {
  return saidOf({ kind: 'PartitionHealed', accounting }, () => '').text;
}

function accountOf({ member }: TcpBridge): PartitionAccounting {
  const told = member.told.flatMap((event) => (event.kind === 'PartitionHealed' ? [event] : []));
  expect(told).toHaveLength(1);
  return told[0].accounting;
}
