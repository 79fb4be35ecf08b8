/**
 * Pty: whether there are cables to test with. Tests that need one are skipped by name where socat is
 * not installed.
 */
import { hasSocat } from '../tools/bench/cable.ts';

export { cable } from '../tools/bench/cable.ts';
export type { Cable } from '../tools/bench/cable.ts';

export const SOCAT = hasSocat();
export const WITHOUT_SOCAT = SOCAT ? '' : ' (skipped: no socat)';
