/**
 * Ladder: gets a node on a wire back, whatever happens to the wire or to the node, for ever. A port
 * that is not there is asked for twice a second. One that is open, with nothing sensible coming from
 * it, is climbed after: a rung at a time, until a whole block comes.
 *
 *   silent -> resynchronise -> soft reset -> reopen -> power cycle -> report, and later once more
 */
import { REBOOT } from '../core/control-codes.ts';
import { crc32 } from '../core/crc32.ts';
import { encodeBlock, PACKET_BLOCK } from '../core/framing.ts';
import { INTERVAL_MS, MISSED_MAX } from '../core/heartbeat.ts';
import { assert } from '../core/assert.ts';
import type { Machine, Millis, Random, Tick } from '../core/machine.ts';
import { CONTROL, encodePacket, plainPacket } from '../core/packet.ts';
import { encodeRequest } from '../wire/administer.ts';

export type LadderInput =
  /** How the last `open` ended. */
  | { kind: 'opened' }
  | { kind: 'failed'; problem: PortProblem }
  /** The port ended by itself. */
  | { kind: 'down' }
  /** The last `close` is done. */
  | { kind: 'closed' }
  /** Bytes came; `isWhole` when they held a block as the node sends them. */
  | { kind: 'heard'; isWhole: boolean }
  /** How the last `powerCycle` ended. */
  | { kind: 'cycled'; isOk: boolean };

export type LadderOutput =
  | { kind: 'open' }
  | { kind: 'close' }
  /** Begin anew in the conversation: another hello. */
  | { kind: 'resynchronise' }
  | { kind: 'write'; bytes: Uint8Array }
  | { kind: 'powerCycle' }
  /** Once for each change. */
  | { kind: 'report'; state: WireState };

/** Why a port cannot be opened: it is not there, somebody else has it, or it is not for us. */
export type PortProblem = 'missing' | 'busy' | 'denied';
export type WireState =
  | PortProblem
  | 'well'
  /** Nothing comes, and no rung has helped. */
  | 'silent'
  /** Something comes, but no block. */
  | 'garbled'
  | 'power-cycle-failed';

export type LadderConfig = {
  /** This node's id. */
  id: Uint8Array;
  /** Whether there is a hook that takes the power from the node for a moment. */
  hasPowerCycle: boolean;
};

/** Between two attempts to open, and as much again by chance: a port is found within a second. */
export const RETRY_MS = 500;
/** A node that runs answers a hello at once; one that starts says its own in this time. */
export const ANSWER_MS = 5000;
/** A node that was well is silent when its heartbeats fail, and some more. */
export const SILENCE_MS = INTERVAL_MS * MISSED_MAX + ANSWER_MS;
/** What a restart takes: banner, console, firmware. */
const RESTART_MS = 10_000;
/** After the last rung, and as much again by chance, doubled each time round. */
const PAUSE_MS = 30_000;
const PAUSE_MAX_MS = 600_000;
/** A port missing for so long may have lost its node in a way that only power helps; doubled too. */
const MISSING_MS = 60_000;
const MISSING_MAX_MS = 3_600_000;

const RUNGS = ['resynchronise', 'reset', 'reopen', 'powerCycle', 'report'] as const;

export class Ladder implements Machine<LadderInput, LadderOutput> {
  /** Times the port was opened, and rungs climbed. */
  opened = 0;
  climbed = 0;
  private readonly config: LadderConfig;
  private readonly random: Random;
  private port: 'shut' | 'opening' | 'open' | 'closing' = 'shut';
  private state: WireState | null = null;
  private rung = -1;
  /** When the port is to be opened; the next rung climbed; a missing port's node power-cycled. */
  private openAt: Millis;
  private climbAt: Millis = Infinity;
  private cycleAt: Millis = Infinity;
  private isCycling = false;
  private pauseMs = PAUSE_MS;
  private missingMs = MISSING_MS;
  private isGarbled = false;

  constructor(config: LadderConfig, random: Random, now: Millis) {
    this.config = config;
    this.random = random;
    this.openAt = now;
  }

  step(input: LadderInput | Tick, now: Millis): LadderOutput[] {
    const out: LadderOutput[] = [];
    switch (input.kind) {
      case 'opened':
        assert(this.port === 'opening', 'a port opens when it was asked to');
        this.port = 'open';
        this.opened++;
        this.cycleAt = Infinity;
        this.climbAt = now + ANSWER_MS;
        break;
      case 'failed':
        this.shut(now);
        this.lack(input.problem, now, out);
        break;
      case 'down':
        if (this.port === 'open') this.close(out);
        this.lack('missing', now, out);
        break;
      case 'closed':
        this.shut(now);
        break;
      case 'heard':
        if (input.isWhole) this.revive(now, out);
        else this.isGarbled = true;
        break;
      case 'cycled':
        this.isCycling = false;
        if (!input.isOk) this.report('power-cycle-failed', out);
        break;
      case 'tick':
        break;
    }
    if (now >= this.openAt) this.open(out);
    if (now >= this.climbAt) this.climb(now, out);
    if (now >= this.cycleAt) this.cycleMissing(now, out);
    return out;
  }

  deadline(): Millis {
    return Math.min(this.openAt, this.climbAt, this.cycleAt);
  }

  private open(out: LadderOutput[]): void {
    this.openAt = Infinity;
    this.port = 'opening';
    out.push({ kind: 'open' });
  }

  private close(out: LadderOutput[]): void {
    this.port = 'closing';
    this.climbAt = Infinity;
    out.push({ kind: 'close' });
  }

  private shut(now: Millis): void {
    this.port = 'shut';
    this.climbAt = Infinity;
    this.openAt = now + RETRY_MS + this.random(RETRY_MS);
  }

  private lack(problem: PortProblem, now: Millis, out: LadderOutput[]): void {
    this.report(problem, out);
    if (problem !== 'missing') this.cycleAt = Infinity;
    else if (this.cycleAt === Infinity) this.cycleAt = now + this.missingMs;
  }

  private revive(now: Millis, out: LadderOutput[]): void {
    if (this.port !== 'open') return;
    this.report('well', out);
    this.rung = -1;
    this.climbAt = now + SILENCE_MS;
    this.pauseMs = PAUSE_MS;
    this.missingMs = MISSING_MS;
    this.isGarbled = false;
  }

  private climb(now: Millis, out: LadderOutput[]): void {
    this.rung = (this.rung + 1) % RUNGS.length;
    this.climbed++;
    switch (RUNGS[this.rung]) {
      case 'resynchronise':
        this.climbAt = now + ANSWER_MS;
        out.push({ kind: 'resynchronise' });
        break;
      case 'reset':
        this.climbAt = now + RESTART_MS;
        out.push({ kind: 'write', bytes: resetBytes(this.config.id) });
        break;
      case 'reopen':
        this.close(out);
        break;
      case 'powerCycle':
        this.climbAt = this.cycle(out) ? now + RESTART_MS : now;
        if (this.climbAt === now) this.climb(now, out);
        break;
      case 'report':
        this.report(this.isGarbled ? 'garbled' : 'silent', out);
        this.climbAt = now + this.pauseMs + this.random(this.pauseMs);
        this.pauseMs = Math.min(this.pauseMs * 2, PAUSE_MAX_MS);
        this.isGarbled = false;
        break;
    }
  }

  private cycle(out: LadderOutput[]): boolean {
    if (!this.config.hasPowerCycle || this.isCycling) return false;
    this.isCycling = true;
    out.push({ kind: 'powerCycle' });
    return true;
  }

  private cycleMissing(now: Millis, out: LadderOutput[]): void {
    this.cycle(out);
    this.missingMs = Math.min(this.missingMs * 2, MISSING_MAX_MS);
    this.cycleAt = now + this.missingMs + this.random(this.missingMs);
  }

  private report(state: WireState, out: LadderOutput[]): void {
    if (state === this.state) return;
    this.state = state;
    out.push({ kind: 'report', state });
  }
}

/**
 * What restarts a node: a request, for firmware that listens; and for a board whose firmware has
 * stopped, and whose console has the wire back, an interrupt and a line typed there. To the other
 * each is a block that is dropped, or a line that means nothing.
 */
function resetBytes(id: Uint8Array): Uint8Array {
  const request = encodeRequest(1, REBOOT, null, null);
  const packet = encodePacket(plainPacket(CONTROL, 0, 0, id, request));
  const block = encodeBlock(PACKET_BLOCK, packet, crc32);
  const line = '\x03\x10E.reboot()\n\x00';
  const bytes = new Uint8Array(block.length + line.length);
  bytes.set(block);
  for (let i = 0; i < line.length; i++) bytes[block.length + i] = line.charCodeAt(i);
  return bytes;
}
