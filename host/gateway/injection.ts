/**
 * Injection: packets that lines brought, on their way to the air: each waits for our turn, then for the
 * budget, the most urgent class first. But those of one conversation keep their order, because whoever
 * is told something out of turn may not be able to read it (WIRE §8).
 *
 *   added -> waiting for its turn -> ready -> injected
 *                                      |---> overheard, or stale
 */
import type { Millis } from '../../protocol/core/machine.ts';
import { BACKGROUND, PATIENCE } from '../../protocol/core/queue.ts';
import type { Budget } from '../../protocol/peer/budget.ts';
import type { Air } from './contract.ts';
import { flowOf } from './rank.ts';
import type { Turns } from './turns.ts';

/** Packets and bytes that wait; then the oldest of the least urgent class goes. */
export const INJECTION_MAX = 1024;
export const INJECTION_BYTES_MAX = 512 * 1024;

/** `stale`: too old to be flooded (WIRE §12 o). `queue-full`: more urgent ones had no room. */
export type InjectionDrop = 'stale' | 'queue-full';

export type Candidate = {
  bytes: Uint8Array;
  priority: number;
  cameAt: Millis;
  staleAt: Millis;
  /** It went over a line as well, and was counted then. */
  isCarried: boolean;
};

/** Of a conversation, all wait in the class of its first. */
type Flow = { name: string; priority: number; waiting: number };
type Waiting = Candidate & { dueAt: Millis; flow: Flow | null };

export class Injection {
  injected = 0;
  injectedBytes = 0;
  overheard = 0;
  /** How often something was ready and had to wait for the budget. */
  waits = 0;
  readonly drops: Record<InjectionDrop, number> = { stale: 0, 'queue-full': 0 };
  private readonly turns: Turns;
  private readonly budget: Budget;
  private readonly air: Air;
  /** By class, in the order in which they came. */
  private readonly waiting = emptyClasses();
  private readonly ready = emptyClasses();
  /** Conversations of which something waits. */
  private readonly flows = new Map<string, Flow>();
  /** How often a class that was ready was passed over since it last had its turn. */
  private readonly passedOver: number[] = new Array<number>(BACKGROUND + 1).fill(0);
  private count = 0;
  private bytes = 0;
  /** The earliest moment at which something can happen, or earlier. */
  private wakeAt: Millis = Infinity;

  constructor(turns: Turns, budget: Budget, air: Air) {
    this.turns = turns;
    this.budget = budget;
    this.air = air;
  }

  get size(): number {
    return this.count;
  }

  add(candidate: Candidate): void {
    const { bytes, cameAt } = candidate;
    // Where nobody is, nobody is waited for.
    if (this.air.lacking(bytes) === 0) return;
    const dueAt = this.turns.dueAt(bytes, cameAt);
    const flow = this.flowFor(candidate);
    const priority = flow?.priority ?? candidate.priority;
    this.waiting[priority].add({ ...candidate, priority, dueAt, flow });
    this.count++;
    this.bytes += bytes.length;
    while (this.count > INJECTION_MAX || this.bytes > INJECTION_BYTES_MAX) this.makeRoom();
    this.wakeAt = Math.min(this.wakeAt, dueAt);
  }

  /** Whose turn it is has changed. */
  reconsider(): void {
    for (const waiting of this.waiting) {
      for (const packet of waiting) {
        packet.dueAt = this.turns.dueAt(packet.bytes, packet.cameAt);
        this.wakeAt = Math.min(this.wakeAt, packet.dueAt);
      }
    }
  }

  /** What waits for the budget may go at another time than was reckoned. */
  reckonAgain(): void {
    this.wakeAt = -Infinity;
  }

  /** How long what is ready will take, as far as can be said. */
  backlogMs(now: Millis): Millis {
    let cost = 0;
    let links = 0;
    for (const ready of this.ready) {
      for (const { bytes } of ready) {
        // All of them lack about as much as the first.
        if (links === 0) links = this.air.lacking(bytes);
        cost += bytes.length * links;
      }
    }
    const missing = cost - Math.max(0, this.budget.levelAt(now));
    return Math.max(0, (missing * 1000) / this.budget.limits.bytesPerSecond);
  }

  /** What is to be heard now, in order. */
  take(now: Millis): Candidate[] {
    if (now < this.wakeAt) return [];
    this.wakeAt = Infinity;
    for (let priority = 0; priority <= BACKGROUND; priority++) this.promote(priority, now);
    const taken: Candidate[] = [];
    for (;;) {
      const packet = this.next(now);
      if (packet === null) return taken;
      taken.push(packet);
    }
  }

  deadline(): Millis {
    return this.wakeAt;
  }

  private promote(priority: number, now: Millis): void {
    const held = new Set<Flow>();
    const hold = ({ dueAt, flow }: Waiting): void => {
      this.wakeAt = Math.min(this.wakeAt, dueAt);
      if (flow !== null) held.add(flow);
    };
    for (const packet of this.waiting[priority]) {
      if (packet.flow !== null && held.has(packet.flow)) continue;
      if (packet.dueAt > now) {
        hold(packet);
        continue;
      }
      if (this.isSettled(packet, now)) {
        this.remove(this.waiting[priority], packet);
        continue;
      }
      // Others may have come since it was reckoned.
      packet.dueAt = this.turns.dueAt(packet.bytes, packet.cameAt);
      if (packet.dueAt > now) {
        hold(packet);
        continue;
      }
      this.waiting[priority].delete(packet);
      this.ready[priority].add(packet);
    }
  }

  private next(now: Millis): Candidate | null {
    for (let chosen = this.chosen(); chosen >= 0; chosen = this.chosen()) {
      const [packet] = this.ready[chosen];
      if (this.isSettled(packet, now)) {
        this.remove(this.ready[chosen], packet);
        continue;
      }
      const cost = packet.bytes.length * this.air.lacking(packet.bytes);
      const readyAt = this.budget.readyAt(cost, now);
      if (readyAt > now) {
        this.waits++;
        this.wakeAt = Math.min(this.wakeAt, readyAt, packet.staleAt);
        return null;
      }
      this.budget.spend(cost, now);
      this.remove(this.ready[chosen], packet);
      this.passOver(chosen);
      this.injected++;
      this.injectedBytes += cost;
      return packet;
    }
    return null;
  }

  /** Whether there is nothing left to do for it. */
  private isSettled({ bytes, staleAt }: Candidate, now: Millis): boolean {
    if (staleAt <= now) {
      this.drops.stale++;
      return true;
    }
    if (this.air.lacking(bytes) > 0) return false;
    this.overheard++;
    return true;
  }

  /** The most urgent class that is ready, or one that was passed over too often; -1 for none. */
  private chosen(): number {
    let chosen = -1;
    for (let priority = BACKGROUND; priority >= 0; priority--) {
      if (this.ready[priority].size === 0) continue;
      if (chosen < 0 || this.passedOver[chosen] < PATIENCE) chosen = priority;
    }
    return chosen;
  }

  private passOver(chosen: number): void {
    for (let priority = chosen + 1; priority <= BACKGROUND; priority++) {
      if (this.ready[priority].size > 0) this.passedOver[priority]++;
    }
    this.passedOver[chosen] = 0;
  }

  private makeRoom(): void {
    for (let lowest = BACKGROUND; lowest >= 0; lowest--) {
      for (const queue of [this.ready[lowest], this.waiting[lowest]]) {
        for (const oldest of queue) {
          this.drops['queue-full']++;
          return this.remove(queue, oldest);
        }
      }
    }
  }

  private remove(queue: Set<Waiting>, packet: Waiting): void {
    queue.delete(packet);
    this.count--;
    this.bytes -= packet.bytes.length;
    const { flow } = packet;
    if (flow !== null && --flow.waiting === 0) this.flows.delete(flow.name);
  }

  private flowFor({ bytes, priority }: Candidate): Flow | null {
    const name = flowOf(bytes);
    if (name === null) return null;
    const flow = this.flows.get(name) ?? { name, priority, waiting: 0 };
    flow.waiting++;
    this.flows.set(name, flow);
    return flow;
  }
}

function emptyClasses(): Set<Waiting>[] {
  return Array.from({ length: BACKGROUND + 1 }, () => new Set<Waiting>());
}
