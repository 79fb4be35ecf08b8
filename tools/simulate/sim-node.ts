/**
 * Simulated node: whoever may live in a mesh; a station, a bridge, or what a test makes.
 */
import type { BridgeInput, BridgeOutput } from '../../host/bridge.ts';
import type { Millis, Tick } from '../../protocol/core/machine.ts';
import type { StationInput, StationOutput } from '../../protocol/peer/contract.ts';

export type SimInput = StationInput | BridgeInput;
export type SimOutput = StationOutput | BridgeOutput;

/** Of what it gives out, a mesh performs `write` and `disconnect`. */
export interface SimNode {
  step(input: SimInput | Tick, now: Millis): readonly SimOutput[];
  deadline(): Millis;
}
