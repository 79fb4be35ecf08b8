/**
 * Boards on the wires of a bridge, talked to as by their admin (WIRE §21), over a wire that loses: each
 * task has its end, and settings change all together or not at all.
 */
import { describe, expect, it } from 'vitest';
import type { BoardsInput, BoardsOutput } from '../../../host/administration/boards.ts';
import { Boards, TASK_MAX_MS, TASKS_MAX } from '../../../host/administration/boards.ts';
import type { BoardAnswer, BoardTask } from '../../../host/administration/contract.ts';
import type { SettingName } from '../../../protocol/admin/setting-text.ts';
import { idOf, readSetting } from '../../../protocol/admin/setting-text.ts';
import type { Wish } from '../../../protocol/admin/staging.ts';
import { COMMIT } from '../../../protocol/core/control-codes.ts';
import { Control } from '../../../protocol/core/control.ts';
import { crc32 } from '../../../protocol/core/crc32.ts';
import type { Millis, Tick } from '../../../protocol/core/machine.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import type { Settings } from '../../../protocol/core/settings.ts';
import { ADMIN_KEY, DENIED, NOTE_KEY, TTL_MAX } from '../../../protocol/core/settings-table.ts';
import { openPacket } from '../../../protocol/wire/packet.ts';
import { id } from '../../packets.ts';
import { hmac } from '../../provision/node-board.ts';
import { runs, SEED, xorshift } from '../../seed.ts';

const KEY = Uint8Array.from({ length: 32 }, (_, at) => at * 5 + 1);

describe('a board on a wire', () => {
  it('tells its settings and statistics to whoever has its key', () => {
    const wire = wireTo(KEY);
    expect(wire.do({ kind: 'look' }, KEY)).toMatchObject({
      kind: 'tended',
      statistics: { uptime: 7, relayed: 3 },
    });
    expect(wire.do({ kind: 'look' }, null)).toEqual(untended('no-key'));
    expect(wire.do({ kind: 'look' }, new Uint8Array(32).fill(7))).toEqual(untended('wrong-key'));
  });

  it('needs no key as long as it has none', () => {
    expect(wireTo(null).do({ kind: 'look' }, null)).toMatchObject({ kind: 'tended' });
  });

  it('is changed all together or not at all, however much of the talk is lost', () => {
    for (let run = 0; run < runs(30, 2000); run++) {
      const wire = wireTo(KEY, run % 3 === 0 ? 40 : 15, SEED + run);
      const denied = Array.from({ length: 8 }, (_, at) =>
        `${at}${'abcdef01'.repeat(2)}`.slice(0, 16),
      );
      const wishes = [wish('ttl-max', '9'), wish('denied', denied.join(' ')), wish('name', 'gate')];
      const answer = wire.do({ kind: 'change', wishes }, KEY);
      const { settings } = wire.control;
      const held = wishes.filter(({ id, value }) => equal(settings[id], value)).length;
      expect([0, 3], `seed ${SEED + run}: ${held} of 3 hold`).toContain(held);
      if (answer?.kind === 'tended') expect(held, `seed ${SEED + run}`).toBe(3);
      else expect(answer, `seed ${SEED + run}`).toMatchObject({ reason: 'lost' });
    }
  });

  it('keeps what it has where one of many settings cannot be so', () => {
    // A board without SHA-256 takes no keys.
    const plain = wireTo(null);
    const wishes = [wish('ttl-max', '9'), { id: NOTE_KEY, value: new Uint8Array(32) }];
    const answer = plain.do({ kind: 'change', wishes }, null);
    expect(answer).toEqual({ kind: 'untended', reason: 'refused', setting: NOTE_KEY });
    expect(plain.control.settings[TTL_MAX]).toBeUndefined();
    const wire = wireTo(KEY);
    const many = Array.from({ length: 31 }, (_, at) => String(at).padStart(16, 'a')).join(' ');
    const full = wire.do({ kind: 'change', wishes: [wish('denied', many), wish('allowed', many)] }, KEY); // prettier-ignore
    expect(full).toEqual(untended('full'));
    expect(wire.control.settings[DENIED]).toBeUndefined();
    expect(wire.control['staged'], 'nothing is left to be committed').toBeNull();
  });

  it('is not said to be changed where it forgot what was staged', () => {
    const wire = wireTo(null);
    wire.forgets = true;
    const answer = wire.do({ kind: 'change', wishes: [wish('ttl-max', '9')] }, null);
    expect(answer).toEqual({ kind: 'untended', reason: 'different', setting: TTL_MAX });
  });

  it('does the rest that its admin may want', () => {
    const wire = wireTo(KEY);
    for (const task of [{ kind: 'log', level: 3 }, { kind: 'restart' }, { kind: 'identify' }]) {
      expect(wire.do(task as BoardTask, KEY)).toMatchObject({ kind: 'tended' });
    }
    expect(wire.did).toEqual(['log', 'reboot', 'identify']);
  });

  it('is given one task after the other, and no more than can wait', () => {
    const wire = wireTo(KEY, 100);
    for (let ticket = 0; ticket < TASKS_MAX + 2; ticket++) wire.ask({ kind: 'look' }, KEY);
    expect(wire.answers).toEqual([untended('busy')]);
    wire.pass(TASK_MAX_MS);
    expect(wire.answers).toEqual([untended('busy'), untended('lost')]);
    wire.lossPercent = 0;
    wire.pass(10_000);
    expect(wire.answers.slice(2).map(({ kind }) => kind)).toEqual(Array(TASKS_MAX).fill('tended'));
  });

  it('is lost with its wire, at once, and everything that waited for it', () => {
    const wire = wireTo(KEY, 100);
    wire.ask({ kind: 'look' }, KEY);
    wire.ask({ kind: 'look' }, KEY);
    wire.feed({ kind: 'gone', link: LINK });
    expect(wire.answers).toEqual([untended('lost'), untended('absent')]);
    expect(wire.do({ kind: 'look' }, KEY)).toEqual(untended('absent'));
    wire.feed({ kind: 'met', link: LINK, id: id(9) });
    wire.lossPercent = 0;
    expect(wire.do({ kind: 'look' }, KEY)).toMatchObject({ kind: 'tended' });
  });

  it('is not mistaken for another that speaks on its wire', () => {
    const wire = wireTo(KEY);
    wire.speaker = id(8);
    expect(wire.do({ kind: 'look' }, KEY)).toEqual(untended('lost'));
    wire.feed({ kind: 'met', link: LINK, id: id(8) });
    expect(wire.do({ kind: 'look' }, KEY)).toEqual(untended('absent'));
  });
});

const LINK = 4;
/** Of a request, behind its id. */
const OPERATION_AT = 8;

/** A board with these keys, at the end of a wire that loses so much. */
function wireTo(key: Uint8Array | null, lossPercent = 0, seed = SEED): TestWire {
  return new TestWire(key, lossPercent, seed);
}

class TestWire {
  readonly control: Control;
  readonly answers: BoardAnswer[] = [];
  readonly did: string[] = [];
  lossPercent: number;
  speaker = id(9);
  /** It loses its power before it is told to commit. */
  forgets = false;
  private readonly boards = new Boards(id(1), hmac);
  private readonly random: (below: number) => number;
  private now: Millis = 0;
  private drawn = 0;
  private tickets = 0;

  constructor(key: Uint8Array | null, lossPercent: number, seed: number) {
    const settings: Settings = [];
    if (key !== null) settings[ADMIN_KEY] = key;
    this.lossPercent = lossPercent;
    this.random = xorshift(seed);
    this.control = new Control(
      settings,
      { index: 0, generation: 1, fields: new Uint8Array() },
      {
        crc: crc32,
        draw: () => new Uint8Array(16).fill(++this.drawn),
        hmac: key === null ? null : hmac,
        statistics: () => new TextEncoder().encode('uptime=7\nrelayed=3'),
      },
    );
    this.feed({ kind: 'met', link: LINK, id: id(9) });
  }

  do(task: BoardTask, key: Uint8Array | null): BoardAnswer | undefined {
    const before = this.answers.length;
    this.ask(task, key);
    this.pass(TASK_MAX_MS);
    return this.answers[before];
  }

  ask(task: BoardTask, key: Uint8Array | null): void {
    const wish = { kind: 'tend', board: id(9), key, task } as const;
    this.feed({ kind: 'ask', ticket: this.tickets++, wish });
  }

  pass(ms: Millis): void {
    const until = this.now + ms;
    while (this.boards.deadline() <= until) {
      this.now = Math.max(this.now, this.boards.deadline());
      this.feed(TICK);
    }
    this.now = until;
  }

  feed(input: BoardsInput | Tick): void {
    for (const output of this.boards.step(input, this.now)) this.perform(output);
  }

  private perform(output: BoardsOutput): void {
    if (output.kind === 'answer') return void this.answers.push(output.answer);
    const opened = openPacket(output.bytes);
    if (!opened.ok || this.random(100) < this.lossPercent) return;
    const { payload } = opened.packet;
    if (this.forgets && payload[OPERATION_AT] === COMMIT) this.control['staged'] = null;
    for (const done of this.control.step({ kind: 'request', link: 0, wired: true, payload })) {
      if (['log', 'reboot', 'identify'].includes(done.kind)) this.did.push(done.kind);
      if (done.kind !== 'reply' || this.random(100) < this.lossPercent) continue;
      const heard = { kind: 'heard', link: LINK, sender: this.speaker } as const;
      this.feed({ ...heard, payload: done.payload });
    }
  }
}

function wish(name: SettingName, text: string): Wish {
  const read = readSetting(name, text);
  if (!read.ok) throw new Error(read.what);
  return { id: idOf(name), value: read.value };
}

function untended(reason: Extract<BoardAnswer, { kind: 'untended' }>['reason']): BoardAnswer {
  return { kind: 'untended', reason, setting: null };
}

function equal(one: Uint8Array | null | undefined, other: Uint8Array): boolean {
  return one?.length === other.length && one.every((byte, at) => byte === other[at]);
}
