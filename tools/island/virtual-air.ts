/**
 * Virtual air: a simulated island on the clock of this machine, with a place for one radio.
 */
import type { OpenRadio } from '../../device/pi/hardware.ts';
import type { SystemClock } from '../../device/pi/clock.ts';
import type { RadioEvent } from '../../device/pi/radio.ts';
import { Driver } from '../../protocol/core/driver.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import type { IslandInput, IslandOutput } from '../simulate/island.ts';
import { Island } from '../simulate/island.ts';
import type { Part } from '../simulate/scripts.ts';
import { asRadioEvent, virtualRadio } from './virtual-radio.ts';

export type VirtualAirPorts = {
  crypto: Crypto;
  clock: SystemClock;
  /** The island is no more. */
  broken(cause: unknown): void;
};

export class VirtualAir {
  private readonly clock: SystemClock;
  private readonly driver: Driver<IslandInput, IslandOutput>;
  /** The guest's ear, while it has a radio. */
  private hear: (event: RadioEvent) => void = () => {};

  constructor(parts: Part[], seed: number, { crypto, clock, broken }: VirtualAirPorts) {
    this.clock = clock;
    const now = clock.now();
    this.driver = new Driver(new Island({ seed, parts, crypto }, now), clock, {
      commit() {},
      perform: ({ news }) => this.hear(asRadioEvent(news)),
      halted: broken,
    });
    this.driver.feed({ kind: 'clock', offsetMs: Date.now() - now });
  }

  /** In place of a radio's driver. There is one place, and whoever left it does not come back. */
  readonly openRadio: OpenRadio = async (_, events) => {
    this.hear = events;
    events({ kind: 'power', isOn: true });
    return virtualRadio(
      (order) => void this.driver.feed({ kind: 'order', order }),
      () => this.close(),
      events,
    );
  };

  /** Everything stops: nobody else is there to miss it. */
  async close(): Promise<void> {
    this.hear = () => {};
    this.clock.stop();
  }
}
