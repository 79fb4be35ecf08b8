/**
 * The one contract every protocol component keeps.
 *
 * A machine owns no clock, no radio and no randomness. Someone else (the driver on real hardware,
 * or the simulator) feeds it one input at a time together with the current time, and performs the
 * outputs it returns, in order, before the next step. Two machines built alike and fed alike are
 * alike, forever.
 *
 * There is no timer output. After every step the driver asks for `deadline()` and promises a tick
 * at or after it; ticks that come early or twice do nothing.
 */
export type Millis = number;

export type Tick = { kind: 'tick' };
export const TICK: Tick = { kind: 'tick' };

export interface Machine<Input, Output> {
  step(input: Input | Tick, now: Millis): Output[];
  /** When the machine next wants a tick. `Infinity` if it is waiting for nothing. */
  deadline(): Millis;
}

/** An integer drawn uniformly from [0, below). */
export type Random = (below: number) => number;
