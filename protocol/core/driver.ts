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
 * driver builds a new machine from what is durable.
 */
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
  /** The driver has halted. Called once. */
  halted(cause: unknown): void;
}

/** Inputs that may wait. Beyond it `feed` refuses, and the adapter must hold back its source. */
export const INBOX_MAX = 1024;

export class Driver<Input extends { kind: string }, Output extends { kind: string }> {
  private readonly machine: Machine<Input, Output>;
  private readonly clock: Clock;
  private readonly adapters: Adapters<Output>;
  private inbox: (Input | Tick)[] = [];
  private asked = false;
  private running = false;
  private isHalted = false;

  constructor(machine: Machine<Input, Output>, clock: Clock, adapters: Adapters<Output>) {
    this.machine = machine;
    this.clock = clock;
    this.adapters = adapters;
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
    this.asked = true;
    this.clock.soon(() => this.drain());
  }

  private drain(): void {
    this.asked = false;
    this.running = true;
    try {
      while (this.inbox.length > 0) this.runBatch();
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
    if (stores.length > 0) this.adapters.commit(stores);
    for (let i = 0; i < rest.length; i++) this.adapters.perform(rest[i]);
  }

  private rearm(): void {
    this.clock.wakeAt(this.machine.deadline(), () => {
      if (this.isHalted) return;
      this.inbox.push(TICK);
      this.ask();
    });
  }
}
