/**
 * Intake: the settings of what a bridge takes of a peer, and of how long it remembers packets
 * (DEFAULTS §2).
 */
import { STATION_DEFAULTS } from '../../protocol/peer/settings.ts';
import { LIMIT_MAX } from '../../protocol/trust/pins.ts';
import { group, setting, whole } from './rules.ts';

const { admission, seenMax, seenAgeMs } = STATION_DEFAULTS;
/** As many as have a number of 16 bits. */
const SEEN_MAX = 65_534;

/** Of everybody to whom no person gave a rate of his own. */
export const rates = group(
  {
    messages: setting(whole(1, LIMIT_MAX), admission.messages.burst, {
      help: 'messages, files and channel acts of one sender in a minute; what is over goes no further',
      examples: [120],
    }),
    requests: setting(whole(1, LIMIT_MAX), 100, {
      help: 'what one peer may ask of this bridge in a minute, as its administrator',
      examples: [30],
    }),
  },
  'what one peer may do in a minute; hopline peers limit gives one of them another rate',
);

export const dedup = group(
  {
    packets: setting(whole(256, SEEN_MAX), seenMax, {
      help: 'packets remembered, so that none is passed on twice; then the oldest is forgotten',
      examples: [50_000],
    }),
    seconds: setting(whole(300, 86_400), seenAgeMs / 1000, {
      help: 'how long each of them is remembered; the most urgent for 300 s at any rate',
      examples: [1200],
    }),
  },
  'the packets that are remembered',
);
