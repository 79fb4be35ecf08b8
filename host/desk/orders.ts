/**
 * Orders: what stands in the argument of an order to a bridge, in JSON. Whoever wrote it may be of
 * another version, or mean harm: what is not as it should be is refused before anything is done.
 */
import { HoplineError } from '../../protocol/errors.ts';
import type { StandingName } from '../../protocol/trust/pins.ts';
import { LIMIT_MAX, STANDING_NAMES } from '../../protocol/trust/pins.ts';
import type { PeerChange } from '../http/desk.ts';

/** Settings of one change, as the API has it. */
const CHANGES_MAX = 100;

export function changesIn(argument: string): Record<string, unknown> {
  const changes = objectIn(argument);
  const count = Object.keys(changes).length;
  if (count === 0 || count > CHANGES_MAX) throw malformed(`it has ${count} changes`);
  return changes;
}

export function judgementIn(argument: string): { peer: string; change: PeerChange } {
  const { peer, standing, isDenied, isQuarantined, perMinute, ...rest } = objectIn(argument);
  const change: PeerChange = {};
  if (typeof peer !== 'string' || !/^[0-9a-f]{16}$/.test(peer)) throw malformed('it names no peer');
  if (standing !== undefined) {
    if (!isStanding(standing)) throw malformed('no peer has such a standing');
    change.standing = STANDING_NAMES[standing];
  }
  if (isDenied !== undefined) change.isDenied = flagIn(isDenied);
  if (isQuarantined !== undefined) change.isQuarantined = flagIn(isQuarantined);
  if (perMinute !== undefined) change.perMinute = rateIn(perMinute);
  if (Object.keys(rest).length > 0) throw malformed('it says more of a peer than is known here');
  return { peer, change };
}

export function levelIn(argument: string): string {
  const { level } = objectIn(argument);
  if (typeof level !== 'string') throw malformed('it names no level');
  return level;
}

/** The start of the run that is to end. */
export function startIn(argument: string): number {
  const { startedAt } = objectIn(argument);
  if (typeof startedAt !== 'number') throw malformed('it does not say which run is to end');
  return startedAt;
}

function isStanding(value: unknown): value is StandingName {
  return typeof value === 'string' && Object.hasOwn(STANDING_NAMES, value);
}

function objectIn(argument: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(argument);
  } catch (cause) {
    throw malformed('it is no JSON', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed('it is no object');
  }
  return value as Record<string, unknown>;
}

function flagIn(value: unknown): boolean {
  if (typeof value !== 'boolean') throw malformed('a flag is true or false');
  return value;
}

function rateIn(value: unknown): number | null {
  const isRate = Number.isInteger(value) && Number(value) >= 1 && Number(value) <= LIMIT_MAX;
  if (value !== null && !isRate) throw malformed(`a rate is 1 to ${LIMIT_MAX} a minute`);
  return value as number | null;
}

function malformed(what: string, cause?: unknown): HoplineError {
  const detail = `the order cannot be understood: ${what}; both bridges should be of one version`;
  return new HoplineError('REQUEST_INVALID', detail, { cause });
}
