/**
 * Virtual world: what surrounds a daemon that has neither a radio nor lines: an island with a place
 * for it, and another island whose gateway it dials. Everything is in this process, and the second
 * gateway listens to this machine alone, and lets in that daemon alone.
 */
import type { OpenRadio } from '../../device/pi/hardware.ts';
import type { Log } from '../../device/pi/log.ts';
import type { RadioEvent } from '../../device/pi/radio.ts';
import { IpLines } from '../../host/links/ip-lines.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import type { Cast } from '../simulate/scripts.ts';
import { FAR, HOME } from '../simulate/scripts.ts';
import { VirtualIsland } from './virtual-island.ts';
import { asRadioEvent, virtualRadio } from './virtual-radio.ts';

const LOOPBACK = '127.0.0.1';

/** Who lives on the island around the daemon, and on the one behind the line. */
export type Casts = { home: Cast; far: Cast };

export type VirtualWorldPorts = { crypto: Crypto; log: Log; broken(cause: unknown): void };

export class VirtualWorld {
  /** The second island's gateway, for the daemon to dial. */
  readonly peer: { address: string; node: Uint8Array };
  private readonly home: VirtualIsland;
  private readonly far: VirtualIsland;
  private readonly lines: IpLines;
  /** The daemon's ear, while it has a radio. */
  private hear: (event: RadioEvent) => void = () => {};

  private constructor(home: VirtualIsland, far: VirtualIsland, lines: IpLines, port: number) {
    this.home = home;
    this.far = far;
    this.lines = lines;
    this.peer = { address: `${LOOPBACK}:${port}`, node: far.gatewayId };
  }

  /** Around the daemon of that id. */
  static async open(
    daemon: Uint8Array,
    ports: VirtualWorldPorts,
    casts: Casts = { home: HOME, far: FAR },
  ): Promise<VirtualWorld> {
    const { crypto } = ports;
    let world: VirtualWorld | null = null;
    const home = new VirtualIsland(
      { ...casts.home, hasGuest: true, lines: [], crypto },
      {
        ...ports,
        perform: (output) => output.kind === 'news' && world?.hear(asRadioEvent(output.news)),
      },
    );
    const far = new VirtualIsland(
      {
        ...casts.far,
        hasGuest: false,
        lines: [{ node: daemon, address: null }],
        crypto,
      },
      {
        ...ports,
        perform: (output) => output.kind === 'line' && world?.lines.perform(output.order),
      },
    );
    const lines = new IpLines((event) => far.feed({ kind: 'line', event }));
    const { port } = await lines.listen(LOOPBACK, 0);
    world = new VirtualWorld(home, far, lines, port);
    return world;
  }

  /** In place of the driver of an adapter. There is one place on the island. */
  readonly openRadio: OpenRadio = async (_, events) => {
    this.hear = events;
    events({ kind: 'power', isOn: true });
    const close = async (): Promise<void> => {
      this.hear = () => {};
      this.home.feed({ kind: 'gone' });
    };
    return virtualRadio((order) => void this.home.feed({ kind: 'order', order }), close, events);
  };

  async close(): Promise<void> {
    this.home.close();
    this.far.close();
    await this.lines.close();
  }
}
