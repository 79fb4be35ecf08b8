/**
 * Recognise: what is at the other end of a port. It finds the rate, gets a console out of whatever
 * state it was left in, opens a lock with its password, and asks the board what it is.
 */
import { assert } from '../../protocol/core/assert.ts';
import { Asker } from './checked.ts';
import { greeting } from '../../protocol/admin/greeting.ts';
import type { Script } from '../../protocol/admin/script.ts';
import type { Speaker } from './talk.ts';

export type Recognised<Remark> =
  { found: true; board: Board; asker: Asker<Remark> } | { found: false; reason: NotABoard };

export type Board = {
  /** `process.env.BOARD`. */
  name: string;
  /** `process.version`, such as `2v25.11`. */
  version: string;
  baud: number;
  /** Bytes that Storage can hold beside what is in it, once its trash is gone. */
  freeBytes: number;
  /** Variables that its interpreter has free. */
  freeVariables: number;
  /** It takes packets (DEVICE: 2v25 and newer). */
  hasPackets: boolean;
};

export type NotABoard =
  /** No byte came, at any rate. */
  | 'silent'
  /** Something talks, and it is no Espruino. */
  | 'stranger'
  /** Hopline's own firmware runs, and has moved the console off this port (WIRE §22). */
  | 'node'
  /** The console asks for a password, and there is none. */
  | 'locked'
  | 'wrong-password';

/** Rates that boards come with (DEVICE). USB takes any, and the fast one first. */
export const BAUDS: readonly number[] = [115_200, 9600];
/** Who greets, where nobody is introduced. */
const NOBODY = new Uint8Array([0x68, 0x6f, 0x70, 0x6c, 0x69, 0x6e, 0x65, 0x21]);
/** Rounds over all rates: on a bad cable one is not enough. */
const ROUNDS = 3;
/** Longer ones no console can take. */
export const PASSWORD_MAX = 20;

export function* recognise<Remark>(
  speaker: Speaker<Remark>,
  bauds: readonly number[],
  password: string | null,
  firstNumber: number,
): Script<Recognised<Remark>> {
  assert(password === null || password.length <= PASSWORD_MAX, 'the password fits');
  const asker = new Asker(speaker, firstNumber);
  let reason: NotABoard = 'silent';
  for (let round = 0; round < ROUNDS; round++) {
    for (const baud of bauds) {
      yield* speaker.tune(baud);
      const heardBefore = speaker.line.heardTotal;
      const state = yield* greet(speaker, round);
      if (state === 'locked') {
        if (password === null) return { found: false, reason: 'locked' };
        if (!(yield* unlock(speaker, password))) return { found: false, reason: 'wrong-password' };
      }
      if (state === 'node') return { found: false, reason: 'node' };
      if (state === 'console' || state === 'locked') {
        const board = yield* describe(asker, baud);
        if (board !== null) return { found: true, board, asker };
      }
      if (speaker.line.heardTotal > heardBefore) reason = 'stranger';
    }
  }
  return { found: false, reason };
}

type State = 'console' | 'locked' | 'node';

/** Gentle at first: what runs is interrupted only where nothing else helped. */
function* greet<Remark>(speaker: Speaker<Remark>, round: number): Script<State | null> {
  const heardBefore = speaker.line.heardTotal;
  const state = (heard: string): State | null => stateIn(heard, speaker.blocks);
  const seen = yield* speaker.ask('\x05', state, 300);
  if (seen !== null) return seen;
  yield* speaker.interrupt();
  // The enquiry is answered on an empty line only, and by 2v25 only; a return makes a lock ask.
  const again = yield* speaker.ask('\r\x05', state, 400 + 300 * round);
  if (again !== null) return again;
  const answered = (heard: string): true | null => (heard.includes('<42>') ? true : null);
  const legacy = yield* speaker.ask('\x10print("<"+6*7+">")\n', answered, 400 + 300 * round);
  if (legacy !== null) return 'console';
  // A node says nothing to keys. To a console this would be some, so only silence is greeted.
  if (speaker.line.heardTotal > heardBefore) return null;
  return yield* speaker.ask(greeting(NOBODY, 512, speaker.now), state, 500);
}

function stateIn(heard: string, blocks: number): State | null {
  if (/Espruino \d+v\d+\S* \S+\r?\n/.test(heard)) return 'console';
  if (/password>|Invalid password/.test(heard)) return 'locked';
  return blocks > 0 ? 'node' : null;
}

function* unlock<Remark>(speaker: Speaker<Remark>, password: string): Script<boolean> {
  // What was said to find the lock stands before the password, and a return is the end of it.
  yield* speaker.ask('\r', (heard) => (/password>/.test(heard) ? true : null), 500);
  for (let tries = 0; tries < 3; tries++) {
    const opened = yield* speaker.ask(`${password}\r`, openedIn, 1000);
    if (opened === true) return true;
  }
  return false;
}

function openedIn(heard: string): boolean | null {
  if (/Logged in/.test(heard)) return true;
  return /Invalid password/.test(heard) ? false : null;
}

const DESCRIBE =
  '(s=>{var t=s.getStats?s.getStats():{freeBytes:s.getFree(),trashBytes:0};' +
  'return[process.env.BOARD,process.version,t.freeBytes+t.trashBytes,process.memory().free]})(require("Storage"))';

function* describe<Remark>(asker: Asker<Remark>, baud: number): Script<Board | null> {
  const answer = yield* asker.run(DESCRIBE, '', 1500, 4);
  if (!answer.ok || !Array.isArray(answer.value)) return null;
  const [name, version, freeBytes, freeVariables] = answer.value.map(String);
  const [, major, minor] = /^(\d+)v(\d+)/.exec(version) ?? ['', '0', '0'];
  return {
    name,
    version,
    baud,
    freeBytes: Number(freeBytes),
    freeVariables: Number(freeVariables),
    hasPackets: Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 25),
  };
}
