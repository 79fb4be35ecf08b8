/**
 * Bridge, its word: messages from a bridge to another, over a real line, until the sender knows that
 * they lie on the other's disk. Both are whole daemons with stores on a real disk: the sender is here,
 * the recipient in a process of its own.
 */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { thisMachine } from '../../device/pi/this-machine.ts';
import type { DaemonEvent } from '../../host/daemon.ts';
import { Daemon } from '../../host/daemon.ts';
import type { StatusView } from '../../host/http/views.ts';
import type { Wish } from '../../host/types.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { fromHex } from '../../protocol/wire/hex.ts';
import { settingsIn } from '../up/settings.ts';
import type { Part } from './bridge-part.ts';
import { RunningBridge } from './bridge-running.ts';
import { syncsPerSecond } from './bridge-store.ts';
import { percentile } from './percentile.ts';
import type { Result } from './report.ts';

const SENDERS = 20;
/** Messages that each of them has under way. */
const UNDER_WAY = 10;
const WARM_UP_MS = 2000;
const MEASURED_MS = { short: 4000, full: 20_000 };
/** From the start until they have met. */
const PATIENCE_MS = 60_000;

const ALONE = 'radio: { on: false }\nserial: none\nhttp: { port: 0 }\nlog: silent\n';

export const durableFigures: Part = async (progress, isFull) => {
  const home = fs.mkdtempSync(join(tmpdir(), 'hopline-bench-'));
  const measuredMs = isFull ? MEASURED_MS.full : MEASURED_MS.short;
  let two: TwoBridges | null = null;
  try {
    const syncs = syncsPerSecond(join(home, 'bare'));
    progress('two bridges meet');
    two = await TwoBridges.open(home);
    const { peer } = two;
    progress(`private messages of ${SENDERS} senders`);
    const tell = (text: string): Wish => ({ kind: 'tell', peer, text });
    const private_ = await two.measure(tell, arrivalOf, measuredMs);
    progress(`signed public messages of ${SENDERS} senders`);
    const said = await two.measure((text) => ({ kind: 'say', text }), null, measuredMs);
    return [
      ...figures('durable.', private_, syncs),
      { name: 'durable.public_messages_per_s', value: said.perSecond, unit: 'messages/s' },
    ];
  } finally {
    await two?.close();
    fs.rmSync(home, { recursive: true, force: true });
  }
};

/** The id of a message that lies at its recipient's from now on, or null. */
function arrivalOf({ of, event }: DaemonEvent): string | null {
  if (of !== 'talk' || event.kind !== 'message-state') return null;
  return event.state === 'delivered' ? event.name.id : null;
}

type Measured = { perSecond: number; tookMs: number[] };

/** Beside one sync of a bare file for each. */
function figures(prefix: string, { perSecond, tookMs }: Measured, syncs: number): Result[] {
  return [
    { name: `${prefix}messages_per_s`, value: perSecond, unit: 'messages/s', baseline: syncs },
    ...[50, 95, 99].map((share) => ({
      name: `${prefix}p${share}_ms`,
      value: percentile(tookMs, share / 100),
      unit: 'ms',
    })),
  ];
}

class TwoBridges {
  /** The recipient. */
  readonly peer: Uint8Array;
  private readonly daemon: Daemon;
  private readonly other: RunningBridge;

  private constructor(daemon: Daemon, other: RunningBridge, peer: Uint8Array) {
    this.daemon = daemon;
    this.other = other;
    this.peer = peer;
  }

  static async open(home: string): Promise<TwoBridges> {
    const mine = join(home, 'mine.yaml');
    fs.writeFileSync(mine, `${ALONE}listen: { host: 127.0.0.1, port: 0 }\n`);
    const config = settingsIn(mine, join(home, 'mine'), {});
    const quiet = (): void => {};
    const log = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };
    const ports = {
      ...thisMachine({}),
      log,
      version: 'bench',
      isVirtual: false,
      broken(cause: unknown): never {
        throw cause;
      },
    };
    const daemon = await Daemon.start(config, ports);
    let other: RunningBridge | null = null;
    try {
      const address = `127.0.0.1:${daemon.listening!.port}`;
      const invite = await daemon.ask({ kind: 'invite', address });
      if (invite.kind !== 'invited') throw new HoplineError('CHECKS_FAILED', 'nobody is invited');
      const theirs = join(home, 'theirs.yaml');
      fs.writeFileSync(theirs, `${ALONE}listen: { port: off }\n`);
      other = await RunningBridge.start(theirs, join(home, 'theirs'));
      await other.ask({ path: 'lines', body: { line: invite.line } });
      const { id } = (await other.ask({ path: 'status' })) as StatusView;
      const late = performance.now() + PATIENCE_MS;
      while (!daemon.snapshot().station.peers.some((peer) => peer.id === id)) {
        if (performance.now() > late) throw new HoplineError('CHECKS_FAILED', 'they do not meet');
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return new TwoBridges(daemon, other, fromHex(id)!);
    } catch (failure) {
      await Promise.all([daemon.leave(), other?.end()]);
      throw failure;
    }
  }

  /** `isThere` gives the id of a message that arrived; null where being stored here is all. */
  async measure(
    wish: (text: string) => Wish,
    isThere: ((event: DaemonEvent) => string | null) | null,
    measuredMs: number,
  ): Promise<Measured> {
    const arrived = new Map<string, () => void>();
    const unheard = new Set<string>();
    const stop = this.daemon.follow((event) => {
      const id = isThere?.(event) ?? null;
      if (id === null) return;
      const resolve = arrived.get(id);
      if (resolve === undefined) unheard.add(id);
      resolve?.();
    });
    const began = performance.now() + WARM_UP_MS;
    const ends = began + measuredMs;
    const tookMs: number[] = [];
    const send = async (at: number): Promise<void> => {
      for (let count = 0; performance.now() < ends; count++) {
        const sentAt = performance.now();
        const answer = await this.daemon.ask(wish(`message ${count} of ${at}, a line or so long`));
        if (answer.kind !== 'stored') {
          throw new HoplineError('CHECKS_FAILED', `a message was not taken: ${answer.kind}`);
        }
        const { id } = answer.name;
        if (isThere !== null && !unheard.delete(id)) {
          await new Promise<void>((resolve) => arrived.set(id, resolve));
          arrived.delete(id);
        }
        const now = performance.now();
        if (sentAt >= began && now < ends) tookMs.push(now - sentAt);
      }
    };
    await Promise.all(Array.from({ length: SENDERS * UNDER_WAY }, (_, at) => send(at)));
    stop();
    return { perSecond: (tookMs.length / measuredMs) * 1000, tookMs };
  }

  async close(): Promise<void> {
    await Promise.all([this.daemon.leave(), this.other.end()]);
  }
}
