/**
 * Lane: a whole bridge between two phones, in virtual time: one is anybody, the other does harm. What
 * the bridge tells and stores is kept.
 */
import type { BridgeInput, BridgeOutput } from '../../../host/bridge.ts';
import { Bridge } from '../../../host/bridge.ts';
import type { MeshEvent, Threat } from '../../../host/events.ts';
import { GATEWAY_DEFAULTS } from '../../../host/gateway/gateway.ts';
import type { NeighbourView } from '../../../host/neighbours/neighbour.ts';
import { NEIGHBOURS } from '../../../host/neighbours/neighbours.ts';
import { CONVERSATIONS_DEFAULTS } from '../../../host/peer/contract.ts';
import type { AuditLine, Wish } from '../../../host/types.ts';
import { crc32 } from '../../../protocol/core/crc32.ts';
import type { Millis, Tick } from '../../../protocol/core/machine.ts';
import type { StationInput, StationOutput } from '../../../protocol/peer/contract.ts';
import { RECORD_LINK_DEFAULTS } from '../../../protocol/peer/record-link.ts';
import type { StationConfig } from '../../../protocol/peer/settings.ts';
import { STATION_DEFAULTS } from '../../../protocol/peer/settings.ts';
import { TRUNKS_DEFAULTS } from '../../../protocol/peer/trunks.ts';
import { MemoryArchive } from '../../../tools/simulate/archive.ts';
import { seededRandom } from '../../../tools/simulate/random.ts';
import { SEED } from '../../seed.ts';
import type { Phone, Resident } from '../../protocol/peer/village.ts';
import { EPOCH, phoneOf, timeIn, Village } from '../../protocol/peer/village.ts';
import { announceOf, person } from '../../protocol/trust/people.ts';
import { crypto } from '../../protocol/trust/ports.ts';

/** A bridge as a village houses it. */
export class House implements Resident {
  readonly archive: MemoryArchive;
  readonly bridge: Bridge;
  readonly mesh: MeshEvent[] = [];
  readonly heard: { text: string; isVerified: boolean }[] = [];
  readonly answers: Extract<BridgeOutput, { kind: 'answer' }>[] = [];

  constructor(differs: Partial<StationConfig>, now: Millis, archive = new MemoryArchive()) {
    this.archive = archive;
    const random = seededRandom(SEED);
    const draw = (size: number): Uint8Array => Uint8Array.from({ length: size }, () => random(256));
    const identity = person(1);
    this.bridge = new Bridge(
      {
        station: { ...STATION_DEFAULTS, name: 'house', lines: 2, ...differs },
        trunks: { ...TRUNKS_DEFAULTS, linesMax: 1, link: RECORD_LINK_DEFAULTS },
        talk: CONVERSATIONS_DEFAULTS,
        gateway: GATEWAY_DEFAULTS,
      },
      { crypto, identity, random, draw, crc: crc32, archive: this.archive },
      now,
    );
  }

  step(input: StationInput | Tick, now: Millis): StationOutput[] {
    return this.perform(this.bridge.step(input as BridgeInput, now));
  }

  ask(wish: Wish, now: Millis): void {
    this.perform(this.bridge.step({ kind: 'ask', ticket: this.answers.length, wish }, now));
  }

  deadline(): Millis {
    return this.bridge.deadline();
  }

  private perform(outputs: BridgeOutput[]): StationOutput[] {
    this.archive.commit(outputs.flatMap((out) => (out.kind === 'store' ? [out.write] : [])));
    for (const output of outputs) {
      if (output.kind === 'answer') this.answers.push(output);
      if (output.kind !== 'told') continue;
      if (output.of === 'mesh') this.mesh.push(output.event);
      if (output.of === 'station' && output.event.kind === 'message') this.heard.push(output.event);
    }
    return outputs.filter((out) => out.kind === 'write') as StationOutput[];
  }
}

export class Lane {
  readonly village = new Village();
  readonly house: House;
  readonly friend: Phone;
  readonly foe: Phone;

  constructor(differs: Partial<StationConfig> = {}) {
    const { village } = this;
    this.house = village.move(new House(differs, village.now));
    this.friend = phoneOf(village, 20);
    this.foe = phoneOf(village, 30);
    village.tell(this.house, { kind: 'clock', offsetMs: EPOCH });
    village.join(this.house, 0, this.friend, 0, 'phone');
    village.join(this.house, 1, this.foe, 0, 'phone');
    this.announce();
    this.pass(6000);
  }

  get now(): Millis {
    return this.village.now;
  }

  /** Both phones go on saying who they are. */
  announce(): void {
    for (const phone of [this.friend, this.foe]) {
      const announce = announceOf(phone.identity, { timestamp: timeIn(this.village) });
      this.village.write(phone, 0, announce);
    }
  }

  pass(ms: Millis): void {
    for (let left = ms; left > 0; left -= 20_000) {
      this.village.pass(Math.min(left, 20_000));
      if (left > 20_000) this.announce();
    }
  }

  from(phone: Phone, bytes: Uint8Array): void {
    this.village.write(phone, 0, bytes);
  }

  view({ identity }: Phone): NeighbourView {
    return this.house.bridge.component(NEIGHBOURS)!.view(identity.id, this.now)!;
  }

  threats(): Threat[] {
    return this.house.mesh.flatMap((event) =>
      event.kind === 'SecurityEvent' ? [event.threat] : [],
    );
  }

  judgements(): string[] {
    return this.house.mesh.flatMap((event) =>
      event.kind === 'PeerJudged' ? [`${event.decision} by ${event.by}`] : [],
    );
  }

  trail(): AuditLine[] {
    return this.house.archive.audit.after(0, 1000);
  }

  texts(): string[] {
    return this.house.heard.map(({ text }) => text);
  }
}
