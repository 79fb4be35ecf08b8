/**
 * Reach: whoever is at the other end of a serial line, brought to where it can be talked to: a node
 * on its wire, or the console of a board that runs no node.
 */
import type { Hmac } from '../../protocol/core/control.ts';
import type { NotABoard } from '../flash/recognise.ts';
import { BAUDS, recognise } from '../flash/recognise.ts';
import type { Script } from '../../protocol/admin/script.ts';
import type { Speaker } from '../flash/talk.ts';
import { Admin } from '../../protocol/admin/admin.ts';
import { ConsoleWay } from './console-way.ts';
import { Wire } from './wire.ts';

/** `board` is the name that its console gave, or null. */
export type Met = {
  found: true;
  admin: Admin;
  by: 'wire' | 'console';
  board: string | null;
};

/** `lost` stands for a board that stopped answering. */
export type Reached = Met | { found: false; reason: NotABoard | 'lost' };

export type Caller = {
  hmac: Hmac;
  /** Opens the console where it is locked, if it is known. */
  password: string | null;
  /** Only a node on its wire is wanted; everybody else is left alone. */
  isGentle: boolean;
  draw: (size: number) => Uint8Array;
  /** Any number up to 2^30, another each time. */
  seed: number;
};

/** What a node needs to answer, and a start of it with its console first (CONSOLE_MS of its main). */
const MEET_MS = 500;
const START_MS = 2500;
/** Rounds of greeting and recognising; one that finds a lock may have met a start. */
const ROUNDS = 3;
/** On a bad line one hello is not enough. */
const GREETINGS = 3;
/** A node that starts again is back before that. */
const BACK_MS = 12_000;

export function* reach<Remark>(speaker: Speaker<Remark>, caller: Caller): Script<Reached> {
  let reason: NotABoard | 'lost' = 'silent';
  for (let round = 0; round < ROUNDS; round++) {
    const met = yield* greet(speaker, caller, GREETINGS);
    if (met !== null) return met;
    if (caller.isGentle) {
      // What runs behind a console would be stopped; a node that starts only needs time.
      if (round > 0) break;
      yield* speaker.pause(START_MS);
      continue;
    }
    speaker.line.setFlowControl(true);
    const seen = yield* recognise(speaker, BAUDS, caller.password, caller.seed + round * 1000);
    if (seen.found) {
      // What runs would take the port from us in the middle of a word.
      yield* speaker.ask('\x10reset()\n', (heard) => (/>$/.test(heard) ? true : null), 2000);
      const way = yield* ConsoleWay.open(seen.asker, caller.hmac, () => caller.draw(16));
      if (way !== null) {
        const admin = new Admin(way, caller.draw(8), caller.hmac);
        if (yield* admin.meet(0)) {
          return { found: true, admin, by: 'console', board: seen.board.name };
        }
      }
      reason = 'lost';
      continue;
    }
    ({ reason } = seen);
    if (reason === 'silent' || reason === 'stranger') break;
    // A node that was starting locks its console first, and then takes the line.
    yield* speaker.pause(reason === 'locked' ? START_MS : 0);
  }
  return { found: false, reason };
}

/**
 * The node with that id, once it has started again; null when it does not come back. Its console,
 * which has the line for a moment as it starts, is left alone.
 */
export function* comeBack<Remark>(
  speaker: Speaker<Remark>,
  caller: Caller,
  id: Uint8Array,
): Script<Admin | null> {
  const until = speaker.now + BACK_MS;
  while (speaker.now < until) {
    yield* speaker.pause(MEET_MS);
    const met = yield* greet(speaker, caller, 1);
    const isIt = met?.admin.nodeId?.every((byte, at) => byte === id[at]);
    if (isIt === true) return met!.admin;
  }
  return null;
}

/** A node answers blocks; a console that does not ask for them is spared them. */
function* greet<Remark>(
  speaker: Speaker<Remark>,
  caller: Caller,
  tries: number,
): Script<Met | null> {
  yield* speaker.tune(BAUDS[0]);
  const banner = (heard: string): true | null =>
    /Espruino \d+v\d+|password>|debug>/.test(heard) ? true : null;
  if ((yield* speaker.ask('\x05', banner, 150)) !== null) return null;
  const wire = new Wire(speaker);
  let admin = new Admin(wire, caller.draw(8), caller.hmac);
  for (let tried = 0; tried < tries; tried++) {
    if (!(yield* admin.meet(MEET_MS))) continue;
    if (admin.hello === null) {
      // It says its own to each neighbour once, and that one was not heard.
      const another = new Admin(wire, caller.draw(8), caller.hmac);
      if (yield* another.meet(MEET_MS)) admin = another;
    }
    return { found: true, admin, by: 'wire', board: null };
  }
  return null;
}
