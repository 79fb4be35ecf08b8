/**
 * Virtual day: a whole bridge on a virtual island, as `npm start` runs it, on a clock that is the
 * test's. Its store is on the disk, its API on a real port, and hours pass in seconds; one seed, one
 * history. Who holds it has the timers of the process, so there is one at a time.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { vi } from 'vitest';
import { writeBridgeFile } from '../../../host/daemon/bridge-file.ts';
import { Setup } from '../../../host/daemon/setup.ts';
import { openTokenFile } from '../../../host/daemon/token-file.ts';
import type { Daemon } from '../../../host/daemon.ts';
import { DaemonDesk } from '../../../host/desk.ts';
import { LogLines } from '../../../host/desk/log-lines.ts';
import type { HttpServer } from '../../../host/http/server.ts';
import { openHttp } from '../../../host/http/server.ts';
import { openLog } from '../../../device/pi/log.ts';
import { startInVirtualWorld } from '../../../tools/island/virtual-daemon.ts';
import type { Cast, Part } from '../../../tools/simulate/scripts.ts';
import { FAR, HOME } from '../../../tools/simulate/scripts.ts';
import { seededRandom } from '../../../tools/simulate/random.ts';
import { settingsFile } from '../../../tools/up/settings.ts';
import { version } from '../../../tools/version.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { portsOf } from '../daemon-rig.ts';
import { MemoryLines } from '../links/memory-lines.ts';
import { FAST } from '../store/crash.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
/** What the day begins with. */
const MIDNIGHT = Date.UTC(2026, 10, 21);
/** The person of this bridge says something so often, and as much again by chance. */
const WORD_MS = 20_000;
/** The line to the other island fails for so long. */
const CUT_MS = MINUTE_MS / 2;
/** Looks at whether that is mended; a line is dialled again every two minutes at the latest. */
const CALM_TRIES = 30;
/** While others do something in real time, a millisecond of theirs is so many of ours. */
const LIVE_SPEED = 20;

/** As pino numbers levels. */
const WARN = 40;
/** Alarms of one millisecond. */
const AT_ONCE_MAX = 50;

const realTimeout = setTimeout;
const realImmediate = setImmediate;

type Parts = {
  folder: string;
  token: string;
  cutEveryMs: number;
  daemon: Daemon;
  server: HttpServer;
};

export class VirtualDay {
  readonly folder: string;
  readonly token: string;
  /** Words that this bridge was told are stored. */
  readonly acknowledged: string[] = [];
  readonly complaints: string[] = [];
  private readonly random: (below: number) => number;
  private readonly daemon: Daemon;
  private readonly server: HttpServer;
  private readonly ends: (() => unknown)[];
  private readonly cutEveryMs: number;
  private wordAt: number;
  private cutAt: number;
  private mendAt = Infinity;
  private alarms = 0;

  private constructor(
    parts: Parts,
    random: (below: number) => number,
    complaints: string[],
    ends: (() => unknown)[],
  ) {
    this.folder = parts.folder;
    this.token = parts.token;
    this.daemon = parts.daemon;
    this.server = parts.server;
    this.random = random;
    this.complaints = complaints;
    this.ends = ends;
    this.wordAt = Date.now() + WORD_MS;
    this.cutEveryMs = parts.cutEveryMs;
    this.cutAt = Date.now() + this.cutEveryMs;
  }

  /** `cutEveryMs`: the line to the other island is cut so often. `web`: the folder of the page, if any. */
  static async begin(
    seed: number,
    cutEveryMs: number,
    web: string | null = null,
  ): Promise<VirtualDay> {
    vi.useFakeTimers({ now: MIDNIGHT, toFake: [...FAKED] });
    const random = seededRandom(seed);
    const data = mkdtempSync(join(FAST, 'hopline-day-'));
    const complaints: string[] = [];
    const logLines = new LogLines();
    const output = { write: (line: string) => void (isBad(line) && complaints.push(line)) };
    const log = openLog('info', output, null, (line) => logLines.add(line));
    const ports = {
      ...portsOf(log, (cause) => complaints.push(String(cause))),
      random,
      draw: (size: number) => Uint8Array.from({ length: size }, () => random(256)),
      version: version(),
    };
    const file = settingsFile(null, data, {});
    const written = file.read();
    const { daemon, close } = await startInVirtualWorld(
      { ...written.config, name: 'attic' },
      ports,
      CASTS,
    );
    const setup = new Setup(file, written, {
      refusal: (config) => daemon.refusal(config),
      setUp: (config) => daemon.setUp(config),
    });
    const desk = new DaemonDesk(daemon, 'day', setup, logLines);
    const { http } = daemon.config;
    const token = openTokenFile(http.tokenFile);
    const server = await openHttp(
      { ...http, port: 0, token, isOpenOnLoopback: false, web, version: version(), log },
      desk,
    );
    const whereabouts = { url: server.url, pid: process.pid, token: http.tokenFile };
    const removeFile = writeBridgeFile(data, { ...whereabouts, version: version() });
    const remove = (): void => rmSync(data, { recursive: true, force: true });
    const ends = [remove, close, () => desk.close(), () => server.close(), removeFile];
    const parts = { folder: data, token, daemon, server, cutEveryMs };
    return new VirtualDay(parts, random, complaints, ends);
  }

  get url(): string {
    return this.server.url;
  }

  /** Opens the page once. */
  newLogin(): string {
    return this.server.newLogin().link;
  }

  /** Of this bridge. */
  get id(): string {
    return toHex(this.daemon.identity.id);
  }

  get socket(): string {
    return this.daemon.config.socket;
  }

  get now(): number {
    return Date.now() - MIDNIGHT;
  }

  /** Alarms that rang so far: what the day costs. */
  get rung(): number {
    return this.alarms;
  }

  /** Lives until that time of the day, with all that people say and all that fails meanwhile. */
  async live(untilMs: number): Promise<void> {
    while (this.now < untilMs) {
      const next = Math.min(untilMs + MIDNIGHT, this.wordAt, this.cutAt, this.mendAt);
      await this.pass(next - Date.now());
      if (Date.now() >= this.wordAt) this.say();
      if (Date.now() >= this.cutAt) this.cut();
      if (Date.now() >= this.mendAt) this.mend();
    }
  }

  /** Nothing fails any more; lives on until the two islands are one mesh again. */
  async calm(): Promise<void> {
    this.cutAt = Infinity;
    this.mend();
    const isWhole = (): boolean =>
      this.daemon.snapshot().lines.every(({ state }) => state === 'up');
    for (let tries = 0; !isWhole() && tries < CALM_TRIES; tries++) {
      await this.live(this.now + MINUTE_MS / 6);
    }
    await this.live(this.now + MINUTE_MS / 6);
  }

  /** Does something of real time, such as a request, while the day goes on at a bearable pace. */
  async meanwhile<Result>(deed: () => Promise<Result>): Promise<Result> {
    let isDone = false;
    const result = deed().finally(() => (isDone = true));
    // A failure is told below.
    result.catch(() => {});
    while (!isDone) {
      await this.pass(LIVE_SPEED);
      await new Promise((resolve) => realTimeout(resolve, 1));
    }
    return result;
  }

  /** Bytes that are in use, in MB. */
  memory(): number {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    collect();
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return (heapUsed + arrayBuffers) / 2 ** 20;
  }

  async end(): Promise<void> {
    await this.meanwhile(async () => {
      for (const end of this.ends.splice(0).reverse()) await end();
    });
    vi.useRealTimers();
  }

  private async pass(ms: number): Promise<void> {
    const until = Date.now() + ms;
    setTimeout(() => {}, ms);
    let atOnce = 0;
    while (Date.now() < until) {
      const before = Date.now();
      vi.advanceTimersToNextTimer();
      this.alarms++;
      atOnce = Date.now() === before ? atOnce + 1 : 0;
      // Timers count whole milliseconds: who waits for a part of one would be woken for ever.
      if (atOnce > AT_ONCE_MAX) vi.advanceTimersByTime(1);
      // What was asked for at once is done at once, and sockets have their turn.
      await new Promise((resolve) => realImmediate(resolve));
    }
  }

  /** To everyone, or to somebody of either island alone. */
  private say(): void {
    this.wordAt += WORD_MS + this.random(WORD_MS);
    const text = `word ${this.acknowledged.length} of the day`;
    const peers = this.daemon.snapshot().station.peers.filter(({ name }) => PEOPLE.includes(name));
    const peer = peers[this.random(2 * peers.length)]?.id;
    const wish =
      peer === undefined
        ? ({ kind: 'say', text } as const)
        : ({ kind: 'tell', peer: new Uint8Array(Buffer.from(peer, 'hex')), text } as const);
    this.daemon.ask(wish).then(
      (answer) => {
        if (answer.kind === 'stored') this.acknowledged.push(text);
      },
      (cause) => this.complaints.push(String(cause)),
    );
  }

  private cut(): void {
    MemoryLines.cut();
    this.cutAt += this.cutEveryMs;
    this.mendAt = Date.now() + CUT_MS;
  }

  private mend(): void {
    MemoryLines.mend();
    this.mendAt = Infinity;
  }
}

/** Fewer than around `npm start`, so that the day is over sooner: two people, and one behind the line. */
const CASTS = {
  home: { seed: HOME.seed, parts: only(HOME, 'ada', 'ben') },
  far: { seed: FAR.seed, parts: only(FAR, 'gateway', 'cora') },
};
const PEOPLE = ['virtual-ada', 'virtual-ben', 'virtual-cora'];

/** A line of warnings or worse. */
function isBad(line: string): boolean {
  return (JSON.parse(line) as { level: number }).level >= WARN;
}

function only({ parts }: Cast, ...names: string[]): Part[] {
  return parts.filter(({ name }) => names.includes(name.replace('virtual-', '')));
}

/** All that has to do with time, but for what runs at once. */
const FAKED = [
  'Date',
  'performance',
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
] as const;
