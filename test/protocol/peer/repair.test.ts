/**
 * What is made good after a line was down: everything that was said on either side, once, in a pace
 * that leaves the line to what is of now; and what a station that begins again makes of replays.
 */
import { describe, expect, it } from 'vitest';
import { FLAGS_AT, IS_ANSWER, MESSAGE } from '../../../protocol/core/packet.ts';
import { GATEWAY_HISTORY_LIMITS, History } from '../../../protocol/peer/history.ts';
import type { StationConfig } from '../../../protocol/peer/settings.ts';
import type { Station } from '../../../protocol/peer/station.ts';
import { ASK_MS, PACES, Sync } from '../../../protocol/peer/sync.ts';
import type { RequestSync } from '../../../protocol/wire/request-sync.ts';
import { decodeRequestSync } from '../../../protocol/wire/request-sync.ts';
import { packet } from '../../packets.ts';
import { runs } from '../../seed.ts';
import { announceOf, messageOf } from '../trust/people.ts';
import { crypto } from '../trust/ports.ts';
import type { Phone } from './village.ts';
import { EPOCH, phoneOf, stationOf, timeIn, Village } from './village.ts';

const LINE = 11;
const GATEWAY: Partial<StationConfig> = { lines: 2, history: GATEWAY_HISTORY_LIMITS };
const CUT_MS = 600_000;
/** Speakers of an island; each may say 60 messages a minute (DEFAULTS §2). */
const SPEAKERS = 4;

describe('a line that was down for ten minutes', () => {
  it('brings what was said meanwhile, by thousands of messages, once and both ways', () => {
    const each = runs(300, 2000);
    const { village, here, there } = islands();
    village.cut(here.station, LINE);
    const until = village.now + CUT_MS;
    for (let i = 0; i < each; i++) {
      for (const { phones } of [here, there]) {
        const phone = phones[i % SPEAKERS];
        village.write(phone, 0, messageOf(phone.identity, timeIn(village)));
      }
      village.pass(CUT_MS / each);
    }
    village.pass(Math.max(0, until - village.now));
    expect(village.told(here.station, 'message')).toHaveLength(each);
    village.forget();
    village.line(here.station, LINE, there.station, LINE);
    village.pass(2000 + each * PACES.line.spacingMs + 3000);
    for (const { station } of [here, there]) {
      const told = village.told(station, 'message');
      expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);
      // Filters hold back one in a hundred at first.
      expect(told.length).toBeGreaterThan(each * 0.97);
      expect(told.filter(({ isHistory }) => isHistory).length).toBeGreaterThan(each * 0.7);
      expect(station.snapshot(village.now).drops).not.toHaveProperty('flooding');
    }
    // What a filter held back is asked for anew: of each round one span, of a thousand at most.
    village.pass(ASK_MS * (2 + Math.ceil((2 * each) / 1000)));
    for (const { station } of [here, there]) {
      expect(new Set(village.told(station, 'message').map(({ id }) => id)).size).toBe(each);
    }
  });

  it('does not fill up with it', () => {
    const { village, here, there } = islands();
    village.cut(here.station, LINE);
    for (let i = 0; i < 300; i++) {
      village.tell(here.station, { kind: 'say', text: `${i} ${'long '.repeat(i % 2 ? 100 : 1)}` });
      village.pass(1000);
    }
    village.forget();
    const began = village.now;
    village.line(here.station, LINE, there.station, LINE);
    village.pass(5000);
    const sent = village.tape.flatMap(({ at, resident, output }) =>
      resident === here.station && output.kind === 'forward' && isAnswer(output.bytes)
        ? [{ at, size: output.bytes.length }]
        : [],
    );
    expect(sent.length).toBeGreaterThan(290);
    const { spacingMs, bytesPerMs } = PACES.line;
    for (let from = began; from < village.now; from += 100) {
      const some = sent.filter(({ at }) => at >= from && at < from + 100);
      expect(some.length).toBeLessThanOrEqual(100 / spacingMs + 2);
      const bytes = some.reduce((sum, { size }) => sum + size, 0);
      expect(bytes).toBeLessThanOrEqual(100 * bytesPerMs + 2000);
    }
  });

  it('brings the words of somebody who left before anybody there had met him', () => {
    const { village, here, there } = islands();
    village.cut(here.station, LINE);
    const carol = phoneOf(village, 66);
    village.join(here.station, 4, carol, 0, 'phone');
    village.write(carol, 0, announceOf(carol.identity, { timestamp: timeIn(village) }));
    village.pass(500);
    village.write(carol, 0, messageOf(carol.identity, timeIn(village)));
    village.pass(500);
    village.cut(here.station, 4);
    village.pass(CUT_MS);
    village.line(here.station, LINE, there.station, LINE);
    village.pass(5000);
    const told = village.told(there.station, 'message');
    expect(told).toMatchObject([{ isHistory: true, isVerified: true }]);
    // Nobody takes her for present.
    expect(village.told(there.station, 'peer-seen').map(({ id }) => id)).not.toContainEqual(
      carol.identity.id,
    );
  });

  it('is asked for all spans of time, and after that for the newest and one more a round', () => {
    const history = new History(crypto, GATEWAY_HISTORY_LIMITS);
    for (let i = 0; i < 2500; i++) history.restore(packet({ timestamp: EPOCH + i }));
    const sync = new Sync(history, Infinity);
    const wallMs = EPOCH + CUT_MS;
    sync.step({ kind: 'met', link: LINE, farEnd: 'line', wallMs }, 0);
    const asked: (RequestSync & { at: number })[] = [];
    for (let at = sync.deadline(); at <= 62_000; at = sync.deadline()) {
      for (const output of sync.step({ kind: 'wake', wallMs: wallMs + at }, at)) {
        const request = output.kind === 'ask' ? decodeRequestSync(output.payload) : null;
        if (request?.ok) asked.push({ ...request.value, at });
      }
    }
    const spanOf = ({ since, until }: RequestSync): (number | null)[] =>
      [since, until ?? null].map((time) => (time === null ? null : time - EPOCH));
    const [newest, next, oldest] = [
      [1590, null],
      [680, 1590],
      [null, 680],
    ];
    expect(asked.map(spanOf)).toEqual([newest, next, oldest, newest, next, newest, oldest]);
    expect(asked.map(({ at }) => at)).toEqual([1000, 1250, 1500, 31_000, 31_250, 61_000, 61_250]);
    // No two filters of a span are mistaken alike.
    expect(new Set(asked.map(({ m, since }) => `${m} ${since}`)).size).toBe(asked.length);
  });
});

describe('an island behind a gateway', () => {
  it('learns hop by hop what a line brought late, everybody once', () => {
    const said = runs(370, 900);
    const { village, here, there } = islands();
    const nodes = [3, 4, 5].map((number) => stationOf(village, number));
    village.join(there.station, 8, nodes[0], 0, 'wire', 0);
    village.join(nodes[0], 1, nodes[1], 0, 'node');
    village.join(nodes[1], 1, nodes[2], 0, 'node');
    village.pass(20_000);
    village.cut(here.station, LINE);
    for (let i = 0; i < said; i++) {
      village.tell(here.station, { kind: 'say', text: `word ${i}` });
      village.pass(CUT_MS / said);
    }
    village.line(here.station, LINE, there.station, LINE);
    village.pass(240_000);
    for (const node of [there.station, ...nodes]) {
      const told = village.told(node, 'message').map(({ text }) => text);
      expect(new Set(told).size).toBe(told.length);
      expect(told).toHaveLength(said);
    }
  });
});

describe('S11, R7: a station begun again with what it had stored', () => {
  it('tells nothing again, however it is replayed', () => {
    const count = runs(100, 2000);
    const { village, here } = islands();
    const heard: Uint8Array[] = [];
    for (let i = 0; i < count; i++) {
      const { identity } = here.phones[i % SPEAKERS];
      heard.push(messageOf(identity, timeIn(village)));
      village.write(here.phones[i % SPEAKERS], 0, heard[i].slice());
      village.tell(here.station, { kind: 'say', text: `own ${i}` });
      village.pass(2000);
    }
    const frames = framesOf(village, here.station);
    expect(frames).toHaveLength(2 * count);
    const restarted = againOf(village, here.station, frames);
    const asked = phoneOf(village, 20);
    village.join(restarted, 0, asked, 0, 'phone');
    village.write(asked, 0, announceOf(asked.identity, { timestamp: timeIn(village) }));
    village.pass(2000);
    // As it was said, as an answer to its own request, and of what it said itself.
    for (const frame of [...heard, ...frames]) {
      village.write(asked, 0, frame);
      const answer = frame.slice();
      answer[2] = 0;
      answer[FLAGS_AT] |= IS_ANSWER;
      village.write(asked, 0, answer);
      village.pass(10);
    }
    village.pass(1000);
    expect(village.told(restarted, 'message')).toEqual([]);
    expect(restarted.snapshot(village.now).historySize).toBe(Math.min(2 * count, 20_000));
  });

  it('tells nothing again whose sender it does not know any more', () => {
    const { village, here } = islands();
    const frame = messageOf(here.phones[0].identity, timeIn(village));
    village.write(here.phones[0], 0, frame.slice());
    village.pass(1000);
    const restarted = againOf(village, here.station, framesOf(village, here.station), false);
    const stranger = phoneOf(village, 20);
    village.join(restarted, 0, stranger, 0, 'phone');
    village.write(stranger, 0, frame);
    village.pass(1000);
    expect(village.told(restarted, 'message')).toEqual([]);
  });

  it('takes nothing again that its store had no room for', () => {
    const { village, here } = islands();
    const history = { ...GATEWAY_HISTORY_LIMITS, messages: 10 };
    const frames = Array.from({ length: 30 }, (_, i) => {
      const at = timeIn(village) - 1_000_000 + i * 1000;
      return messageOf(here.phones[0].identity, at);
    });
    const kept = frames.slice(-11);
    const restarted = againOf(village, here.station, kept, true, { history });
    const asked = phoneOf(village, 20);
    village.join(restarted, 0, asked, 0, 'phone');
    village.write(asked, 0, announceOf(asked.identity, { timestamp: timeIn(village) }));
    village.pass(2000);
    for (const frame of frames) {
      frame[2] = 0;
      village.write(asked, 0, frame);
    }
    village.pass(1000);
    expect(village.told(restarted, 'message')).toEqual([]);
  });
});

type Island = { station: Station; phones: Phone[] };

/** Two gateways, each with people around it, and a line between them. */
function islands(): { village: Village; here: Island; there: Island } {
  const village = new Village();
  const [here, there] = [1, 2].map((number): Island => {
    const station = stationOf(village, number, GATEWAY);
    const phones = Array.from({ length: SPEAKERS }, (_, i) => phoneOf(village, number * 10 + i));
    phones.forEach((phone, link) => {
      village.join(station, link, phone, 0, 'phone');
      village.write(phone, 0, announceOf(phone.identity, { timestamp: timeIn(village) }));
    });
    return { station, phones };
  });
  village.line(here.station, LINE, there.station, LINE);
  village.pass(2000);
  return { village, here, there };
}

/** What its owner stored: what it said and heard, as it was signed. */
function framesOf(village: Village, station: Station): Uint8Array[] {
  return village
    .events(station)
    .flatMap((event) =>
      event.kind === 'said' || event.kind === 'message' ? [event.frame!.slice()] : [],
    );
}

/** The same peer, a moment later, of whose memory only this is left. */
function againOf(
  village: Village,
  before: Station,
  frames: Uint8Array[],
  hasPins = true,
  differs: Partial<StationConfig> = {},
): Station {
  const pins = hasPins ? before.pins.all() : [];
  return stationOf(village, 1, { ...GATEWAY, frames, pins, ...differs });
}

function isAnswer(bytes: Uint8Array): boolean {
  return bytes[1] === MESSAGE && (bytes[FLAGS_AT] & IS_ANSWER) !== 0;
}
