/**
 * Virtual island: a simulated island on the clock of this machine. What its guest's radio tells and
 * what its gateway wants of its lines come out as they happen.
 */
import { systemClock } from '../../device/pi/clock.ts';
import type { Log } from '../../device/pi/log.ts';
import { WallClock } from '../../device/pi/wall-clock.ts';
import { Driver } from '../../protocol/core/driver.ts';
import type { IslandInput, IslandOptions, IslandOutput } from '../simulate/island.ts';
import { Island } from '../simulate/island.ts';

export type VirtualIslandPorts = {
  log: Log;
  perform(output: IslandOutput): void;
  /** It is no more. */
  broken(cause: unknown): void;
};

export class VirtualIsland {
  /** Of who lives there first. */
  readonly gatewayId: Uint8Array;
  private readonly driver: Driver<IslandInput, IslandOutput>;
  private readonly clock = systemClock();
  private readonly wallClock: WallClock;

  constructor(options: IslandOptions, { log, perform, broken }: VirtualIslandPorts) {
    const island = new Island(options, this.clock.now());
    this.gatewayId = island.residents[0].identity.id;
    // What they have to store they keep in memory.
    this.driver = new Driver(island, this.clock, { commit() {}, perform, halted: broken });
    this.wallClock = new WallClock(this.clock, log, (offsetMs) =>
      this.driver.feed({ kind: 'clock', offsetMs }),
    );
    this.wallClock.start();
  }

  /** False when it was not taken. */
  feed(input: IslandInput): boolean {
    return this.driver.feed(input);
  }

  /** Everything on it stands still from now on. */
  close(): void {
    this.wallClock.stop();
    this.clock.stop();
  }
}
