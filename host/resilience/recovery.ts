/**
 * Recovery: what is tried for a node that was lost, the cheap before the dear, and never without end
 * (DEFAULTS §3).
 *
 *   lost -> reconnect -60 s-> alternative route -60 s-> bridge node -> ... five attempts -> given up
 *              | a link that was dialled | an answer to that very ping -> recovered
 *              any other word of it -------------------------------------> returned
 *
 * Where there is no bridge node, it begins anew with the first way instead.
 */
import type { Machine, Millis, Tick } from '../../protocol/core/machine.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { RecoveryOutcome, RecoveryWay } from '../events.ts';
import { RECOVERY_WAYS } from '../events.ts';

export type RecoveryInput =
  | { kind: 'lost'; id: Uint8Array }
  /** A link to it came up that was dialled here. */
  | { kind: 'dialled'; id: Uint8Array }
  /** It answered a ping. */
  | { kind: 'answered'; id: Uint8Array; askedAt: Millis }
  /** Any other word of it. */
  | { kind: 'back'; id: Uint8Array };
export type RecoveryOutput =
  /** `round`: how often this way is tried by now. */
  | { kind: 'try'; id: Uint8Array; attempt: number; way: RecoveryWay; round: number }
  | { kind: 'ended'; id: Uint8Array; attempts: number; outcome: RecoveryOutcome };

export const ATTEMPT_EVERY_MS = 60_000;
export const ATTEMPTS_MAX = 5;
/** Nodes that something is tried for at once; for one more nothing is, until it is lost again. */
export const RECOVERIES_MAX = 64;

/** `turns`: ways tried or passed over. `way`: the last one that was tried, at `triedAt`. */
type Case = {
  id: Uint8Array;
  attempts: number;
  turns: number;
  way: RecoveryWay;
  triedAt: Millis;
  nextAt: Millis;
};

export class Recovery implements Machine<RecoveryInput, RecoveryOutput> {
  /** Since the start. */
  attempts = 0;
  succeeded = 0;
  /** Between two attempts, and how many there are. */
  retryMs = ATTEMPT_EVERY_MS;
  attemptsMax = ATTEMPTS_MAX;
  private readonly cases = new Map<string, Case>();
  private readonly hasBridge: (now: Millis) => boolean;

  /** `hasBridge`: whether there is a bridge node to ask now. */
  constructor(hasBridge: (now: Millis) => boolean) {
    this.hasBridge = hasBridge;
  }

  get active(): number {
    return this.cases.size;
  }

  step(input: RecoveryInput | Tick, now: Millis): RecoveryOutput[] {
    const out: RecoveryOutput[] = [];
    if (input.kind === 'lost') this.open(input.id, now);
    else if (input.kind !== 'tick') this.close(input, out);
    for (const [key, recovery] of this.cases) {
      if (now >= recovery.nextAt) this.attempt(key, recovery, now, out);
    }
    return out;
  }

  deadline(): Millis {
    let least = Infinity;
    for (const { nextAt } of this.cases.values()) least = Math.min(least, nextAt);
    return least;
  }

  private open(id: Uint8Array, now: Millis): void {
    const key = toHex(id);
    if (this.cases.has(key) || this.cases.size >= RECOVERIES_MAX) return;
    const untried = { attempts: 0, turns: 0, way: RECOVERY_WAYS[0], triedAt: -Infinity };
    this.cases.set(key, { id, ...untried, nextAt: now });
  }

  private close(input: Exclude<RecoveryInput, { kind: 'lost' }>, out: RecoveryOutput[]): void {
    const { id } = input;
    const key = toHex(id);
    const recovery = this.cases.get(key);
    if (recovery === undefined) return;
    this.cases.delete(key);
    const { attempts } = recovery;
    const isAnswer = attempts > 0 && answers(recovery, input);
    if (isAnswer) this.succeeded++;
    out.push({ kind: 'ended', id, attempts, outcome: isAnswer ? 'recovered' : 'returned' });
  }

  private attempt(key: string, recovery: Case, now: Millis, out: RecoveryOutput[]): void {
    const { id, attempts } = recovery;
    if (attempts >= this.attemptsMax) {
      this.cases.delete(key);
      out.push({ kind: 'ended', id, attempts, outcome: 'given-up' });
      return;
    }
    if (wayOf(recovery) === 'bridge' && !this.hasBridge(now)) recovery.turns++;
    const way = wayOf(recovery);
    const round = Math.floor(recovery.turns / RECOVERY_WAYS.length) + 1;
    recovery.attempts++;
    recovery.turns++;
    recovery.way = way;
    recovery.triedAt = now;
    recovery.nextAt = now + this.retryMs;
    this.attempts++;
    out.push({ kind: 'try', id, attempt: recovery.attempts, way, round });
  }
}

function wayOf({ turns }: Case): RecoveryWay {
  return RECOVERY_WAYS[turns % RECOVERY_WAYS.length];
}

/** Whether it is what the last attempt asked for. Its pings left in the very moment of it. */
function answers({ way, triedAt }: Case, input: RecoveryInput): boolean {
  if (input.kind === 'dialled') return way === 'reconnect';
  return input.kind === 'answered' && way !== 'reconnect' && Math.abs(input.askedAt - triedAt) < 1;
}
