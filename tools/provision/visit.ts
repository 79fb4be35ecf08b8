/**
 * Visit: one errand to one node, as one machine. It finds out who is there and what holds, and changes
 * settings so that a cut at any moment leaves the old ones or the new: staged, read back, committed,
 * read back again. What failed before the commit is rolled back; what was done before is seen to be
 * done, and not done again.
 */
import type { StageFailure, Wish } from '../../protocol/admin/staging.ts';
import { AT_START, readSettings, stage } from '../../protocol/admin/staging.ts';
import {
  COMMIT,
  IDENTIFY,
  OK,
  OPEN_CONSOLE,
  ROLL_BACK,
  SET_CLOCK,
  STAGE,
  UNSUPPORTED,
} from '../../protocol/core/control-codes.ts';
import { bigEndian, encodeFields } from '../../protocol/core/fields.ts';
import { ADMIN_KEY, NODE_ID, NOTE_KEY } from '../../protocol/core/settings-table.ts';
import type { Reply } from '../../protocol/wire/administer.ts';
import { consolePassword } from '../../protocol/wire/administer.ts';
import type { NotABoard } from '../flash/recognise.ts';
import { BAUDS, recognise } from '../flash/recognise.ts';
import type { Script } from '../../protocol/admin/script.ts';
import type { Speaker } from '../flash/talk.ts';
import { Talk } from '../flash/talk.ts';
import type { Admin } from '../../protocol/admin/admin.ts';
import type { NodeState } from './plan.ts';
import { isNew, openWishes } from './plan.ts';
import type { Caller, Met } from './reach.ts';
import { comeBack, reach } from './reach.ts';

/** What a new node is given. Without keys it gets an id alone. */
export type Gift = { id: Uint8Array; admin: Uint8Array | null; note: Uint8Array | null };

export type Errand =
  | { kind: 'look' }
  /** `gift` is for a node that turns out to be new. */
  | { kind: 'settle'; wishes: readonly Wish[]; gift: Gift | null }
  | { kind: 'identify' }
  | { kind: 'open-console' };

export type VisitJob = Caller & {
  errand: Errand;
  /** The admin key of the node with that id, a gift's too, or null where it is not at hand. */
  keyOf: (id: Uint8Array) => Uint8Array | null;
  /** Unix time when our clock stands at 0. */
  epochMs: number;
};

export type Visited = { ok: true; visit: Visit } | { ok: false; failure: VisitFailure };

export type Visit = {
  state: NodeState;
  by: 'wire' | 'console';
  /** Whether settings were changed. */
  isChanged: boolean;
};

export type VisitFailure =
  | { reason: NotABoard }
  /** It has an admin key that is not at hand, or not this one. */
  | { reason: 'no-key' | 'wrong-key'; id: Uint8Array; name: string }
  | StageFailure
  /** Its firmware does not know what it is asked. */
  | { reason: 'unsupported' }
  /** It is new, and there was no gift for it. */
  | { reason: 'new'; state: NodeState };

export type Visitor = Talk<never, Visited>;

export function visitor(job: VisitJob): Visitor {
  return new Talk(BAUDS[0], (speaker) => run(job, speaker));
}

/** Times that settings are staged and committed, where a commit did not take. */
const ATTEMPTS = 3;
/** A node says that it will start again, and half a second later it does (REBOOT_MS of its main). */
const RESTART_MS = 300;

type Failed = { failure: VisitFailure };
const LOST: Failed = { failure: { reason: 'lost' } };

function* run(job: VisitJob, speaker: Speaker<never>): Script<Visited> {
  const met = yield* reach(speaker, job);
  if (!met.found) return { ok: false, failure: { reason: met.reason } };
  const done = yield* perform(job, speaker, met);
  // Nothing runs on a board whose console we used.
  if (met.by === 'console' && job.errand.kind !== 'open-console')
    yield* speaker.ask('\x10load()\n', () => null, 300);
  if ('failure' in done) return { ok: false, failure: done.failure };
  return { ok: true, visit: done };
}

function* perform(job: VisitJob, speaker: Speaker<never>, met: Met): Script<Visit | Failed> {
  const state = yield* look(met.admin, met.board, job);
  if ('failure' in state) return state;
  const { errand } = job;
  const visit: Visit = { state, by: met.by, isChanged: false };
  switch (errand.kind) {
    case 'look':
      return visit;
    case 'identify': {
      const failure = failureIn(yield* met.admin.ask(IDENTIFY));
      return failure ?? visit;
    }
    case 'open-console':
      return (yield* openConsole(job, speaker, met)) ?? visit;
    case 'settle':
      return yield* settle(job, errand, speaker, met, visit);
  }
}

/** The console gets the line, and its password if it wants one. */
function* openConsole(job: VisitJob, speaker: Speaker<never>, met: Met): Script<Failed | null> {
  if (met.by === 'console') return null;
  const failure = failureIn(yield* met.admin.ask(OPEN_CONSOLE));
  if (failure !== null) return failure;
  const { key } = met.admin;
  const password = key === null ? null : consolePassword(key, job.hmac);
  speaker.line.setFlowControl(true);
  // The blocks so far were the node's.
  speaker.blocks = 0;
  const seen = yield* recognise(speaker, BAUDS.slice(0, 1), password, job.seed);
  return seen.found ? null : { failure: { reason: seen.reason } };
}

function failureIn(reply: Reply | null): Failed | null {
  if (reply?.status === OK) return null;
  return reply?.status === UNSUPPORTED ? { failure: { reason: 'unsupported' } } : LOST;
}

/** Who is there and what holds. Finds and takes the admin key where one is needed. */
function* look(admin: Admin, board: string | null, job: VisitJob): Script<NodeState | Failed> {
  const read = yield* readSettings(admin, job.keyOf);
  if (read === 'lost') return LOST;
  const id = admin.nodeId!;
  if (typeof read === 'string') {
    const name = new TextDecoder().decode(admin.hello?.name ?? new Uint8Array());
    return { failure: { reason: read, id, name } };
  }
  const { settings, isLocked } = read;
  const canHoldKeys = isLocked || admin.key !== null || (yield* couldHoldKeys(admin, job));
  const said = new TextDecoder().decode(admin.hello?.board ?? new Uint8Array());
  const hasAdmin = isLocked || admin.key !== null;
  return { id, board: said || board, hasAdmin, canHoldKeys, settings };
}

/** A board without SHA-256 refuses to stage a key; nothing is committed. */
function* couldHoldKeys(admin: Admin, job: VisitJob): Script<boolean> {
  const key = [];
  key[ADMIN_KEY] = job.draw(32);
  const reply = yield* admin.ask(STAGE, encodeFields(key, 2));
  yield* admin.ask(ROLL_BACK);
  return reply?.status === OK;
}

function* settle(
  job: VisitJob,
  errand: Errand & { kind: 'settle' },
  speaker: Speaker<never>,
  met: Met,
  visit: Visit,
): Script<Visit | Failed> {
  const { gift } = errand;
  let { admin } = met;
  let { state } = visit;
  if (isNew(state) && gift === null) return { failure: { reason: 'new', state } };
  for (let attempts = 0; ; attempts++) {
    const wishes = toStage(errand.wishes, state, gift);
    if (wishes.length === 0) break;
    // A commit that was not heard of may have taken, and then nothing is left to wish.
    if (attempts === ATTEMPTS) return { failure: { reason: 'different', setting: wishes[0].id } };
    const failure = yield* stage(admin, wishes, state.settings);
    if (failure !== null) {
      yield* admin.ask(ROLL_BACK);
      return { failure };
    }
    yield* admin.ask(COMMIT);
    if (met.by === 'wire' && wishes.some(({ id }) => AT_START.includes(id))) {
      const id = wishes.find((wish) => wish.id === NODE_ID)?.value ?? state.id;
      yield* speaker.pause(RESTART_MS);
      const back = yield* comeBack(speaker, job, id);
      if (back === null) return LOST;
      admin = back;
    }
    const seen = yield* look(admin, met.board, job);
    if ('failure' in seen) return seen;
    state = seen;
    visit.isChanged = true;
  }
  const unixMs = Math.floor(job.epochMs + speaker.now);
  const clock = yield* admin.ask(SET_CLOCK, bigEndian(unixMs, 8));
  if (clock?.status !== OK) return LOST;
  return { ...visit, state };
}

/** What is wished and does not hold, and what a new node is given. */
function toStage(wishes: readonly Wish[], state: NodeState, gift: Gift | null): Wish[] {
  const open = openWishes(wishes, state);
  if (!isNew(state) || gift === null) return open;
  if (!state.settings[NODE_ID]) open.push({ id: NODE_ID, value: gift.id });
  if (state.canHoldKeys && gift.admin !== null && gift.note !== null) {
    open.push({ id: ADMIN_KEY, value: gift.admin }, { id: NOTE_KEY, value: gift.note });
  }
  return open;
}
