/**
 * Wires: the serial ports of a relay and the link each is for the station. Ports are either named, or
 * every port with hardware behind it, as they come; one that was seen keeps its link for ever.
 */
import type { Random } from '../../protocol/core/machine.ts';
import type { WireState } from '../../protocol/peer/ladder.ts';
import type { RelayConfig } from './config.ts';
import { SERIAL_PORTS_MAX } from './config.ts';
import type { Log } from './log.ts';
import type { SerialListing } from './serial.ts';
import type { Tether, TetherEvents, TetherOptions } from './tether.ts';

export type WireStatus = { link: number; port: string; state: WireState | 'opening' };

export type WiresPorts = {
  tether: (options: TetherOptions, events: TetherEvents) => Tether;
  list: () => Promise<SerialListing[]>;
  random: Random;
  log: Log;
};

export type WiresEvents = {
  up(link: number): void;
  received(link: number, bytes: Uint8Array): void;
  sent(link: number): void;
  down(link: number): void;
};

/** How often is looked for ports that are new. */
export const LOOK_MS = 3000;

type Wire = WireStatus & { tether: Tether };

export class Wires {
  private readonly firstLink: number;
  private readonly options: Pick<TetherOptions, 'baud' | 'id' | 'frameMax' | 'powerCycle'>;
  private readonly ports: WiresPorts;
  private readonly events: WiresEvents;
  private readonly wires: Wire[] = [];
  private look: NodeJS.Timeout | undefined;
  private isFull = false;

  /** Links are numbered from `firstLink`. */
  constructor(
    firstLink: number,
    options: Pick<TetherOptions, 'baud' | 'id' | 'frameMax' | 'powerCycle'>,
    ports: WiresPorts,
    events: WiresEvents,
  ) {
    this.firstLink = firstLink;
    this.options = options;
    this.ports = ports;
    this.events = events;
  }

  /** Resolves once the ports that are there now are being opened. */
  async start(serial: RelayConfig['serial']): Promise<void> {
    if (serial !== 'auto') return serial.forEach((port) => this.add(port));
    await this.addNew();
    this.look = setInterval(() => void this.addNew(), LOOK_MS);
  }

  get size(): number {
    return this.wires.length;
  }

  write(link: number, bytes: Uint8Array): void {
    this.wires[link - this.firstLink]?.tether.write(bytes);
  }

  status(): WireStatus[] {
    return this.wires.map(({ link, port, state }) => ({ link, port, state }));
  }

  async close(): Promise<void> {
    clearInterval(this.look);
    await Promise.all(this.wires.map(({ tether }) => tether.close()));
  }

  private async addNew(): Promise<void> {
    for (const { path } of await this.ports.list()) {
      if (!this.wires.some(({ port }) => port === path)) this.add(path);
    }
  }

  private add(port: string): void {
    const link = this.firstLink + this.wires.length;
    if (this.wires.length >= SERIAL_PORTS_MAX) {
      if (!this.isFull) this.ports.log.warn('no link is left for a port', { port });
      this.isFull = true;
      return;
    }
    const { events } = this;
    const { random, log } = this.ports;
    const options = { ...this.options, path: port, random };
    const tether = this.ports.tether(options, {
      up: () => events.up(link),
      received: (bytes) => events.received(link, bytes),
      sent: () => events.sent(link),
      down: () => events.down(link),
      report(state, failure) {
        wire.state = state;
        const facts = { port, link, state };
        if (failure === null) log.info('wire', facts);
        else log.warn(failure.message, facts);
      },
    });
    const wire: Wire = { link, port, state: 'opening', tether };
    this.wires.push(wire);
  }
}
