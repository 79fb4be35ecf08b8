/**
 * Refusal: what a bridge says when it does not do what it was asked.
 */
import { HoplineError, saidElsewhere } from '../../protocol/errors.ts';

/** In the bridge's own words; anything else that listens there says something else. */
export function refusal(status: number, text: string, url: string): HoplineError {
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string } };
    return saidElsewhere(error.code, error.message);
  } catch {
    const detail = `${url}: what listens there is no bridge (HTTP status ${status})`;
    return new HoplineError('BRIDGE_UNREACHABLE', detail);
  }
}
