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
const LOOK_MS = 3000;

type Wire = WireStatus & { tether: Tether };

export class Wires {
  private readonly firstLink: number;
  private readonly options: Pick<TetherOptions, 'baud' | 'id' | 'frameMax' | 'powerCycle'>;
  private readonly ports: WiresPorts;
  private readonly events: WiresEvents;
  private readonly wires: Wire[] = [];
  /** Ports that somebody else talks to just now. */
  private readonly lent = new Set<string>();
  private look: NodeJS.Timeout | undefined;
  private isFull = false;
  private isClosed = false;

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
    this.isClosed = false;
    if (serial !== 'auto') return serial.forEach((port) => this.add(port));
    await this.addNew();
    if (!this.isClosed) this.look = setInterval(() => void this.addNew(), LOOK_MS);
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
    this.isClosed = true;
    await Promise.all(this.wires.map(({ tether }) => tether.close()));
  }

  /**
   * Lets go of a port, so that somebody else may talk to what is there; who has it gives it back by what
   * this resolves to. One that is no wire yet becomes none meanwhile.
   */
  async lend(port: string): Promise<() => void> {
    this.lent.add(port);
    const wire = this.wires.find((each) => each.port === port);
    await wire?.tether.close();
    return () => {
      if (!this.lent.delete(port) || wire === undefined || this.isClosed) return;
      wire.state = 'opening';
      wire.tether = this.tether(wire);
    };
  }

  private async addNew(): Promise<void> {
    const listed = await this.ports.list();
    // Whoever closed meanwhile closed what there was.
    if (this.isClosed) return;
    for (const { path } of listed) {
      if (this.lent.has(path) || this.wires.some(({ port }) => port === path)) continue;
      this.add(path);
    }
  }

  private add(port: string): void {
    const link = this.firstLink + this.wires.length;
    if (this.wires.length >= SERIAL_PORTS_MAX) {
      if (!this.isFull) this.ports.log.warn('no link is left for a port', { port });
      this.isFull = true;
      return;
    }
    const wire = { link, port, state: 'opening' } as Wire;
    wire.tether = this.tether(wire);
    this.wires.push(wire);
  }

  private tether(wire: WireStatus): Tether {
    const { link, port } = wire;
    const { events } = this;
    const { random, log } = this.ports;
    const options = { ...this.options, path: port, random };
    return this.ports.tether(options, {
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
  }
}
