/**
 * Relay service: what a running relay answers to programs of its user, in values that survive JSON.
 * Unlike the log, it may show frames whole: only the relay's own user can ask.
 */
import { HoplineError } from '../../protocol/errors.ts';
import type { StationEvent } from '../../protocol/peer/contract.ts';
import { fromHex, toHex } from '../../protocol/wire/hex.ts';
import type { Audience, Pong, Report, WatchedFrame } from './audience.ts';
import type { Sighted } from './neighbourhood.ts';
import type { StatusService, Values } from './status-socket.ts';

/** The answer to `status`. */
export type StatusAnswer = Report & { version: string };
/** The answer to `scan`. */
export type ScanAnswer = Sighted[];
/** The answer to `ping`: null when nothing came back. */
export type PingAnswer = Pong | null;
/** The answer to `trace`: a hop each. */
export type TraceAnswer = {
  id: string;
  distance: number;
  medium: 'air' | 'wire';
  rssi: number | null;
  roundTripMs: number | null;
}[];
/** An event of `packets`. */
export type FrameEvent = {
  unixMs: number;
  link: number;
  way: 'heard' | 'sent';
  frame: string;
  missed: number;
};

export function relayService(relay: Audience, version: string): StatusService {
  return {
    ask(question, values) {
      switch (question) {
        case 'status':
          return Promise.resolve({ version, ...relay.report() } satisfies StatusAnswer);
        case 'scan':
          return Promise.resolve(relay.neighbours() satisfies ScanAnswer);
        case 'ping':
          return relay.ping(idOf(values)) satisfies Promise<PingAnswer>;
        case 'trace':
          return traced(relay, idOf(values));
        default:
          return null;
      }
    },

    follow(what, _values, event) {
      switch (what) {
        case 'packets':
          return relay.watch((frame) => event(frameEvent(frame)));
        case 'events':
          return relay.listen((told) => event(plain(told)));
        default:
          return null;
      }
    },
  };
}

async function traced(relay: Audience, id: Uint8Array): Promise<TraceAnswer> {
  const hops = await relay.trace(id);
  return hops
    .map(({ target: _, id: hop, ...rest }) => ({ id: toHex(hop), ...rest }))
    .sort((a, b) => a.distance - b.distance);
}

function idOf({ id }: Values): Uint8Array {
  const bytes = typeof id === 'string' ? fromHex(id) : null;
  if (bytes === null || bytes.length !== 8) {
    throw new HoplineError('REQUEST_INVALID', 'id takes 16 hex digits');
  }
  return bytes;
}

function frameEvent({ unixMs, link, way, bytes, missed }: WatchedFrame): FrameEvent {
  return { unixMs, link, way, frame: toHex(bytes), missed };
}

/** Bytes as hex. */
function plain(event: StationEvent): unknown {
  const text = JSON.stringify(event, (_, value) =>
    value instanceof Uint8Array ? toHex(value) : (value as unknown),
  );
  return JSON.parse(text);
}
