/**
 * Flood client: somebody who has a token and says all that a line takes, in the names of strangers. It
 * is a process of its own, so that what it costs is not taken for what it does to others; this file is
 * the program of that process as well.
 */
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../device/pi/clock.ts';
import { nativeCrypto } from '../../device/pi/crypto.ts';
import { IpLines } from '../../host/links/ip-lines.ts';
import { writeU32 } from '../../protocol/core/bytes.ts';
import { Driver } from '../../protocol/core/driver.ts';
import { LEAF } from '../../protocol/core/hello.ts';
import { encodePacket, MESSAGE, plainPacket } from '../../protocol/core/packet.ts';
import { BACKGROUND } from '../../protocol/core/queue.ts';
import { MESH, versionWith } from '../../protocol/core/version.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { parseInvitation } from '../../protocol/peer/invitation.ts';
import { lineHello } from '../../protocol/peer/line-hello.ts';
import { RECORD_LINK_DEFAULTS } from '../../protocol/peer/record-link.ts';
import type { TrunksInput, TrunksOutput } from '../../protocol/peer/trunks.ts';
import { Trunks, TRUNKS_DEFAULTS } from '../../protocol/peer/trunks.ts';
import { Identity } from '../../protocol/trust/identity.ts';
import { Pins } from '../../protocol/trust/pins.ts';

const SIZE = 200;
/** How often it says something, and how many packets: 4 Mbit/s, sixteen times what a client may bring. */
const EVERY_MS = 10;
const PACKETS = 25;
const START_MAX_MS = 30_000;
/** The word that makes a process of this file one. */
const PROGRAM = 'flood-client';

/** That process, for whoever began it. */
export class FloodProcess {
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  /** Resolves once it has been let in; it says nothing yet. */
  static async start(ticket: string): Promise<FloodProcess> {
    const child = fork(fileURLToPath(import.meta.url), [PROGRAM, ticket]);
    const flood = new FloodProcess(child);
    const late = setTimeout(() => child.kill(), START_MAX_MS);
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve());
      child.once('exit', () => {
        reject(new HoplineError('CHECKS_FAILED', 'the client that floods was not let in'));
      });
    });
    clearTimeout(late);
    return flood;
  }

  set isOn(isOn: boolean) {
    this.child.send({ isOn });
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.disconnect();
    await ended;
  }
}

class FloodClient {
  isOn = false;
  private readonly attached: () => void;
  private readonly driver: Driver<TrunksInput, TrunksOutput>;
  private readonly lines: IpLines;
  private line: number | null = null;
  /** Another sender and other words each time; the rest of a packet is no different. */
  private readonly sender = new Uint8Array(randomBytes(8));
  private readonly payload = new Uint8Array(randomBytes(SIZE - 22));
  private count = 0;

  constructor(ticket: string, attached: () => void) {
    const read = parseInvitation(ticket);
    if (!read.ok) throw new HoplineError('USAGE', read.why);
    this.attached = attached;
    this.lines = new IpLines((event) => this.driver.feed(event));
    this.driver = new Driver<TrunksInput, TrunksOutput>(trunksOfNobody(), systemClock(), {
      commit: () => {},
      perform: (output) => this.perform(output),
      halted: (cause) => {
        throw cause;
      },
    });
    const { node: id, secret: token, address } = read.value;
    this.driver.feed({ kind: 'routes', routes: [{ address, id, token }] });
    setInterval(() => this.flood(), EVERY_MS);
  }

  private flood(): void {
    if (!this.isOn || this.line === null) return;
    for (let count = 0; count < PACKETS; count++) {
      writeU32(this.sender, 0, ++this.count);
      writeU32(this.payload, 0, this.count);
      const bytes = encodePacket(plainPacket(MESSAGE, 7, Date.now(), this.sender, this.payload));
      this.driver.feed({ kind: 'send', line: this.line, bytes, priority: BACKGROUND });
    }
  }

  private perform(output: TrunksOutput): void {
    switch (output.kind) {
      case 'up':
        this.line = output.line;
        return this.attached();
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

function trunksOfNobody(): Trunks {
  const crypto = nativeCrypto();
  const draw = (): Uint8Array => new Uint8Array(randomBytes(32));
  const identity = new Identity(crypto, { noise: draw(), sign: draw() });
  const { frameMax } = RECORD_LINK_DEFAULTS;
  const said = { version: versionWith(MESH), role: LEAF, features: MESH, frameMax };
  const config = { ...TRUNKS_DEFAULTS, admit: () => true, link: RECORD_LINK_DEFAULTS };
  const ports = { crypto, identity, pins: new Pins(crypto), random: randomInt, draw };
  return new Trunks(ports, config, lineHello(said, ''));
}

if (process.argv[2] === PROGRAM && process.send !== undefined) {
  const client = new FloodClient(process.argv[3], () => process.send!('attached'));
  process.on('message', ({ isOn }: { isOn: boolean }) => (client.isOn = isOn));
  process.on('disconnect', () => process.exit());
}
