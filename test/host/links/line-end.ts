/**
 * Line end: one peer at the end of a line over IP: machine, driver and sockets, and nothing else.
 */
import { expect } from 'vitest';
import { systemClock } from '../../../device/pi/clock.ts';
import { IpLines } from '../../../host/links/ip-lines.ts';
import { Driver } from '../../../protocol/core/driver.ts';
import { PEER } from '../../../protocol/core/hello.ts';
import { PACE } from '../../../protocol/core/paced-heartbeat.ts';
import { NORMAL } from '../../../protocol/core/queue.ts';
import { OUR_VERSION } from '../../../protocol/core/version.ts';
import { DatagramDoor } from '../../../protocol/peer/datagram-door.ts';
import { lineHello } from '../../../protocol/peer/line-hello.ts';
import { RECORD_LINK_DEFAULTS } from '../../../protocol/peer/record-link.ts';
import { Trunks, TRUNKS_DEFAULTS } from '../../../protocol/peer/trunks.ts';
import type { TrunksInput, TrunksOutput } from '../../../protocol/peer/trunks.ts';
import type { Identity } from '../../../protocol/trust/identity.ts';
import { Pins } from '../../../protocol/trust/pins.ts';
import { secretsFrom } from '../../protocol/trust/people.ts';
import { crypto } from '../../protocol/trust/ports.ts';
import { xorshift } from '../../seed.ts';

export class LineEnd {
  readonly heard: Uint8Array[] = [];
  readonly drops: Record<string, number> = {};
  /** The last line that came up and is up still. */
  line: number | null = null;
  closed = '';
  readonly lines: IpLines;
  private readonly trunks: Trunks;
  private readonly driver: Driver<TrunksInput, TrunksOutput>;
  backlog = 0;

  /** `seed` is another one for each end of a test. */
  constructor(who: Identity, seed: number, origins: string[] = [], pace = PACE) {
    const { frameMax } = RECORD_LINK_DEFAULTS;
    const hello = lineHello({ version: OUR_VERSION, role: PEER, features: 0, frameMax }, '');
    const config = {
      ...TRUNKS_DEFAULTS,
      admit: () => true,
      link: { ...RECORD_LINK_DEFAULTS, pace },
    };
    const [random, draw] = [xorshift(seed), secretsFrom(seed)];
    const ports = { crypto, identity: who, pins: new Pins(crypto), random, draw };
    this.trunks = new Trunks(ports, config, hello);
    this.lines = new IpLines(
      (event) => {
        if (event.kind === 'closed') this.closed = event.why;
        return this.driver.feed(event);
      },
      { origins, door: new DatagramDoor({ crypto, draw }) },
    );
    this.driver = new Driver(this.trunks, systemClock(), {
      commit: () => {},
      perform: (output) => this.perform(output),
      halted: (cause) => {
        throw cause;
      },
    });
  }

  call(address: string, id: Uint8Array): void {
    this.feed({ kind: 'routes', routes: [{ address, id }] });
  }

  say(bytes: Uint8Array): void {
    this.backlog++;
    this.feed({ kind: 'send', line: this.line!, bytes, priority: NORMAL });
  }

  feed(input: TrunksInput): void {
    expect(this.driver.feed(input)).toBe(true);
  }

  private perform(output: TrunksOutput): void {
    this.backlog = 0;
    switch (output.kind) {
      case 'dial':
      case 'hangUp':
      case 'write':
      case 'move':
        this.lines.perform(output);
        break;
      case 'up':
        this.line = output.line;
        break;
      case 'down':
        this.line = null;
        break;
      case 'heard':
        this.heard.push(output.bytes);
        break;
      case 'drop':
        this.drops[output.reason] = (this.drops[output.reason] ?? 0) + 1;
    }
  }
}
