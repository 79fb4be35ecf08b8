/**
 * Driver: runs one machine against a real clock. This is the only loop in the product; the relay,
 * the bridge and the tools all use it, and the simulator replaces it.
 *
 * It keeps four promises to the machine: inputs arrive one at a time and in order; what a batch of
 * them wants stored is committed together before anything else of the batch is performed; outputs
 * are performed in order before the next batch; and a tick follows every deadline.
 *
 *   feed, feed, feed -> [step step step] -> commit stores -> perform the rest -> wake at deadline
 *
 * An adapter never throws into the driver: what can fail outside comes back as an input. If one
 * throws all the same, or a law of the machine is broken, the driver halts for good: nothing more
 * of the batch is performed, so nothing is acknowledged that was not stored, and whoever owns the
 * driver builds a new machine from what is durable. Only what a commit failed of and the adapter
 * says will heal is waited for: the batch is kept as it is, and stored again ever more rarely.
 */
import { RETRIES } from './features.ts';
import type { Machine, Millis, Tick } from './machine.ts';
import { TICK } from './machine.ts';

export interface Clock {
  /** Monotonic milliseconds. */
  now(): Millis;
  /** Calls `wake` once, at or after `at`; replaces the call asked for before. */
  wakeAt(at: Millis, wake: () => void): void;
  /** Calls `run` once, as soon as the caller has returned; may call at once. */
  soon(run: () => void): void;
}

export interface Adapters<Output> {
  /** Makes all outputs of kind `store` durable, or none, and throws if it cannot. */
  commit(stores: Output[]): void;
  /** Performs any other output. */
  perform(output: Output): void;
  /** Whether what `commit` threw may pass, so that the same is worth another try; absent for never. */
  willHeal?: (cause: unknown) => boolean;
  /** The driver has halted. Called once. */
  halted(cause: unknown): void;
}

/** Inputs that may wait. Beyond it `feed` refuses, and the adapter must hold back its source. */
export const INBOX_MAX = 1024;

/** The wait before what could not be stored is tried again, doubled at each failure. */
export const RETRY_MS = 250;
export const RETRY_MAX_MS = 10_000;

/** A batch of outputs, and how long it waits before it is tried again. */
type Waiting<Output> = { stores: Output[]; rest: Output[]; waitMs: Millis };

export class Driver<Input extends { kind: string }, Output extends { kind: string }> {
  private readonly machine: Machine<Input, Output>;
  private readonly clock: Clock;
  private readonly adapters: Adapters<Output>;
  private inbox: (Input | Tick)[] = [];
  private asked = false;
  private running = false;
  private isHalted = false;
  /** A batch that waits to be stored. Nothing is stepped meanwhile. */
  declare private waiting: Waiting<Output> | null;

  constructor(machine: Machine<Input, Output>, clock: Clock, adapters: Adapters<Output>) {
    this.machine = machine;
    this.clock = clock;
    this.adapters = adapters;
    if (RETRIES) this.waiting = null;
  }

  /** False when the input was not taken: the inbox is full, or the driver has halted. */
  feed(input: Input | Tick): boolean {
    if (this.isHalted || this.inbox.length >= INBOX_MAX) return false;
    this.inbox.push(input);
    this.ask();
    return true;
  }

  /** Performing an output may feed the next input; it waits for the next batch rather than nest. */
  private ask(): void {
    if (this.asked || this.running) return;
    // The alarm wakes us, and no input before it: a disk that fails is not hurried.
    if (RETRIES && this.waiting !== null) return;
    this.asked = true;
    this.clock.soon(() => this.drain());
  }

  private drain(): void {
    this.asked = false;
    this.running = true;
    try {
      if (RETRIES && this.waiting !== null) this.settle(this.waiting);
      while (this.inbox.length > 0 && !(RETRIES && this.waiting !== null)) this.runBatch();
      this.running = false;
      this.rearm();
    } catch (cause) {
      this.isHalted = true;
      this.inbox = [];
      this.adapters.halted(cause);
    }
  }

  private runBatch(): void {
    const batch = this.inbox;
    this.inbox = [];
    const stores: Output[] = [];
    const rest: Output[] = [];
    for (let i = 0; i < batch.length; i++) {
      const outputs = this.machine.step(batch[i], this.clock.now());
      for (let k = 0; k < outputs.length; k++) {
        (outputs[k].kind === 'store' ? stores : rest).push(outputs[k]);
      }
    }
    if (RETRIES) return this.settle({ stores: stores, rest: rest, waitMs: 0 });
    if (stores.length > 0) this.adapters.commit(stores);
    for (let i = 0; i < rest.length; i++) this.adapters.perform(rest[i]);
  }

  /** Stores and performs a batch, or keeps it whole for another time. */
  private settle(batch: Waiting<Output>): void {
    const adapters = this.adapters;
    try {
      if (batch.stores.length > 0) adapters.commit(batch.stores);
      this.waiting = null;
    } catch (cause) {
      if (adapters.willHeal === undefined || !adapters.willHeal(cause)) throw cause;
      batch.waitMs = Math.min(Math.max(RETRY_MS, batch.waitMs * 2), RETRY_MAX_MS);
      this.waiting = batch;
      return;
    }
    for (let i = 0; i < batch.rest.length; i++) adapters.perform(batch.rest[i]);
  }

  private rearm(): void {
    if (RETRIES && this.waiting !== null) {
      this.clock.wakeAt(this.clock.now() + this.waiting.waitMs, () => this.drain());
      return;
    }
    this.clock.wakeAt(this.machine.deadline(), () => {
      if (this.isHalted) return;
      this.inbox.push(TICK);
      this.ask();
    });
  }
}
