/**
 * Dialler: which links on the air a station opens and keeps, as far as other nodes go: core's
 * Connector, behind the inputs and outputs of a station with phones about.
 */
import type { ConnectorConfig } from '../core/connector.ts';
import { Connector } from '../core/connector.ts';
import type { Machine, Millis, Random, Tick } from '../core/machine.ts';
import { TICK } from '../core/machine.ts';
import type { Service } from './contract.ts';

export type DiallerInput =
  | { kind: 'sighted'; address: string; rssi: number; service: Service; bytes: Uint8Array }
  | { kind: 'opened'; link: number; address?: string }
  | { kind: 'closed'; link: number }
  | { kind: 'told'; link: number; id: Uint8Array; mesh: Uint8Array | null }
  | { kind: 'announced'; link: number; id: Uint8Array }
  | { kind: 'used'; link: number }
  | { kind: 'power'; isOn: boolean };

export type DiallerOutput =
  | { kind: 'connect'; link: number; address: string; service: Service }
  | { kind: 'disconnect'; link: number }
  | { kind: 'advertise'; bytes: Uint8Array; connectable: boolean; phones: boolean }
  | { kind: 'scan'; on: boolean }
  | { kind: 'tell'; mesh: Uint8Array };

export class Dialler implements Machine<DiallerInput, DiallerOutput> {
  private readonly connector: Connector;

  constructor(config: ConnectorConfig, random: Random, now: Millis) {
    this.connector = new Connector(config, random, now);
  }

  get islandSize(): number {
    return this.connector.size;
  }

  step(input: DiallerInput | Tick, now: Millis): DiallerOutput[] {
    const isOurs = input.kind !== 'announced' && input.kind !== 'used' && input.kind !== 'power';
    return this.connector.step(isOurs ? input : TICK, now).map((output): DiallerOutput => {
      if (output.kind === 'connect') return { ...output, service: 'node' };
      return output.kind === 'advertise' ? { ...output, phones: true } : output;
    });
  }

  deadline(): Millis {
    return this.connector.deadline();
  }
}
