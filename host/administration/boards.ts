/**
 * Boards: the nodes at the far ends of our wires, talked to as by their admin (WIRE §21): one task of a
 * board after the other, each with its end.
 *
 *   ask -> waiting -> under way -> tended, or untended: absent, lost, no-key ...
 */
import { Admin } from '../../protocol/admin/admin.ts';
import type { Script } from '../../protocol/admin/script.ts';
import type { StageFailure, Wish } from '../../protocol/admin/staging.ts';
import { readSettings, stage, unmet, wanting } from '../../protocol/admin/staging.ts';
import type { Way } from '../../protocol/admin/way.ts';
import { sameBytes } from '../../protocol/core/bytes.ts';
import {
  COMMIT,
  IDENTIFY,
  LOG_LEVEL,
  OK,
  REBOOT,
  ROLL_BACK,
  STATISTICS,
  UNSUPPORTED,
} from '../../protocol/core/control-codes.ts';
import type { Hmac } from '../../protocol/core/control.ts';
import type { Machine, Millis, Tick } from '../../protocol/core/machine.ts';
import { CONTROL, encodePacket, plainPacket } from '../../protocol/core/packet.ts';
import type { Settings } from '../../protocol/core/settings.ts';
import { statisticsIn } from '../../protocol/wire/administer.ts';
import type { BoardAnswer, BoardRefusal, BoardTask, BoardWish } from './contract.ts';

export type BoardsInput =
  /** A node has said its hello on a wire; and the wire is down. */
  | { kind: 'met'; link: number; id: Uint8Array }
  | { kind: 'gone'; link: number }
  /** Control came over a link. */
  | { kind: 'heard'; link: number; sender: Uint8Array; payload: Uint8Array }
  /** Its answer carries the same ticket. */
  | { kind: 'ask'; ticket: number; wish: BoardWish };

export type BoardsOutput =
  /** For the far end of that wire alone. */
  | { kind: 'hand'; link: number; bytes: Uint8Array }
  | { kind: 'answer'; ticket: number; answer: BoardAnswer };

/** Tasks of one board that wait; one more is refused as busy. */
export const TASKS_MAX = 8;
/** A task takes no longer: whoever asked waits for it, and may be a bridge away. */
export const TASK_MAX_MS = 18_000;
/** Packets of a board that were not looked at; then the oldest are forgotten. */
const HEARD_MAX = 16;

type Task = { ticket: number; wish: BoardWish };
type Board = {
  readonly link: number;
  readonly id: Uint8Array;
  readonly way: LinkWay;
  readonly admin: Admin;
  readonly waiting: Task[];
  current: { ticket: number; script: Script<BoardAnswer>; until: Millis } | null;
};

export class Boards implements Machine<BoardsInput, BoardsOutput> {
  private readonly id: Uint8Array;
  private readonly hmac: Hmac;
  /** By link, one at most, so the number of wires bounds them. */
  private readonly boards = new Map<number, Board>();

  /** `id` is our own. */
  constructor(id: Uint8Array, hmac: Hmac) {
    this.id = id;
    this.hmac = hmac;
  }

  step(input: BoardsInput | Tick, now: Millis): BoardsOutput[] {
    const out: BoardsOutput[] = [];
    switch (input.kind) {
      case 'met':
        this.meet(input.link, input.id, out);
        break;
      case 'gone':
        this.lose(input.link, out);
        break;
      case 'heard':
        this.hear(input.link, input.sender, input.payload);
        break;
      case 'ask':
        this.ask(input.ticket, input.wish, out);
        break;
      case 'tick':
        break;
    }
    for (const board of this.boards.values()) this.work(board, now, out);
    return out;
  }

  deadline(): Millis {
    let at = Infinity;
    for (const { current, way } of this.boards.values()) {
      if (current !== null) at = Math.min(at, way.wakeAt, current.until);
    }
    return at;
  }

  private meet(link: number, id: Uint8Array, out: BoardsOutput[]): void {
    const known = this.boards.get(link);
    if (known !== undefined && sameBytes(known.id, 0, id)) return;
    this.lose(link, out);
    const way = new LinkWay();
    const admin = new Admin(way, this.id, this.hmac);
    const board = { link, id: new Uint8Array(id), way, admin, waiting: [], current: null };
    this.boards.set(link, board);
  }

  private lose(link: number, out: BoardsOutput[]): void {
    const board = this.boards.get(link);
    if (board === undefined) return;
    this.boards.delete(link);
    const { current, waiting } = board;
    if (current !== null) out.push(answerTo(current.ticket, untended('lost')));
    for (const { ticket } of waiting) out.push(answerTo(ticket, untended('absent')));
  }

  private hear(link: number, sender: Uint8Array, payload: Uint8Array): void {
    const board = this.boards.get(link);
    // Who speaks for another there is not whom we asked.
    if (board === undefined || board.current === null || !sameBytes(board.id, 0, sender)) return;
    const { heard } = board.way;
    if (heard.push(encodePacket(plainPacket(CONTROL, 0, 0, sender, payload))) > HEARD_MAX) {
      heard.shift();
    }
  }

  private ask(ticket: number, wish: BoardWish, out: BoardsOutput[]): void {
    const board = [...this.boards.values()].find(({ id }) => sameBytes(id, 0, wish.board));
    const refusal = board === undefined ? 'absent' : 'busy';
    if (board === undefined || board.waiting.length >= TASKS_MAX) {
      out.push(answerTo(ticket, untended(refusal)));
    } else board.waiting.push({ ticket, wish });
  }

  private work(board: Board, now: Millis, out: BoardsOutput[]): void {
    const { link, way, admin, waiting } = board;
    way.now = now;
    for (;;) {
      if (board.current === null) {
        const next = waiting.shift();
        if (next === undefined) return;
        way.heard.length = 0;
        const script = tend(admin, next.wish.key, next.wish.task);
        board.current = { ticket: next.ticket, script, until: now + TASK_MAX_MS };
      }
      const { ticket, script, until } = board.current;
      way.wakeAt = Infinity;
      const step = script.next();
      for (const bytes of way.said.splice(0)) out.push({ kind: 'hand', link, bytes });
      if (step.done !== true && now < until) return;
      board.current = null;
      out.push(answerTo(ticket, step.done === true ? step.value : untended('lost')));
    }
  }
}

/** A way over a link: what is said leaves with the step, and what was heard is looked at in it. */
class LinkWay implements Way {
  now: Millis = 0;
  wakeAt: Millis = Infinity;
  readonly said: Uint8Array[] = [];
  readonly heard: Uint8Array[] = [];

  send(packet: Uint8Array): void {
    this.said.push(packet);
  }

  *expect<T>(find: (packet: Uint8Array) => T | null, timeoutMs: Millis): Script<T | null> {
    const until = this.now + timeoutMs;
    for (;;) {
      for (let packet = this.heard.shift(); packet; packet = this.heard.shift()) {
        const found = find(packet);
        if (found !== null) return found;
      }
      if (this.now >= until) return null;
      this.wakeAt = until;
      yield;
    }
  }
}

function* tend(admin: Admin, key: Uint8Array | null, task: BoardTask): Script<BoardAnswer> {
  admin.key = null;
  const read = yield* readSettings(admin, () => key);
  if (typeof read === 'string') return untended(read);
  const { settings } = read;
  switch (task.kind) {
    case 'look':
      return yield* look(admin, settings);
    case 'change':
      return yield* change(admin, task.wishes, settings);
    case 'log':
      return yield* tell(admin, LOG_LEVEL, Uint8Array.of(task.level), settings);
    case 'restart':
      return yield* tell(admin, REBOOT, null, settings);
    case 'identify':
      return yield* tell(admin, IDENTIFY, null, settings);
  }
}

function* look(admin: Admin, settings: Settings): Script<BoardAnswer> {
  const reply = yield* admin.ask(STATISTICS);
  if (reply?.status !== OK) return untended('lost');
  return { kind: 'tended', settings, statistics: statisticsIn(reply) };
}

function* tell(
  admin: Admin,
  operation: number,
  argument: Uint8Array | null,
  settings: Settings,
): Script<BoardAnswer> {
  const reply = yield* admin.ask(operation, argument);
  if (reply?.status === OK) return { kind: 'tended', settings, statistics: {} };
  return untended(reply?.status === UNSUPPORTED ? 'unsupported' : 'lost');
}

/** All of them, or none. */
function* change(admin: Admin, wishes: readonly Wish[], settings: Settings): Script<BoardAnswer> {
  const open = unmet(wishes, settings);
  if (open.length === 0) return { kind: 'tended', settings, statistics: {} };
  const failure = yield* stage(admin, open, settings);
  if (failure !== null) {
    yield* admin.ask(ROLL_BACK);
    return unstaged(failure);
  }
  const commit = yield* admin.ask(COMMIT);
  const wanted = wanting(open, settings);
  // It is stored before it is answered.
  if (commit?.status === OK) return { kind: 'tended', settings: wanted, statistics: {} };
  // An answer that was lost makes the next one a refusal: what holds now tells them apart.
  const again = yield* readSettings(admin, () => admin.key);
  if (typeof again === 'string') return untended(again);
  const [left] = unmet(open, again.settings);
  if (left !== undefined) return untended('different', left.id);
  return { kind: 'tended', settings: again.settings, statistics: {} };
}

function unstaged(failure: StageFailure): BoardAnswer {
  return untended(failure.reason, 'setting' in failure ? failure.setting : null);
}

function untended(reason: BoardRefusal, setting: number | null = null): BoardAnswer {
  return { kind: 'untended', reason, setting };
}

function answerTo(ticket: number, answer: BoardAnswer): BoardsOutput {
  return { kind: 'answer', ticket, answer };
}
