/**
 * Audience: those who ask a station how it is, watch its packets, listen to what it tells, or wait for
 * the answer to a ping or a trace.
 */
import { HoplineError } from '../../protocol/errors.ts';
import type {
  StationEvent,
  StationInput,
  TappedFrame,
  TracedHop,
} from '../../protocol/peer/contract.ts';
import type { Snapshot } from '../../protocol/peer/snapshot.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { Hardware, RadioReport } from './hardware.ts';
import type { Log } from './log.ts';
import type { Sighted } from './neighbourhood.ts';
import type { SkewReading } from './skew.ts';
import type { WallClock } from './wall-clock.ts';
import type { WireStatus } from './wires.ts';

/** Pings and traces that wait for their answers; more are refused. */
const WAITING_MAX = 8;

export type Pong = { roundTripMs: number; hops: number | null };

/** A frame for a person who watches, with when it was seen. */
export type WatchedFrame = TappedFrame & { unixMs: number };

/** Everything about a station on this machine, in values that survive JSON. */
export type Report = {
  pid: number;
  startedAt: number;
  rssBytes: number;
  radio: RadioReport;
  wires: WireStatus[];
  clock: SkewReading & { isKnown: boolean };
  station: Snapshot;
};

export type Stage = {
  hardware: Hardware;
  wallClock: WallClock;
  snapshot(): Snapshot;
  /** False when the question was not taken. */
  feed(question: Question): boolean;
  log: Log;
};

type Question = Extract<StationInput, { kind: 'ping' | 'trace' | 'tap' }>;

export class Audience {
  private readonly stage: Stage;
  private readonly startedAt = Date.now();
  private readonly watchers = new Set<(frame: WatchedFrame) => void>();
  private readonly listeners = new Set<(event: StationEvent) => void>();
  private waiting = 0;

  constructor(stage: Stage) {
    this.stage = stage;
  }

  report(): Report {
    const { hardware, wallClock, snapshot } = this.stage;
    return {
      pid: process.pid,
      startedAt: this.startedAt,
      rssBytes: process.memoryUsage.rss(),
      radio: hardware.radioReport(),
      wires: hardware.wireReport(),
      clock: { ...hardware.skewReading(), isKnown: wallClock.isKnown },
      station: snapshot(),
    };
  }

  /**
   * Who advertises within our hearing. An advertisement has room for five letters of a name, so a node
   * is called what it says of itself elsewhere, where that was heard.
   */
  neighbours(): Sighted[] {
    const { links, peers } = this.stage.snapshot();
    const names = new Map([
      ...links.map(({ peer, name }) => [peer, name] as const),
      ...peers.map(({ id, name }) => [id, name] as const),
    ]);
    const { hardware } = this.stage;
    return hardware
      .neighbours()
      .map((seen) => ({ ...seen, name: (seen.id && names.get(seen.id)) || seen.name }));
  }

  /** Calls `watcher` with every frame until the returned function is called. */
  watch(watcher: (frame: WatchedFrame) => void): () => void {
    this.watchers.add(watcher);
    this.stage.log.debug('watched', { watchers: this.watchers.size });
    this.stage.feed({ kind: 'tap', isOn: true });
    return () => {
      this.watchers.delete(watcher);
      if (this.watchers.size === 0) this.stage.feed({ kind: 'tap', isOn: false });
    };
  }

  listen(listener: (event: StationEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Null when nothing came back. */
  ping(id: Uint8Array): Promise<Pong | null> {
    return this.asked<Pong | null>('ping', id, (event, done) => {
      const { roundTripMs, hops } = event as Pong;
      if (event.kind === 'pong') done({ roundTripMs, hops });
      if (event.kind === 'ping-lost') done(null);
    });
  }

  /** The nodes that answered, as they did. */
  trace(id: Uint8Array): Promise<TracedHop[]> {
    const hops: TracedHop[] = [];
    return this.asked<TracedHop[]>('trace', id, (event, done) => {
      if (event.kind === 'hop') hops.push(event.hop);
      if (event.kind === 'trace-done') done(hops);
    });
  }

  tell(event: StationEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  show(frame: TappedFrame): void {
    const watched = { ...frame, unixMs: Date.now() };
    for (const watcher of this.watchers) watcher(watched);
  }

  /** Feeds a question and hears until it is answered or refused. */
  private asked<Answer>(
    kind: 'ping' | 'trace',
    id: Uint8Array,
    hear: (event: StationEvent, done: (answer: Answer) => void) => void,
  ): Promise<Answer> {
    if (toHex(id) === this.stage.snapshot().id) throw refused('self');
    if (this.waiting >= WAITING_MAX) throw refused('busy');
    this.waiting++;
    return new Promise<Answer>((resolve, reject) => {
      const end = this.listen((event) => {
        if (event.kind === 'refused' && event.what === kind)
          return finish(() => reject(refused(event.reason)));
        if (isAbout(event, id)) hear(event, (answer) => finish(() => resolve(answer)));
      });
      const finish = (settle: () => void): void => {
        end();
        this.waiting--;
        settle();
      };
      if (!this.stage.feed({ kind, id })) finish(() => reject(refused('busy')));
    });
  }
}

function isAbout(event: StationEvent, id: Uint8Array): boolean {
  const about = event.kind === 'hop' ? event.hop.target : 'id' in event ? event.id : null;
  return about instanceof Uint8Array && toHex(about) === toHex(id);
}

/** What a station did not do, for people. */
function refused(reason: string): HoplineError {
  const why: Record<string, string> = {
    'no-clock': 'the relay does not know the time; set its clock',
    self: 'that is this node itself; name another peer',
    busy: 'it asks too much at once already; try again in a moment',
    left: 'the relay is ending',
  };
  return new HoplineError('REQUEST_INVALID', why[reason] ?? reason);
}
