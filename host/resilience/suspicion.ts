/**
 * Suspicion: which neighbours are alive, as far as can be known. One whose heartbeats stay away is
 * suspected; others are asked whether they hear it; and it is taken for failed only when nobody had any
 * word of it for a while. Any word takes both back.
 *
 *   near --phi, or eight heartbeats--> suspected --30 s, and asked in vain--> failed
 *     ^                 ^               | any word            | any word
 *     | heartbeat       | a minute      v                     v
 *     +-----------------+------------ around <----------------+
 *
 * `around`: not heard over a link of ours, and alive all the same.
 */
import { INTERVAL_MS } from '../../protocol/core/heartbeat.ts';
import type { Machine, Millis, Tick } from '../../protocol/core/machine.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import { Arrivals } from './arrivals.ts';
import { zOfExponent } from './normal.ts';
import type { ResilienceSettings } from './settings.ts';
import { ALONE_TIMES } from './settings.ts';

export type SuspicionInput =
  /** A heartbeat came over a link of ours. */
  | { kind: 'beat'; id: Uint8Array; missed: number }
  /** Something else came over a link of ours, at `at`, from its far end. */
  | { kind: 'traffic'; id: Uint8Array; at: Millis }
  /** Anything else that it said, at `at`, whichever way it came. */
  | { kind: 'word'; id: Uint8Array; at: Millis }
  /** No link of ours leads to it any more. */
  | { kind: 'cut'; id: Uint8Array }
  /** It said goodbye. */
  | { kind: 'left'; id: Uint8Array }
  /** What a `probe` came to: so many were asked, and none of them brought an answer. */
  | { kind: 'unanswered'; id: Uint8Array; asked: number }
  | { kind: 'settings'; settings: ResilienceSettings };

export type SuspicionOutput =
  /** Others are to be asked whether they hear it. */
  | { kind: 'probe'; id: Uint8Array }
  | { kind: 'suspected'; id: Uint8Array; phi: number }
  | { kind: 'failed'; id: Uint8Array; silentMs: Millis }
  | { kind: 'recovered'; id: Uint8Array; silentMs: Millis };

export type WatchState = 'near' | 'around' | 'suspected' | 'failed';

/** A node as it is watched, for people. */
export type WatchView = {
  id: string;
  state: WatchState;
  phi: number;
  /** Since anything was heard of it. */
  silentMs: Millis;
  /** What its link loses, of a thousand heartbeats. */
  lossPerMille: number;
};

/** Nodes watched. Beyond it the one silent longest is forgotten. */
export const WATCHED_MAX = 512;
/** However lossy a link was: after so many intervals its end is suspected. */
export const INTERVALS_MAX = 7;
/** Others are asked again as soon as nobody answered, and where they could not be asked so often. */
export const PROBE_EVERY_MS = 15_000;
/**
 * They are asked in vain once, and once more for so many of a thousand heartbeats that its link loses:
 * where bursts are long, word of the living is as late as heartbeats are.
 */
export const VAIN_PER_MILLE = 16;
/** Announces come every 30 s at least, over whatever way (WIRE §5). */
export const WORD_EVERY_MS = 60_000;
/** One that failed and never came back is forgotten. */
export const FORGOTTEN_MS = 24 * 3_600_000;
/** Heartbeats may be as slow as their owner likes; phi is no larger than this for people. */
const PHI_SHOWN_MAX = 99;

type Watch = {
  readonly id: Uint8Array;
  readonly arrivals: Arrivals;
  state: WatchState;
  isCut: boolean;
  /** Of any word, whichever way. */
  heardAt: Millis;
  /** Phi, or a minute without a word, is reached. */
  suspectAt: Millis;
  suspectedAt: Millis;
  probeAt: Millis;
  /** Since it is suspected: how often others were asked in vain, and whether there were none. */
  vain: number;
  isAlone: boolean;
};

export class Suspicion implements Machine<SuspicionInput, SuspicionOutput> {
  private settings: ResilienceSettings;
  /** Of the phi at which a node is suspected. */
  private z: number;
  /** The one silent longest first. */
  private readonly watches = new Map<string, Watch>();
  private wakeAt: Millis = Infinity;

  constructor(settings: ResilienceSettings) {
    this.settings = settings;
    this.z = zOfExponent(settings.phi);
  }

  step(input: SuspicionInput | Tick, now: Millis): SuspicionOutput[] {
    const out: SuspicionOutput[] = [];
    this.take(input, now, out);
    if (now >= this.wakeAt) {
      this.wakeAt = Infinity;
      for (const [key, watch] of this.watches) {
        this.judge(watch, now, out);
        const dueAt = this.dueAt(watch);
        if (now >= dueAt) this.watches.delete(key);
        else this.wakeAt = Math.min(this.wakeAt, dueAt);
      }
    }
    return out;
  }

  deadline(): Millis {
    return this.wakeAt;
  }

  stateOf(id: Uint8Array): WatchState | null {
    return this.watches.get(toHex(id))?.state ?? null;
  }

  /** Those of whom any word is news. */
  waitingFor(): Uint8Array[] {
    return [...this.watches.values()].flatMap(({ id, state }) => (state === 'near' ? [] : [id]));
  }

  count(state: WatchState): number {
    let count = 0;
    for (const watch of this.watches.values()) if (watch.state === state) count++;
    return count;
  }

  views(now: Millis): WatchView[] {
    return [...this.watches.values()].map(({ id, state, arrivals, heardAt }) => ({
      id: toHex(id),
      state,
      phi: Math.min(arrivals.phi(now), PHI_SHOWN_MAX),
      silentMs: now - heardAt,
      lossPerMille: Math.round(arrivals.lossPerMille),
    }));
  }

  private take(input: SuspicionInput | Tick, now: Millis, out: SuspicionOutput[]): void {
    if (input.kind === 'tick') return;
    if (input.kind === 'settings') return this.resettle(input.settings);
    const key = toHex(input.id);
    if (input.kind === 'beat') return this.hearBeat(key, input, now, out);
    const watch = this.watches.get(key);
    if (watch === undefined) return;
    switch (input.kind) {
      case 'traffic':
        return this.hearTraffic(watch, input.at, now, out);
      case 'word':
        return this.hearWord(watch, input.at, out);
      case 'cut':
        watch.isCut = true;
        watch.arrivals.pause();
        // Whether it is still there is best asked at once.
        if (watch.state === 'near') out.push({ kind: 'probe', id: watch.id });
        return;
      case 'left':
        return void this.watches.delete(key);
      case 'unanswered':
        watch.vain++;
        watch.isAlone = input.asked === 0;
        watch.probeAt = now;
        this.wakeAt = Math.min(this.wakeAt, this.dueAt(watch));
    }
  }

  private hearBeat(
    key: string,
    { id, missed }: Extract<SuspicionInput, { kind: 'beat' }>,
    now: Millis,
    out: SuspicionOutput[],
  ): void {
    const watch = this.watches.get(key) ?? this.watch(id, now);
    // What was said before it failed is of another life.
    if (watch.state === 'failed') watch.arrivals.pause();
    watch.arrivals.hear(missed, now);
    this.revive(watch, 'near', now, out);
    watch.isCut = false;
    watch.suspectAt = this.suspectAt(watch);
    this.watches.delete(key);
    this.watches.set(key, watch);
    this.wakeAt = Math.min(this.wakeAt, watch.suspectAt);
    if (this.watches.size > WATCHED_MAX) this.forgetOne();
  }

  private hearTraffic(watch: Watch, at: Millis, now: Millis, out: SuspicionOutput[]): void {
    if (at <= watch.arrivals.heardAt || watch.isCut) return;
    watch.arrivals.touch(at);
    if (watch.state !== 'near' && at <= watch.suspectedAt) return;
    this.revive(watch, 'near', at, out);
    watch.suspectAt = Math.max(now, this.suspectAt(watch));
    this.wakeAt = Math.min(this.wakeAt, watch.suspectAt);
  }

  private hearWord(watch: Watch, at: Millis, out: SuspicionOutput[]): void {
    const { state, isCut, suspectedAt, heardAt } = watch;
    if (at <= heardAt) return;
    const isSilent = state === 'suspected' || state === 'failed';
    // What it said before it was suspected is no reason not to.
    if (isSilent && at <= suspectedAt) return;
    if (state === 'near' && !isCut) return void (watch.heardAt = at);
    this.revive(watch, 'around', at, out);
    watch.suspectAt = at + WORD_EVERY_MS;
    this.wakeAt = Math.min(this.wakeAt, watch.suspectAt);
  }

  private revive(watch: Watch, state: WatchState, at: Millis, out: SuspicionOutput[]): void {
    const wasSilent = watch.state === 'suspected' || watch.state === 'failed';
    const silentMs = at - watch.heardAt;
    watch.state = state;
    watch.heardAt = Math.max(watch.heardAt, at);
    if (wasSilent) out.push({ kind: 'recovered', id: watch.id, silentMs });
  }

  private judge(watch: Watch, now: Millis, out: SuspicionOutput[]): void {
    const { id, state, heardAt, arrivals } = watch;
    if ((state === 'near' || state === 'around') && now >= watch.suspectAt) {
      watch.state = 'suspected';
      watch.suspectedAt = now;
      watch.probeAt = now;
      watch.vain = 0;
      out.push({ kind: 'suspected', id, phi: Math.min(arrivals.phi(now), PHI_SHOWN_MAX) });
    }
    if (watch.state !== 'suspected') return;
    if (now >= this.failsAt(watch)) {
      watch.state = 'failed';
      out.push({ kind: 'failed', id, silentMs: now - heardAt });
    } else if (now >= watch.probeAt) {
      watch.probeAt = now + PROBE_EVERY_MS;
      out.push({ kind: 'probe', id });
    }
  }

  /** When there is something to decide; one that failed is forgotten then. */
  private dueAt(watch: Watch): Millis {
    if (watch.state === 'failed') return watch.suspectedAt + FORGOTTEN_MS;
    if (watch.state !== 'suspected') return watch.suspectAt;
    return Math.min(watch.probeAt, this.failsAt(watch));
  }

  private failsAt({ vain, isAlone, suspectedAt, arrivals }: Watch): Millis {
    if (vain < 1 + arrivals.lossPerMille / VAIN_PER_MILLE) return Infinity;
    return suspectedAt + this.settings.confirmMs * (isAlone ? ALONE_TIMES : 1);
  }

  private suspectAt({ arrivals }: Watch): Millis {
    const latest = arrivals.heardAt + arrivals.intervalMs * INTERVALS_MAX;
    return Math.ceil(Math.min(arrivals.reaches(this.z), latest));
  }

  private watch(id: Uint8Array, now: Millis): Watch {
    // Until it is known, the other end beats as all do.
    const expectedMs = Math.max(this.settings.pace.intervalMs, INTERVAL_MS);
    const arrivals = new Arrivals(expectedMs, now);
    arrivals.pause();
    const never = { suspectAt: Infinity, suspectedAt: -Infinity, probeAt: Infinity };
    const said = { isCut: false, vain: 0, isAlone: false };
    return { id: new Uint8Array(id), arrivals, state: 'near', heardAt: now, ...never, ...said };
  }

  private resettle(settings: ResilienceSettings): void {
    this.settings = settings;
    this.z = zOfExponent(settings.phi);
    for (const watch of this.watches.values()) {
      if (watch.state === 'near') watch.suspectAt = this.suspectAt(watch);
    }
    this.wakeAt = -Infinity;
  }

  private forgetOne(): void {
    for (const key of this.watches.keys()) {
      this.watches.delete(key);
      return;
    }
  }
}
