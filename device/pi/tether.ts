/**
 * Tether: a wire to a node, kept for ever by the ladder. Whoever owns it sees a link that goes up and
 * down, pieces that end where blocks end, and a report when something is wrong, or well again.
 */
import { spawn } from 'node:child_process';
import { assert } from '../../protocol/core/assert.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import { Driver } from '../../protocol/core/driver.ts';
import { BlockReader, blockSizeMax } from '../../protocol/core/framing.ts';
import type { Millis, Random } from '../../protocol/core/machine.ts';
import { TICK } from '../../protocol/core/machine.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { HoplineError } from '../../protocol/errors.ts';
import type {
  LadderInput,
  LadderOutput,
  PortProblem,
  WireState,
} from '../../protocol/peer/ladder.ts';
import { Ladder } from '../../protocol/peer/ladder.ts';
import { Blocks } from './blocks.ts';
import type { SystemClock } from './clock.ts';
import { systemClock } from './clock.ts';
import type { SerialLink } from './serial.ts';
import { openSerial } from './serial.ts';

export type TetherOptions = {
  path: string;
  baud: number;
  /** This node's id. */
  id: Uint8Array;
  /** The largest frame that the link takes. */
  frameMax: number;
  random: Random;
  /** A shell command that takes the power from the node for a moment; it finds the path in $PORT. */
  powerCycle: string | null;
  clock?: SystemClock;
};

export type TetherEvents = {
  /** A conversation begins: the link is to start anew. */
  up(): void;
  received(bytes: Uint8Array): void;
  /** A write has left, in the order of the writes. */
  sent(): void;
  /** The conversation is over, and what has not left is lost. */
  down(): void;
  /** Once for each change. `failure` says for people what is wrong with the port, if it is that. */
  report(state: WireState, failure: HoplineError | null): void;
};

export type TetherCounts = {
  /** Times the port was opened, and rungs of the ladder climbed. */
  opened: number;
  climbed: number;
  /** Bytes beyond what a block can have, which nobody was shown. */
  skippedBytes: number;
};

/** Writes that may wait for the port. A link has fewer out at once; more is our own mistake. */
const WRITES_MAX = 64;
/** How often a look at what comes is enough to know that the node is well. */
const LOOK_MS = 1000;
/** A hook that takes longer has failed, and is ended. */
const POWER_CYCLE_MAX_MS = 30_000;

export class Tether {
  private readonly options: TetherOptions;
  private readonly events: TetherEvents;
  private readonly clock: SystemClock;
  private readonly ladder: Ladder;
  private readonly driver: Driver<LadderInput, LadderOutput>;
  private readonly reader: BlockReader;
  private blocks: Blocks | null = null;
  private port: SerialLink | null = null;
  private waiting: Uint8Array[] = [];
  private isWriting = false;
  /** Conversations so far: what left in one is not of the next. */
  private talks = 0;
  private opening: Promise<void> | null = null;
  private failure: HoplineError | null = null;
  private skippedBytes = 0;
  private lookAt: Millis = 0;
  private noiseAt: Millis = 0;
  private isEnded = false;

  /** Opens the port in its own time: when it is not there, as soon as it is. */
  constructor(options: TetherOptions, events: TetherEvents) {
    this.options = options;
    this.events = events;
    this.clock = options.clock ?? systemClock();
    const config = { id: options.id, hasPowerCycle: options.powerCycle !== null };
    this.ladder = new Ladder(config, options.random, this.clock.now());
    this.driver = new Driver<LadderInput, LadderOutput>(this.ladder, this.clock, {
      commit() {},
      perform: (output) => this.perform(output),
      halted(cause) {
        throw cause;
      },
    });
    this.reader = new BlockReader(options.frameMax, crc32, (size) => new Uint8Array(size));
    this.driver.feed(TICK);
  }

  /** While the wire is down there is nobody to say it to. */
  write(bytes: Uint8Array): void {
    if (this.port === null) return;
    assert(this.waiting.length < WRITES_MAX, 'a link waits until its writes have left');
    this.waiting.push(bytes);
    this.pump();
  }

  counts(): TetherCounts {
    const { opened, climbed } = this.ladder;
    const skippedBytes = this.skippedBytes + (this.blocks?.skippedBytes ?? 0);
    return { opened, climbed, skippedBytes };
  }

  /** Resolves when the port is free again. */
  async close(): Promise<void> {
    this.isEnded = true;
    this.clock.stop();
    await this.opening;
    await this.hangUp();
  }

  private perform(output: LadderOutput): void {
    if (this.isEnded) return;
    switch (output.kind) {
      case 'open':
        this.opening = this.open();
        break;
      case 'close':
        void this.hangUp().then(() => this.driver.feed({ kind: 'closed' }));
        break;
      case 'resynchronise':
        this.beginAnew();
        break;
      case 'write':
        this.write(output.bytes);
        break;
      case 'powerCycle':
        this.cyclePower();
        break;
      case 'report':
        this.report(output.state);
        break;
    }
  }

  private async open(): Promise<void> {
    const { path, baud, frameMax } = this.options;
    // One byte more than a block can have, so that the link's reader sees that it was too long.
    const blocks = new Blocks(blockSizeMax(frameMax) + 1);
    this.lookAt = 0;
    try {
      const port = await openSerial(path, baud, {
        received: (bytes) => {
          this.notice();
          const whole = blocks.feed(bytes);
          if (whole !== null && this.blocks === blocks) this.hear(whole);
        },
        down: (failure) => {
          this.failure = failure;
          this.driver.feed({ kind: 'down' });
        },
      });
      this.blocks = blocks;
      this.port = port;
    } catch (cause) {
      this.failure = failureOf(path, cause);
      this.driver.feed({ kind: 'failed', problem: PROBLEM_OF[this.failure.code] ?? 'missing' });
      return;
    }
    this.driver.feed({ kind: 'opened' });
    if (!this.isEnded) this.events.up();
  }

  private async hangUp(): Promise<void> {
    const { port, blocks } = this;
    if (port === null || blocks === null) return;
    this.port = null;
    this.blocks = null;
    this.waiting = [];
    this.talks++;
    this.skippedBytes += blocks.skippedBytes;
    this.events.down();
    await port.close();
  }

  private beginAnew(): void {
    if (this.port === null) return;
    this.waiting = [];
    this.talks++;
    this.events.down();
    // Whatever block the node believes itself to be in ends here.
    this.write(Uint8Array.of(0));
    this.events.up();
  }

  /** What waits leaves together: a system call for each block would cost more than the blocks. */
  private pump(): void {
    const { port, waiting, talks } = this;
    if (port === null || this.isWriting || waiting.length === 0) return;
    this.waiting = [];
    this.isWriting = true;
    const left = (): void => {
      this.isWriting = false;
      if (talks === this.talks) for (const _ of waiting) this.events.sent();
      this.pump();
    };
    const bytes = waiting.length === 1 ? waiting[0] : Buffer.concat(waiting);
    // Why it failed, the port says itself.
    port.write(bytes).then(left, () => (this.isWriting = false));
  }

  private hear(whole: Uint8Array): void {
    const now = this.clock.now();
    if (now >= this.lookAt && this.reader.feed(whole).length > 0) {
      this.lookAt = now + LOOK_MS;
      this.driver.feed({ kind: 'heard', isWhole: true });
    }
    this.events.received(whole);
  }

  /** Something came, whatever it is. */
  private notice(): void {
    const now = this.clock.now();
    if (now < this.noiseAt) return;
    this.noiseAt = now + LOOK_MS;
    this.driver.feed({ kind: 'heard', isWhole: false });
  }

  private report(state: WireState): void {
    const isOfPort = state === 'missing' || state === 'busy' || state === 'denied';
    this.events.report(state, isOfPort ? this.failure : null);
  }

  private cyclePower(): void {
    const { powerCycle, path } = this.options;
    const hook = spawn(powerCycle!, {
      shell: true,
      stdio: 'ignore',
      env: { ...process.env, PORT: path },
      timeout: POWER_CYCLE_MAX_MS,
      killSignal: 'SIGKILL',
    });
    let isTold = false;
    const tell = (isOk: boolean): void => {
      if (!isTold) this.driver.feed({ kind: 'cycled', isOk });
      isTold = true;
    };
    hook.on('error', () => tell(false));
    hook.on('exit', (status) => tell(status === 0));
  }
}

const PROBLEM_OF: Partial<Record<ErrorCode, PortProblem>> = {
  PORT_BUSY: 'busy',
  PORT_DENIED: 'denied',
};

function failureOf(path: string, cause: unknown): HoplineError {
  if (cause instanceof HoplineError) return cause;
  return new HoplineError('PORT_GONE', `${path}: ${String(cause)}`, { cause });
}
