/**
 * Resident: one station of a simulated island, with the person who talks through it if there is one.
 */
import { crc32 } from '../../protocol/core/crc32.ts';
import type { Millis, Random, Tick } from '../../protocol/core/machine.ts';
import { TICK } from '../../protocol/core/machine.ts';
import type { StationEvent, StationInput, StationOutput } from '../../protocol/peer/contract.ts';
import { STATION_DEFAULTS } from '../../protocol/peer/settings.ts';
import { Station } from '../../protocol/peer/station.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import { Identity } from '../../protocol/trust/identity.ts';
import type { RadioOrder } from './ether.ts';
import type { Part } from './scripts.ts';
import { Talker } from './talker.ts';
import type { TalkerInput } from './talker.ts';

/** On mains, and with nothing else to do. */
const SCAN_DUTY = 100;

export class Resident {
  readonly station: Station;
  private readonly talker: Talker | null;
  private readonly order: (order: RadioOrder) => void;

  constructor(
    part: Part,
    crypto: Crypto,
    random: Random,
    now: Millis,
    order: (order: RadioOrder) => void,
  ) {
    const draw = (size: number): Uint8Array => Uint8Array.from({ length: size }, () => random(256));
    const identity = new Identity(crypto, { noise: draw(32), sign: draw(32) });
    const config = { ...STATION_DEFAULTS, name: part.name, wires: 0, scanDuty: SCAN_DUTY };
    this.station = new Station(config, { crypto, identity, random, draw, crc: crc32 }, now);
    this.talker = part.script === null ? null : new Talker(part.script, random, now);
    this.order = order;
  }

  deadline(): Millis {
    return Math.min(this.station.deadline(), this.talker?.deadline() ?? Infinity);
  }

  step(input: StationInput | Tick, now: Millis): void {
    for (const output of this.station.step(input, now)) this.perform(output, now);
    if (now >= (this.talker?.deadline() ?? Infinity)) this.talk(TICK, now);
  }

  private perform(output: StationOutput, now: Millis): void {
    switch (output.kind) {
      case 'write':
      case 'connect':
      case 'disconnect':
      case 'advertise':
      case 'scan':
        return this.order(output);
      case 'told':
        return this.hear(output.event, now);
      default:
    }
  }

  private hear(event: StationEvent, now: Millis): void {
    if (event.kind === 'message' && !event.isHistory) {
      this.talk({ kind: 'heard', text: event.text }, now);
    }
  }

  private talk(input: TalkerInput | Tick, now: Millis): void {
    if (this.talker === null) return;
    for (const output of this.talker.step(input, now)) {
      if (output.kind === 'say') this.step({ kind: 'say', text: output.text }, now);
    }
  }
}
