/**
 * Refusals: why a wish was not done, as failures for people.
 */
import type { ErrorCode } from '../../protocol/errors.ts';
import { HoplineError } from '../../protocol/errors.ts';
import type { WishRefusal } from '../types.ts';

const WHY: Record<WishRefusal, [ErrorCode, string]> = {
  'no-clock': [
    'REQUEST_INVALID',
    'the bridge does not know the time; set the clock of its machine',
  ],
  left: ['RELAY_BROKEN', 'it is ending'],
  busy: ['TOO_MANY', 'it does all it can at once already; try again in a moment'],
  empty: ['REQUEST_INVALID', 'a message has at least one character'],
  'too-long': ['REQUEST_INVALID', 'the message is too long; send it in pieces'],
  'own-id': ['REQUEST_INVALID', 'that is this bridge itself; name another peer'],
  'unknown-peer': ['PEER_UNKNOWN', 'he was never heard, so there are no keys to write to him with'],
  denied: ['REQUEST_INVALID', 'he was turned away here; allow him first'],
  distrusted: [
    'REQUEST_INVALID',
    'he shows another key than before: compare fingerprints, then forget him, or give him a standing',
  ],
  'bad-rate': ['REQUEST_INVALID', 'a rate is 1 to 6000 messages a minute'],
  failed: ['COMPONENT_FAILED', 'it is begun anew within a minute; try again then'],
  'out-of-range': ['REQUEST_INVALID', 'no setting may be so; see the limits in the API'],
  full: ['TOO_MANY', 'too much waits for him already; try again when he was in reach'],
};

export function refusalOf(reason: WishRefusal): HoplineError {
  return new HoplineError(...WHY[reason]);
}
