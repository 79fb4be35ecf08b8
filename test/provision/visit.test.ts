/**
 * Visit: one node made what a person wished, over a line that may be bad, cut, or somebody else's.
 * Whatever happens, the node has its old settings or the new, and another visit finishes the work.
 */
import { describe, expect, it } from 'vitest';
import { ADMIN_KEY, NAME, NODE_ID, NOTE_KEY } from '../../protocol/core/settings-table.ts';
import type { Settings } from '../../protocol/core/settings.ts';
import { consolePassword } from '../../protocol/wire/administer.ts';
import { HEARD_MAX } from '../../tools/flash/line.ts';
import { PACKETS_MAX } from '../../tools/flash/talk.ts';
import type { Wish } from '../../protocol/admin/staging.ts';
import type { SettingName } from '../../protocol/admin/setting-text.ts';
import { idOf, readSetting } from '../../protocol/admin/setting-text.ts';
import type { Errand, Gift, Visited, VisitJob } from '../../tools/provision/visit.ts';
import { visitor } from '../../tools/provision/visit.ts';
import { Board, Flash, PUCK } from '../../tools/simulate/board.ts';
import type { Cable } from '../flash/bench.ts';
import { GOOD, play } from '../flash/bench.ts';
import { id } from '../packets.ts';
import { runs, SEED, xorshift } from '../seed.ts';
import { hmac, NodeBoard } from './node-board.ts';

const GIFT: Gift = {
  id: id(0x5a),
  admin: Uint8Array.from({ length: 32 }, (_, i) => (i * 37) ^ 0x55),
  note: Uint8Array.from({ length: 32 }, (_, i) => (i * 91) ^ 0xaa),
};
const WISHES = [wish('name', 'gate'), wish('role', 'leaf'), wish('ttl-max', '5')];

describe('a visit to a new node', () => {
  it('tells who is there, and changes nothing when it is to look', () => {
    const board = new NodeBoard(1);
    const visited = visit(board, { kind: 'look' });
    expect(visited).toMatchObject({
      ok: true,
      visit: { by: 'wire', isChanged: false, state: { hasAdmin: false, canHoldKeys: true } },
    });
    expect(visited.ok && visited.visit.state.board).toBe('mdbt42q');
    expect([board.events, board.starts]).toEqual([[], 1]);
  });

  it('wants a gift first', () => {
    const board = new NodeBoard(1);
    const visited = visit(board, { kind: 'settle', wishes: WISHES, gift: null });
    expect(visited).toMatchObject({ ok: false, failure: { reason: 'new' } });
    expect(board.events).toEqual([]);
  });

  it('gives it settings, id and keys at once, sets its clock, and sees them hold', () => {
    const board = new NodeBoard(1);
    const visited = visit(board, settle());
    expect(visited).toMatchObject({ ok: true, visit: { isChanged: true } });
    expect(isWhole(board)).toBe('new');
    expect([board.events, board.starts]).toEqual([['store'], 2]);
    expect(board.unixMs).toBeGreaterThan(1.7e12);
    expect(visited.ok && visited.visit.state).toMatchObject({ id: GIFT.id, hasAdmin: true });
  });

  it('does nothing twice', () => {
    const board = new NodeBoard(1);
    visit(board, settle());
    expect(visit(board, settle())).toMatchObject({ ok: true, visit: { isChanged: false } });
    expect(board.events).toEqual(['store']);
  });

  it('gives a board without SHA-256 an id and no keys', () => {
    const board = new NodeBoard(1, { board: 'pixl', hasSha256: false });
    const visited = visit(board, settle({ ...GIFT, admin: null, note: null }));
    expect(visited).toMatchObject({
      ok: true,
      visit: { state: { board: 'pixl', canHoldKeys: false, hasAdmin: false } },
    });
    expect([board.settings[NODE_ID], board.settings[ADMIN_KEY]]).toEqual([GIFT.id, undefined]);
    expect(visit(board, settle())).toMatchObject({ ok: true, visit: { isChanged: false } });
  });
});

describe('a visit to a provisioned node', () => {
  it('changes it with the proof of its admin key', () => {
    const board = provisioned();
    const errand: Errand = { kind: 'settle', wishes: [wish('ttl-max', '9')], gift: null };
    expect(visit(board, errand)).toMatchObject({ ok: true, visit: { isChanged: true } });
    expect(board.settings[idOf('ttl-max')]).toEqual(Uint8Array.of(9));
    expect(board.starts).toBe(2);
  });

  it('is refused without the key, or with another', () => {
    const board = provisioned();
    const locked = { ok: false, failure: { reason: 'no-key', id: GIFT.id, name: 'gate' } };
    expect(visit(board, settle(), { keyOf: () => null })).toEqual(locked);
    expect(visit(board, settle(), { keyOf: () => new Uint8Array(32) })).toMatchObject({
      failure: { reason: 'wrong-key' },
    });
    expect(isWhole(board)).toBe('new');
  });

  it('lets it identify itself, and opens its console', () => {
    const board = provisioned();
    expect(visit(board, { kind: 'identify' }).ok).toBe(true);
    expect(visit(board, { kind: 'open-console' })).toMatchObject({ ok: true });
    expect(board.events).toEqual(['store', 'identify', 'console']);
  });

  it('commits nothing that it does not read back as it was sent, and rolls it back', () => {
    const board = provisioned();
    const control = () => board['node']!['control'];
    const work = board.work.bind(board);
    board.work = (now) => {
      const said = work(now);
      const staged = control()['staged'];
      if (staged !== null) staged[idOf('ttl-max')] = Uint8Array.of(11);
      return said;
    };
    const errand: Errand = { kind: 'settle', wishes: [wish('ttl-max', '9')], gift: null };
    expect(visit(board, errand)).toEqual({
      ok: false,
      failure: { reason: 'different', setting: idOf('ttl-max') },
    });
    expect([board.events, control()['staged']]).toEqual([['store'], null]);
  });

  it('names the setting that does not fit, and rolls back', () => {
    const board = provisioned();
    const ids = Array.from({ length: 31 }, (_, i) => `01020304050607${(16 + i).toString(16)}`);
    const lists = [wish('allowed', ids.join(' ')), wish('denied', ids.join(' '))];
    const one: Errand = { kind: 'settle', wishes: lists, gift: null };
    expect(visit(board, one)).toEqual({ ok: false, failure: { reason: 'full' } });
    expect(visit(board, settle())).toMatchObject({ ok: true, visit: { isChanged: false } });
  });
});

describe('a bad line', () => {
  it('of one wrong bit in ten thousand only takes longer', () => {
    for (let round = 0; round < runs(3, 100); round++) {
      const board = new NodeBoard(round + 1);
      const cable = { ...GOOD, errorsPerBillion: 100_000, random: xorshift(SEED + round) };
      for (let visits = 0; visits < 2; visits++) {
        const visited = visit(board, settle(), {}, cable);
        expect(visited, `seed ${SEED}, round ${round}`).toMatchObject({ ok: true });
      }
      expect([isWhole(board), board.events]).toEqual(['new', ['store']]);
    }
  });

  it('that is cut anywhere leaves the old settings or the new, and another visit finishes', () => {
    const random = xorshift(SEED);
    const seen = new Set<string>();
    const whole = played(new NodeBoard(1), settle()).saidBytes;
    for (let round = 0; round < runs(10, 500); round++) {
      const board = new NodeBoard(round + 1);
      const pulledAfter = 1 + random(whole);
      const cut = played(board, settle(), {}, { ...GOOD, pulledAfter });
      expect(cut.result).toBeNull();
      seen.add(isWhole(board));
      board.powerUp();
      expect(visit(board, settle()), `cut after ${pulledAfter}`).toMatchObject({ ok: true });
      expect(isWhole(board)).toBe('new');
    }
    expect([...seen].sort()).toEqual(['new', 'old']);
  });

  for (const cut of ['before', 'after'] as const) {
    it(`ends with the board when its power goes ${cut} it stores`, () => {
      const board = new NodeBoard(1);
      board.cut = cut;
      expect(visit(board, settle())).toEqual({ ok: false, failure: { reason: 'lost' } });
      expect(isWhole(board)).toBe(cut === 'before' ? 'old' : 'new');
      board.powerUp();
      expect(visit(board, settle())).toMatchObject({ ok: true });
      expect(isWhole(board)).toBe('new');
    });
  }
});

describe('what is no node', () => {
  it('is called by what it is', () => {
    const silent = play(visitor(jobOf({ kind: 'look' })), null, GOOD);
    expect(silent.result).toEqual({ ok: false, failure: { reason: 'silent' } });
  });

  it('may talk garbage for ever: it is left, and little of it is kept', () => {
    const random = xorshift(SEED);
    const talk = visitor(jobOf({ kind: 'look' }));
    const garbage = (): Uint8Array => Uint8Array.from({ length: 20 }, () => random(256));
    const { result, ms } = play(talk, null, { ...GOOD, garbage });
    expect(result).toEqual({ ok: false, failure: { reason: 'stranger' } });
    expect(ms).toBeLessThan(60_000);
    const { line, packets } = talk['speaker'];
    expect(line.heard.length).toBeLessThanOrEqual(HEARD_MAX);
    expect(packets.length).toBeLessThanOrEqual(PACKETS_MAX);
  });
});

describe('a board behind its console', () => {
  it('is given the same, in its flash, and started', () => {
    const { board, flash } = console('started("node")');
    expect(visit(board, settle())).toMatchObject({ ok: true, visit: { by: 'console' } });
    const after = new NodeBoard(1);
    after.places[1] = flash.read('hop1') ?? new Uint8Array();
    after.places[0] = flash.read('hop0') ?? new Uint8Array();
    expect(isWhole(after)).toBe('new');
    expect(board.started).toEqual(['node']);
    expect(board.unixMs).toBeGreaterThan(1.7e12);
    expect(visit(board, settle())).toMatchObject({ ok: true, visit: { isChanged: false } });
  });

  it('is left alone by a visit that is gentle', () => {
    const { board } = console('started("mine")');
    const received: number[] = [];
    const watched = {
      work: (now: number) => board.work(now),
      receive: (bytes: Uint8Array) => void (received.push(...bytes), board.receive(bytes)),
    };
    const visited = visit(watched, { kind: 'look' }, { isGentle: true });
    expect(visited).toEqual({ ok: false, failure: { reason: 'silent' } });
    // It was asked what it is, and no more.
    expect([board.started, received]).toEqual([['mine'], [5, 5]]);
    expect(visit(new NodeBoard(1), { kind: 'look' }, { isGentle: true })).toMatchObject({
      ok: true,
    });
  });

  it('is brought out of its debugger first', () => {
    const { board } = console();
    board.breakIn();
    expect(visit(board, settle())).toMatchObject({ ok: true, visit: { by: 'console' } });
  });

  it('opens to the password of its admin key, and to nobody else', () => {
    const password = consolePassword(GIFT.admin!, hmac);
    const { board } = console(`E.setPassword("${password}");E.lockConsole()`);
    expect(visit(board, { kind: 'look' })).toEqual({ ok: false, failure: { reason: 'locked' } });
    expect(visit(board, { kind: 'look' }, { password: 'wrong' })).toMatchObject({
      failure: { reason: 'wrong-password' },
    });
    expect(visit(board, settle(), { password })).toMatchObject({ ok: true });
  });

  it('gets through on a bad line, too', () => {
    const { board } = console();
    const cable = { ...GOOD, errorsPerBillion: 100_000, random: xorshift(SEED) };
    expect(visit(board, settle(), {}, cable)).toMatchObject({ ok: true });
  });
});

function console(program?: string) {
  const flash = new Flash(PUCK.storageBytes);
  if (program !== undefined) flash.write('.bootcde', Buffer.from(program), 0, 0);
  return { board: new Board(PUCK, flash), flash };
}

function provisioned(): NodeBoard {
  const board = new NodeBoard(1);
  visit(board, settle());
  return board;
}

function settle(gift: Gift = GIFT): Errand {
  return { kind: 'settle', wishes: WISHES, gift };
}

/** Whether all of it is there or nothing; anything else fails. */
function isWhole(board: NodeBoard): 'old' | 'new' {
  const { settings } = board;
  const has = [NAME, NODE_ID, ADMIN_KEY, NOTE_KEY].filter((each) => settings[each]);
  if (has.length === 0) return 'old';
  const wanted: Settings = [];
  wanted[NAME] = Buffer.from('gate');
  wanted[NODE_ID] = GIFT.id;
  wanted[ADMIN_KEY] = GIFT.admin;
  wanted[NOTE_KEY] = GIFT.note;
  for (const each of [NAME, NODE_ID, ADMIN_KEY, NOTE_KEY]) {
    expect(Buffer.from(settings[each]!)).toEqual(Buffer.from(wanted[each]!));
  }
  return 'new';
}

function jobOf(errand: Errand, differs: Partial<VisitJob> = {}): VisitJob {
  const random = xorshift(SEED);
  return {
    errand,
    hmac,
    password: null,
    isGentle: false,
    draw: (size) => Uint8Array.from({ length: size }, () => random(256)),
    seed: 1,
    keyOf: (of) => (Buffer.from(of).equals(GIFT.id) ? GIFT.admin : null),
    epochMs: Date.UTC(2026, 10, 21),
    ...differs,
  };
}

function played(
  board: Pick<Board, 'receive' | 'work'>,
  errand: Errand,
  differs: Partial<VisitJob> = {},
  cable: Cable = GOOD,
) {
  return play(visitor(jobOf(errand, differs)), onOwnTime(board), cable);
}

function visit(...args: Parameters<typeof played>): Visited {
  const { result } = played(...args);
  if (result === null) return expect.fail('it came to no end');
  return result;
}

/** A board lives on while talks begin at 0. */
const lived = new WeakMap<object, number>();
function onOwnTime(board: Pick<Board, 'receive' | 'work'>): Pick<Board, 'receive' | 'work'> {
  const since = lived.get(board) ?? 0;
  return {
    receive: (bytes) => board.receive(bytes),
    work(now) {
      lived.set(board, since + now + 1);
      return board.work(since + now);
    },
  };
}

function wish(name: SettingName, text: string): Wish {
  const read = readSetting(name, text);
  if (!read.ok) return expect.fail(read.what);
  return { id: idOf(name), value: read.value };
}
