/**
 * Flood client: somebody who has a token and says all that a line takes, in the names of strangers.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { systemClock } from '../../device/pi/clock.ts';
import { nativeCrypto } from '../../device/pi/crypto.ts';
import { IpLines } from '../../host/links/ip-lines.ts';
import { LEAF } from '../../protocol/core/hello.ts';
import { encodePacket, MESSAGE, plainPacket } from '../../protocol/core/packet.ts';
import { BACKGROUND } from '../../protocol/core/queue.ts';
import { MESH, versionWith } from '../../protocol/core/version.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { parseInvitation } from '../../protocol/peer/invitation.ts';
import { RECORD_LINK_DEFAULTS } from '../../protocol/peer/record-link.ts';
import type { TrunksInput, TrunksOutput } from '../../protocol/peer/trunks.ts';
import { Trunks, TRUNKS_DEFAULTS } from '../../protocol/peer/trunks.ts';
import { Identity } from '../../protocol/trust/identity.ts';
import { Pins } from '../../protocol/trust/pins.ts';
import { Driver } from '../../protocol/core/driver.ts';

const SIZE = 200;
/** How often what the line has taken is made good, and by how many packets. */
const EVERY_MS = 10;
const PACKETS = 100;

export class FloodClient {
  private readonly driver: Driver<TrunksInput, TrunksOutput>;
  private readonly lines: IpLines;
  private readonly clock = systemClock();
  private readonly pulse: NodeJS.Timeout;
  private line: number | null = null;

  constructor(ticket: string) {
    const read = parseInvitation(ticket);
    if (!read.ok) throw new HoplineError('USAGE', read.why);
    const { node: id, secret: token, address } = read.value;
    const crypto = nativeCrypto();
    const draw = (): Uint8Array => new Uint8Array(randomBytes(32));
    const identity = new Identity(crypto, { noise: draw(), sign: draw() });
    const none = new Uint8Array(0);
    const { frameMax } = RECORD_LINK_DEFAULTS;
    const head = { version: versionWith(MESH), role: LEAF, features: MESH, frameMax };
    const hello = { ...head, name: none, unixMs: null, board: none, token: none };
    const config = { ...TRUNKS_DEFAULTS, admit: () => true, link: RECORD_LINK_DEFAULTS };
    const pins = new Pins(crypto);
    const trunks = new Trunks(crypto, identity, pins, config, hello, randomInt, draw);
    this.lines = new IpLines((event) => this.driver.feed(event));
    this.driver = new Driver<TrunksInput, TrunksOutput>(trunks, this.clock, {
      commit: () => {},
      perform: (output) => this.perform(output),
      halted: (cause) => {
        throw cause;
      },
    });
    this.driver.feed({ kind: 'routes', routes: [{ address, id, token }] });
    this.pulse = setInterval(() => this.flood(), EVERY_MS);
  }

  get isAttached(): boolean {
    return this.line !== null;
  }

  async close(): Promise<void> {
    clearInterval(this.pulse);
    this.clock.stop();
    await this.lines.close();
  }

  private flood(): void {
    if (this.line === null) return;
    for (let count = 0; count < PACKETS; count++) {
      const sender = new Uint8Array(randomBytes(8));
      const payload = new Uint8Array(randomBytes(SIZE - 22));
      const bytes = encodePacket(plainPacket(MESSAGE, 7, Date.now(), sender, payload));
      this.driver.feed({ kind: 'send', line: this.line, bytes, priority: BACKGROUND });
    }
  }

  private perform(output: TrunksOutput): void {
    switch (output.kind) {
      case 'up':
        this.line = output.line;
        return;
      case 'down':
        this.line = null;
        return;
      case 'dial':
      case 'hangUp':
      case 'write':
        this.lines.perform(output);
    }
  }
}
