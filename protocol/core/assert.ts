/**
 * Assertions catch our own mistakes, never the air's or the user's. They stay on in every build: a
 * node that has lost its bearings restarts rather than guess.
 */
import { LAWS } from './features.ts';

export function assert(holds: boolean, law: string): asserts holds {
  if (!holds) throw new Error(LAWS ? 'broken law: ' + law : '');
}
