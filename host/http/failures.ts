/**
 * Failures: which HTTP status goes with which code, and how a failure is written. What is no
 * HoplineError is our own mistake: the log hears of it, whoever asked does not.
 */
import { HoplineError } from '../../protocol/errors.ts';
import { printable } from '../../protocol/printable.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { BODY_MAX } from './limits.ts';

/** Everything else is 500: the bridge cannot do what it should. */
const HTTP_STATUS: Partial<Record<ErrorCode, number>> = {
  REQUEST_INVALID: 400,
  TOKEN_REFUSED: 401,
  LOGIN_REFUSED: 401,
  SITE_REFUSED: 403,
  NOT_FOUND: 404,
  PEER_UNKNOWN: 404,
  AMBIGUOUS_NAME: 409,
  REQUEST_TOO_LARGE: 413,
  NODE_LOCKED: 403,
  NODE_REFUSED: 409,
  NODE_LOST: 504,
  BRIDGE_DIFFERS: 502,
  TOO_OFTEN: 429,
  TOO_MANY: 503,
  STORE_FAILING: 503,
  COMPONENT_FAILED: 503,
  RELAY_BROKEN: 503,
};

export type Failure = { status: number; body: { error: { code: ErrorCode; message: string } } };

export function failureOf(cause: unknown): Failure {
  const known = cause instanceof HoplineError ? cause : (translated(cause) ?? FAULT);
  const { code, message } = known;
  return { status: HTTP_STATUS[code] ?? 500, body: { error: { code, message } } };
}

/** Whether the failure is one that a person should look into. */
export function isFault(cause: unknown): boolean {
  return !(cause instanceof HoplineError) && translated(cause) === null;
}

/** Of what somebody made up, as much as tells it apart. */
const NAME_SHOWN = 60;

const FAULT = new HoplineError('BRIDGE_FAULT', 'its log says more; please report it');

/** What a schema finds amiss. */
type Amiss = {
  instancePath: string;
  message?: string;
  keyword?: string;
  params?: Record<string, unknown>;
};

/** A part of a request that is not as its schema says. */
export function unlike(
  part: string,
  { instancePath, message = 'is not as it should be', keyword, params }: Amiss,
): HoplineError {
  const where = `${part}${instancePath.replaceAll('/', '.')}`;
  const isEmpty = keyword === 'minLength' && params?.['limit'] === 1;
  const isUnknown = keyword === 'additionalProperties';
  const unknown = `takes no "${printable(String(params?.['additionalProperty'])).slice(0, NAME_SHOWN)}"`;
  const what = isEmpty ? 'is empty' : isUnknown ? unknown : message;
  return new HoplineError('REQUEST_INVALID', `${where} ${what}`);
}

/** What Fastify says of a request, in our words. */
function translated(cause: unknown): HoplineError | null {
  const { code, statusCode } = cause as { code?: string; statusCode?: number };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return tooLarge();
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new HoplineError('REQUEST_INVALID', 'it is not well formed');
  }
  return null;
}

function tooLarge(): HoplineError {
  return new HoplineError('REQUEST_TOO_LARGE', `a body has at most ${BODY_MAX} bytes`);
}
