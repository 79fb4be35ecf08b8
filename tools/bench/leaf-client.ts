/**
 * Leaf client: a client of a bridge in this process, over real sockets, TCP or WebSocket. What a page
 * does in a browser, for tests and figures.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { systemClock } from '../../device/pi/clock.ts';
import { nativeCrypto } from '../../device/pi/crypto.ts';
import { IpLines } from '../../host/links/ip-lines.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import { Driver } from '../../protocol/core/driver.ts';
import { parseInvitation } from '../../protocol/peer/invitation.ts';
import type { LeafInput, LeafOutput } from '../../protocol/peer/leaf.ts';
import { Leaf } from '../../protocol/peer/leaf.ts';
import { Identity } from '../../protocol/trust/identity.ts';
import { HoplineError } from '../../protocol/errors.ts';

export class LeafClient {
  readonly identity: Identity;
  readonly name: string;
  readonly heard: string[] = [];
  isAttached = false;
  /** Why it is not, as it was told last. */
  why: string | null = null;
  /** Called with each message as it comes. */
  onMessage: (text: string) => void = () => {};
  private readonly leaf: Leaf;
  private readonly driver: Driver<LeafInput, LeafOutput>;
  private readonly lines: IpLines;
  private readonly clock = systemClock();

  /** `address`, where it is another one than the ticket says. */
  constructor(ticket: string, name: string, address?: string) {
    this.name = name;
    const read = parseInvitation(ticket);
    if (!read.ok) throw new HoplineError('USAGE', read.why);
    const { node, secret } = read.value;
    const crypto = nativeCrypto();
    const draw = (size: number): Uint8Array => new Uint8Array(randomBytes(size));
    this.identity = new Identity(crypto, { noise: draw(32), sign: draw(32) });
    const ports = { crypto, identity: this.identity, random: randomInt, draw, crc: crc32 };
    const route = { address: address ?? read.value.address, id: node, token: secret };
    this.leaf = new Leaf({ name, route }, ports, this.clock.now());
    this.lines = new IpLines((event) => this.driver.feed({ kind: 'line', event }));
    this.driver = new Driver<LeafInput, LeafOutput>(this.leaf, this.clock, {
      commit: () => {},
      perform: (output) => this.perform(output),
      halted: (cause) => {
        throw cause;
      },
    });
    this.feed({ kind: 'clock', offsetMs: Date.now() - this.clock.now() });
  }

  peers(): ReturnType<Leaf['peers']> {
    return this.leaf.peers(this.clock.now());
  }

  say(text: string): void {
    this.feed({ kind: 'say', text });
  }

  async close(): Promise<void> {
    this.feed({ kind: 'leave' });
    await new Promise((resolve) => setImmediate(resolve));
    this.clock.stop();
    await this.lines.close();
  }

  private feed(input: LeafInput): void {
    this.driver.feed(input);
  }

  private perform(output: LeafOutput): void {
    switch (output.kind) {
      case 'line':
        return this.lines.perform(output.order);
      case 'attached':
        this.isAttached = true;
        return;
      case 'detached':
        this.isAttached = false;
        this.why = output.why;
        return;
      case 'told':
        if (output.event.kind !== 'message') return;
        this.heard.push(output.event.text);
        this.onMessage(output.event.text);
    }
  }
}
