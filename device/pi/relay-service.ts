/**
 * Relay service: what a running relay answers to programs of its user, in values that survive JSON.
 * Unlike the log, it may show frames whole: only the relay's own user can ask.
 */
import { HoplineError } from '../../protocol/errors.ts';
import type { StationEvent } from '../../protocol/peer/contract.ts';
import type { HopView } from '../../protocol/peer/hop-view.ts';
import { hopViews } from '../../protocol/peer/hop-view.ts';
import { fromHex, toHex } from '../../protocol/wire/hex.ts';
import type { Audience, Pong, Report, WatchedFrame } from './audience.ts';
import type { Sighted } from './neighbourhood.ts';
import type { StatusService, Values } from './status-socket.ts';

/** The answer to `status`; `carried` and `condition` are a bridge's alone. */
export type StatusAnswer = Report & {
  version: string;
  carried?: CarriedAnswer;
  condition?: ConditionAnswer;
};
/** Scores are from 0 to 1, null where nothing is known; health is null while nothing sees to it. */
export type ConditionAnswer = {
  health: { category: string; score: number | null }[] | null;
  /** `why` tells what to do about it; null while it is well. */
  components: { name: string; state: string; why: string | null }[];
  /** What is wrong, in sentences that say what to do. */
  problems: string[];
};
/** Mbit/s of the last second, and what may be; connections are those whose way takes too little. */
export type CarriedAnswer = {
  by: 'clients' | 'lines' | 'radios';
  inMbps: number;
  outMbps: number;
  limitMbps: number;
  slowed: number;
}[];
/** The answer to `scan`. */
export type ScanAnswer = Sighted[];
/** The answer to `ping`: null when nothing came back. */
export type PingAnswer = Pong | null;
/** The answer to `trace`. */
export type TraceAnswer = {
  hops: HopView[];
  /** Which way packets take to the peer, and why; null for a relay that knows no routes. */
  choice: string | null;
  /** That the peer is turned away or kept apart, and what undoes it; null where it is not. */
  shunned: string | null;
};
/** An event of `packets`. */
export type FrameEvent = {
  unixMs: number;
  link: number;
  way: 'heard' | 'sent';
  frame: string;
  /** Why it went no further; null for what did. */
  dropped: string | null;
  missed: number;
};

/** What only a bridge knows. */
export type BridgeService = {
  /** Which way packets to a peer take, and why. */
  choiceOf(id: Uint8Array): string | null;
  /** That it is turned away or kept apart, and what undoes it. */
  shunnedAs(id: Uint8Array): string | null;
  carried(): CarriedAnswer;
  condition(): ConditionAnswer;
};

export function relayService(
  relay: Audience,
  version: string,
  bridge: BridgeService | null = null,
): StatusService {
  return {
    ask(question, values) {
      switch (question) {
        case 'status':
          return Promise.resolve(statusOf(relay, version, bridge));
        case 'scan':
          return Promise.resolve(relay.neighbours() satisfies ScanAnswer);
        case 'ping':
          return relay.ping(idOf(values)) satisfies Promise<PingAnswer>;
        case 'trace':
          return traced(relay, idOf(values), bridge);
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

function statusOf(relay: Audience, version: string, bridge: BridgeService | null): StatusAnswer {
  const answer = { version, ...relay.report() };
  if (bridge === null) return answer;
  return { ...answer, carried: bridge.carried(), condition: bridge.condition() };
}

async function traced(
  relay: Audience,
  id: Uint8Array,
  bridge: BridgeService | null,
): Promise<TraceAnswer> {
  const hops = hopViews(await relay.trace(id));
  const [choice, shunned] = [bridge?.choiceOf(id) ?? null, bridge?.shunnedAs(id) ?? null];
  return { hops, choice, shunned };
}

function idOf({ id }: Values): Uint8Array {
  const bytes = typeof id === 'string' ? fromHex(id) : null;
  if (bytes === null || bytes.length !== 8) {
    throw new HoplineError('REQUEST_INVALID', 'id takes 16 hex digits');
  }
  return bytes;
}

function frameEvent({ bytes, ...rest }: WatchedFrame): FrameEvent {
  return { ...rest, frame: toHex(bytes) };
}

/** Bytes as hex. */
function plain(event: StationEvent): unknown {
  const text = JSON.stringify(event, (_, value) =>
    value instanceof Uint8Array ? toHex(value) : (value as unknown),
  );
  return JSON.parse(text);
}
