/**
 * Recovery: what is tried for a node that was lost, the cheap before the dear, and never without end
 * (DEFAULTS §3).
 *
 *   lost -> reconnect -60 s-> alternative route -60 s-> bridge node -> ... five attempts -> given up
 *           any word of it in between -> recovered
 */
import type { Machine, Millis, Tick } from '../../protocol/core/machine.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { RecoveryOutcome, RecoveryWay } from '../events.ts';

const WAYS: readonly RecoveryWay[] = ['reconnect', 'route', 'bridge'];

export type RecoveryInput = { kind: 'lost'; id: Uint8Array } | { kind: 'back'; id: Uint8Array };
export type RecoveryOutput =
  | { kind: 'try'; id: Uint8Array; attempt: number; way: RecoveryWay }
  | { kind: 'ended'; id: Uint8Array; attempts: number; outcome: RecoveryOutcome };

export const ATTEMPT_EVERY_MS = 60_000;
export const ATTEMPTS_MAX = 5;
/** Nodes that something is tried for at once; for one more nothing is, until it is lost again. */
export const RECOVERIES_MAX = 64;

type Case = { id: Uint8Array; attempts: number; nextAt: Millis };

export class Recovery implements Machine<RecoveryInput, RecoveryOutput> {
  /** Since the start. */
  attempts = 0;
  succeeded = 0;
  /** Between two attempts, and how many there are. */
  retryMs = ATTEMPT_EVERY_MS;
  attemptsMax = ATTEMPTS_MAX;
  private readonly cases = new Map<string, Case>();

  get active(): number {
    return this.cases.size;
  }

  step(input: RecoveryInput | Tick, now: Millis): RecoveryOutput[] {
    const out: RecoveryOutput[] = [];
    if (input.kind === 'lost') this.open(input.id, now);
    if (input.kind === 'back') this.close(input.id, out);
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
    this.cases.set(key, { id, attempts: 0, nextAt: now });
  }

  private close(id: Uint8Array, out: RecoveryOutput[]): void {
    const key = toHex(id);
    const recovery = this.cases.get(key);
    if (recovery === undefined) return;
    this.cases.delete(key);
    this.succeeded++;
    out.push({ kind: 'ended', id, attempts: recovery.attempts, outcome: 'recovered' });
  }

  private attempt(key: string, recovery: Case, now: Millis, out: RecoveryOutput[]): void {
    const { id, attempts } = recovery;
    if (attempts >= this.attemptsMax) {
      this.cases.delete(key);
      out.push({ kind: 'ended', id, attempts, outcome: 'given-up' });
      return;
    }
    recovery.attempts++;
    recovery.nextAt = now + this.retryMs;
    this.attempts++;
    const way = WAYS[attempts % WAYS.length];
    out.push({ kind: 'try', id, attempt: recovery.attempts, way });
  }
}
