/**
 * Node board: the core's node behind a wire, as a board would be: it keeps its settings without power,
 * starts again when told to, and leaves the line to its console for a moment first. Time is a test's.
 */
import { createHmac } from 'node:crypto';
import { crc32 } from '../../protocol/core/crc32.ts';
import type { Hmac } from '../../protocol/core/control.ts';
import type { Millis } from '../../protocol/core/machine.ts';
import { TICK } from '../../protocol/core/machine.ts';
import type { NodeInput, NodeOutput } from '../../protocol/core/node.ts';
import { Node } from '../../protocol/core/node.ts';
import { changeSettings, chooseSlot } from '../../protocol/core/settings.ts';
import type { Settings } from '../../protocol/core/settings.ts';
import { ADMIN_KEY, CONSOLE_LOCK, NODE_ID } from '../../protocol/core/settings-table.ts';
import { numberSetting } from '../../protocol/core/settings.ts';
import { consolePassword } from '../../protocol/wire/administer.ts';
import { Board, Flash, PUCK } from '../../tools/simulate/board.ts';
import { xorshift } from '../seed.ts';

export const hmac: Hmac = (key, bytes) =>
  new Uint8Array(createHmac('sha256', key).update(bytes).digest());

const WIRE = 1;
/** As main.ts of the firmware has them. */
const CONSOLE_MS = 1500;
const REBOOT_MS = 500;

export type NodeBoardMake = {
  board?: string;
  hasSha256?: boolean;
  /** How long its console has the line at a start. */
  consoleMs?: number;
};

export class NodeBoard {
  /** The two places of settings, and the counter's. */
  readonly places: Uint8Array[] = [new Uint8Array(), new Uint8Array(), new Uint8Array()];
  /** What happened to it, in order. */
  readonly events: string[] = [];
  unixMs: number | null = null;
  starts = 0;
  /** Loses its power at the next store of settings, before it or after it. */
  cut: 'before' | 'after' | null = null;
  isPowered = true;
  private readonly name: string;
  private readonly consoleMs: number;
  private readonly hmac: Hmac | null;
  private readonly random: (below: number) => number;
  private node: Node | null = null;
  /** It has the line, once an admin opened it. */
  console: Board | null = null;
  private said: number[] = [];
  private now: Millis = 0;
  private opensAt: Millis = 0;
  private rebootsAt: Millis = Infinity;

  constructor(seed: number, differs: NodeBoardMake = {}) {
    this.name = differs.board ?? 'mdbt42q';
    this.hmac = differs.hasSha256 === false ? null : hmac;
    this.random = xorshift(seed);
    this.consoleMs = differs.consoleMs ?? CONSOLE_MS;
    this.start();
  }

  get settings(): Settings {
    return changeSettings([], chooseSlot(this.places.slice(0, 2), crc32).fields)!.settings;
  }

  powerUp(): void {
    this.isPowered = true;
    this.cut = null;
    this.start();
  }

  receive(bytes: Uint8Array): void {
    this.console?.receive(bytes);
    if (this.node !== null) this.feed({ kind: 'received', link: WIRE, bytes });
  }

  work(now: Millis): Uint8Array {
    this.now = now;
    if (!this.isPowered) return new Uint8Array();
    if (now >= this.rebootsAt) this.start();
    if (this.node === null && now >= this.opensAt) this.open();
    if (this.node !== null && this.node.deadline() <= now) this.feed(TICK);
    if (this.console !== null) this.said.push(...this.console.work(now));
    return Uint8Array.from(this.said.splice(0));
  }

  private start(): void {
    this.starts += 1;
    this.node = null;
    this.console = null;
    this.rebootsAt = Infinity;
    this.opensAt = this.now + this.consoleMs;
    const isLocked = numberSetting(this.settings, CONSOLE_LOCK) === 1;
    this.said = [...Buffer.from(isLocked ? 'password>' : '>')];
  }

  private open(): void {
    const slot = chooseSlot(this.places.slice(0, 2), crc32);
    const { settings } = this;
    const draw = (): Uint8Array => Uint8Array.from({ length: 16 }, () => this.random(256));
    const config = {
      id: settings[NODE_ID] ?? draw().subarray(0, 8),
      board: this.name,
      outMax: 0,
      wires: 1,
      frameMax: 512,
      seenMax: 64,
      waitingMax: 8,
      senderSets: 4,
      window: 16,
      packetsMax: 16,
      bytesMax: 4096,
      announcesMax: 2,
      counter: 0,
    };
    const hash = (bytes: Uint8Array, length: number, out: Uint32Array): void => {
      out[0] = crc32(bytes.subarray(0, length));
      out[1] = length;
    };
    const ports = { random: this.random, hash, crc: crc32, hmac: this.hmac, draw };
    this.node = new Node(config, settings, slot, ports, this.now);
    this.feed({ kind: 'opened', link: WIRE, payloadMax: 0 });
  }

  private feed(input: NodeInput | typeof TICK): void {
    for (const output of this.node!.step(input, this.now)) {
      this.perform(output);
      if (!this.isPowered) return;
    }
  }

  private perform(output: NodeOutput): void {
    switch (output.kind) {
      case 'write':
        this.said.push(...output.bytes);
        return this.feed({ kind: 'sent', link: output.link });
      case 'store':
        if (this.cut === 'before') return this.die();
        this.places[output.slot] = output.bytes;
        this.events.push('store');
        if (this.cut === 'after') this.die();
        return;
      case 'reboot':
        this.rebootsAt = this.now + REBOOT_MS;
        return;
      case 'clock':
        this.unixMs = output.unixMs;
        return;
      case 'identify':
        this.events.push('identify');
        return;
      case 'console':
        this.events.push('console');
        return this.toConsole();
    }
  }

  private toConsole(): void {
    const { settings } = this;
    const key = settings[ADMIN_KEY];
    const isLocked = key && numberSetting(settings, CONSOLE_LOCK) === 1;
    const password = isLocked ? consolePassword(key, hmac) : null;
    const flash = new Flash(PUCK.storageBytes);
    const lock = `E.setPassword(${JSON.stringify(password)});E.lockConsole()`;
    if (password !== null) flash.write('.bootcde', Buffer.from(lock), 0, 0);
    this.node = null;
    this.opensAt = Infinity;
    this.console = new Board(PUCK, flash);
  }

  private die(): void {
    this.isPowered = false;
    this.node = null;
    this.said = [];
  }
}
