/**
 * Resident: whoever lives on a simulated island, with all that `hopline up` is on a machine of its
 * own: a bridge and its store, here in memory. A person talks through it if there is one, and a
 * gateway has lines.
 */
import type { BridgeInput, BridgeOutput, LineOutput } from '../../host/bridge.ts';
import { Bridge } from '../../host/bridge.ts';
import type { ConfiguredLine } from '../../host/gateway/lines.ts';
import { GATEWAY_DEFAULTS } from '../../host/gateway/gateway.ts';
import { CONVERSATIONS_DEFAULTS } from '../../host/peer/contract.ts';
import type { MessageName, StoreWrite, Wish } from '../../host/types.ts';
import { PUBLIC, RETENTION } from '../../host/types.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import type { Millis, Random, Tick } from '../../protocol/core/machine.ts';
import { TICK } from '../../protocol/core/machine.ts';
import { RECORD_LINK_DEFAULTS } from '../../protocol/peer/record-link.ts';
import { STATION_DEFAULTS } from '../../protocol/peer/settings.ts';
import { TRUNKS_DEFAULTS } from '../../protocol/peer/trunks.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import { Identity } from '../../protocol/trust/identity.ts';
import { MemoryArchive } from './archive.ts';
import type { RadioOrder } from './ether.ts';
import type { Part } from './scripts.ts';
import type { TalkerInput } from './talker.ts';
import { Talker } from './talker.ts';

export type ResidentPorts = {
  crypto: Crypto;
  random: Random;
  /** What it wants of its radio. */
  order(order: RadioOrder): void;
  /** What it wants of its lines. */
  dial(order: LineOutput): void;
};

/** It has no disk, and is company for as long as somebody wants it. */
const KEPT = { ...RETENTION, messagesMax: 500, deliveredMax: 4096, auditMax: 500 };
/** How often what is beyond that is removed. */
const TRIM_MS = 60_000;
/** On mains, and with nothing else to do. */
const SCAN_DUTY = 100;
/** What was said longer ago nobody answers. */
const ANSWERED_MS = 60_000;
/** Lines of a gateway here; half of them others may open. */
const LINES_MAX = 8;

export class Resident {
  readonly identity: Identity;
  readonly archive = new MemoryArchive(KEPT);
  readonly bridge: Bridge;
  private readonly talker: Talker | null;
  private readonly ports: ResidentPorts;
  private tickets = 0;
  private trimAt: Millis;
  /** Unix time is our clock plus this; null for unknown. */
  private offsetMs: Millis | null = null;

  /** Without `lines` there are none; those without an address are for others to dial. */
  constructor({ name, script }: Part, lines: ConfiguredLine[], ports: ResidentPorts, now: Millis) {
    const { crypto, random } = ports;
    const linesMax = lines.length > 0 ? LINES_MAX : 0;
    const draw = (size: number): Uint8Array => Uint8Array.from({ length: size }, () => random(256));
    this.identity = new Identity(crypto, { noise: draw(32), sign: draw(32) });
    this.ports = ports;
    this.bridge = new Bridge(
      {
        station: {
          ...STATION_DEFAULTS,
          name,
          wires: 0,
          scanDuty: SCAN_DUTY,
          // Others may open half as many beside all that we dial.
          lines: linesMax + linesMax / 2,
        },
        trunks: { ...TRUNKS_DEFAULTS, linesMax, link: RECORD_LINK_DEFAULTS },
        talk: CONVERSATIONS_DEFAULTS,
        gateway: { ...GATEWAY_DEFAULTS, lines },
      },
      { crypto, identity: this.identity, random, draw, crc: crc32, archive: this.archive },
      now,
    );
    this.talker = script === null ? null : new Talker(script, random, now);
    this.trimAt = now + TRIM_MS;
  }

  deadline(): Millis {
    return Math.min(this.bridge.deadline(), this.talker?.deadline() ?? Infinity);
  }

  step(input: BridgeInput | Tick, now: Millis): void {
    if (input.kind === 'clock') this.offsetMs = input.offsetMs;
    if (now >= this.trimAt) this.trim(now);
    const outputs = this.bridge.step(input, now);
    // As a driver does: what is stored is so before anything is done about it.
    const writes = outputs.flatMap((output): StoreWrite[] =>
      output.kind === 'store' ? [output.write] : [],
    );
    this.archive.commit(writes);
    for (const output of outputs) this.perform(output, now);
    if (now >= (this.talker?.deadline() ?? Infinity)) this.talk(TICK, now);
  }

  /** As its person would ask. */
  ask(wish: Wish, now: Millis): void {
    this.step({ kind: 'ask', ticket: this.tickets++, wish }, now);
  }

  private trim(now: Millis): void {
    this.trimAt = now + TRIM_MS;
    if (this.offsetMs === null) return;
    while (this.archive.trim(now + this.offsetMs));
  }

  private perform(output: BridgeOutput, now: Millis): void {
    switch (output.kind) {
      case 'write':
      case 'connect':
      case 'disconnect':
      case 'advertise':
      case 'scan':
        return this.ports.order(output);
      case 'line':
        return this.ports.dial(output.order);
      case 'told':
        if (output.of === 'talk' && output.event.kind === 'message') {
          this.hear(output.event.name, now);
        }
        return;
      default:
    }
  }

  private hear(name: MessageName, now: Millis): void {
    const message = this.archive.messages.find(name);
    if (this.talker === null || message === null || message.state !== 'heard') return;
    const { conversation, sender, text, key, sentAt, heardAt } = message;
    if (conversation === PUBLIC) {
      // What somebody's history tells of was answered when it was said.
      if (heardAt - sentAt <= ANSWERED_MS) this.talk({ kind: 'heard', text }, now);
      return;
    }
    this.ask({ kind: 'read', conversation, key }, now);
    this.talk({ kind: 'told', by: sender, text }, now);
  }

  private talk(input: TalkerInput | Tick, now: Millis): void {
    // What is said is asked for, and is not the talker's to wait for.
    for (const output of this.talker!.step(input, now)) this.ask(output, now);
  }
}
