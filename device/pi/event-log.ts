/**
 * Event log: what a station tells, as lines of a log, without what anybody wrote (S21).
 */
import type { StationEvent } from '../../protocol/peer/contract.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { Log } from './log.ts';

export function logEvent(event: StationEvent, log: Log): void {
  switch (event.kind) {
    case 'peer-seen':
      return log.info('peer', { id: toHex(event.id), name: event.name, direct: event.isDirect });
    case 'peer-left':
      return log.info('peer left', { id: toHex(event.id), name: event.name, why: event.reason });
    case 'message':
      return log.debug('message', {
        id: event.id,
        from: toHex(event.sender),
        verified: event.isVerified,
      });
    case 'note':
      return log.info('note said on', { device: toHex(event.device), name: event.name });
    case 'link-settled':
      return log.info('link', {
        link: event.link,
        medium: event.medium,
        mode: event.mode,
        id: toHex(event.id),
        name: event.name,
      });
    case 'link-bound':
      return log.info('link is of a phone', { link: event.link, id: toHex(event.id) });
    case 'link-closed':
      return log.info('link closed', { link: event.link });
    case 'alarm':
      return log.warn('another key is shown for a known peer', { id: toHex(event.id) });
    default:
      return log.debug(event.kind);
  }
}
