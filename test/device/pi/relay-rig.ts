/**
 * Relay rig: relays as people run them, the built program in processes of their own, on the virtual
 * radio; a board at the other end of a wire; and a phone that says what it is told.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../device/pi/clock.ts';
import { confirmNodeKeys, drawNodeKeys, saveNodeKeys } from '../../../device/pi/node-keys.ts';
import type { NodeKeys } from '../../../device/pi/node-keys.ts';
import type { StatusAnswer } from '../../../device/pi/relay-service.ts';
import { openSerial } from '../../../device/pi/serial.ts';
import { connectToRelay } from '../../../device/pi/status-client.ts';
import type { StatusClient } from '../../../device/pi/status-client.ts';
import { crc32 } from '../../../protocol/core/crc32.ts';
import { Driver } from '../../../protocol/core/driver.ts';
import type { NodeInput, NodeOutput } from '../../../protocol/core/node.ts';
import { Node } from '../../../protocol/core/node.ts';
import type { Settings } from '../../../protocol/core/settings.ts';
import { NOTE_KEY } from '../../../protocol/core/settings-table.ts';
import { makeSeenHash } from '../../../protocol/trust/seen-hash.ts';
import { pureCrypto } from '../../../protocol/trust/pure-crypto.ts';
import type { Identity } from '../../../protocol/trust/identity.ts';
import { openPacket } from '../../../protocol/wire/packet.ts';
import type { Packet } from '../../../protocol/wire/packet.ts';
import { buildProgram } from '../../../tools/build/program.ts';
import type { RadioChild } from '../../ble/radios.ts';
import { startRadio } from '../../ble/radios.ts';
import type { Rig } from '../../ble/rig.ts';
import { announceOf, messageOf } from '../../protocol/trust/people.ts';
import { PROGRAM } from '../../tools/built.ts';
import { until } from '../../patience.ts';

export class RelayChild {
  readonly folder: string;
  readonly socket: string;
  out = '';
  err = '';
  status: number | null = null;
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  private readonly clients: StatusClient[] = [];

  /** `command` is what Node runs. */
  constructor(folder: string, command: string[], env: Record<string, string>) {
    this.folder = folder;
    this.socket = join(folder, 'data', 'relay.sock');
    this.child = spawn(process.execPath, command, { env: { ...process.env, ...env } });
    this.child.stdout!.setEncoding('utf8').on('data', (text) => (this.out += String(text)));
    this.child.stderr!.setEncoding('utf8').on('data', (text) => (this.err += String(text)));
    this.ended = new Promise((resolve) =>
      this.child.on('close', (status) => {
        this.status = status;
        resolve();
      }),
    );
  }

  get log(): Record<string, unknown>[] {
    return this.out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  async client(): Promise<StatusClient> {
    await until(
      () => this.isUp(),
      () => `the relay is up; it said ${this.out}${this.err}`,
    );
    const client = await connectToRelay(this.socket);
    this.clients.push(client);
    return client;
  }

  isUp(): boolean {
    if (this.status !== null) throw new Error(`the relay ended: ${this.out}${this.err}`);
    return this.log.some(({ msg }) => msg === 'relay');
  }

  async report(): Promise<StatusAnswer> {
    const client = await this.client();
    const answer = (await client.ask('status')) as StatusAnswer;
    client.close();
    return answer;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async ends(): Promise<number | null> {
    await this.ended;
    return this.status;
  }

  async end(): Promise<void> {
    for (const client of this.clients) client.close();
    if (this.status === null) this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** A folder that is gone after the test. */
export function tempFolder(ends: (() => unknown)[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'hopline-relay-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** `settings` in YAML, beside those that every relay of a test has. */
export function writeSettings(folder: string, settings: string): string {
  const file = join(folder, 'relay.yaml');
  writeFileSync(file, `data: ${join(folder, 'data')}\nlog: trace\n${settings}\n`);
  return file;
}

/** The environment in which a process finds the adapter of that number as its only one. */
export async function onAdapter(
  rig: Rig,
  at: number,
): Promise<{ require: string; env: Record<string, string> }> {
  const adapters = join(rig.folder, `adapters-${at}`);
  mkdirSync(join(adapters, 'hci0'), { recursive: true });
  return {
    require: await buildProgram('test/ble/loader-main.ts', rig.folder, 'cjs'),
    env: { VIRTUAL_HCI: `0=${rig.controllers[at].path}`, HOPLINE_ADAPTERS: adapters },
  };
}

export async function startRelay(
  rig: Rig,
  at: number,
  settings: string,
  ends: (() => unknown)[],
): Promise<RelayChild> {
  const folder = tempFolder(ends);
  const file = writeSettings(folder, settings);
  const { require, env } = await onAdapter(rig, at);
  const command = ['--require', require, PROGRAM, 'relay', '--config', file];
  const child = new RelayChild(folder, command, env);
  ends.push(() => child.end());
  return child;
}

/** A board without a radio on a wire, provisioned with a note key. */
export class WiredBoard {
  readonly keys: NodeKeys;
  private readonly driver: Driver<NodeInput, NodeOutput>;
  private readonly clock = systemClock();

  private constructor(keys: NodeKeys, write: (bytes: Uint8Array) => void) {
    this.keys = keys;
    const settings: Settings = [];
    settings[NOTE_KEY] = keys.note!;
    const slot = { index: 1, generation: 0, fields: new Uint8Array(0) };
    const random = (below: number): number => Math.floor(Math.random() * below);
    const ports = {
      random,
      hash: makeSeenHash(1, 2),
      crc: crc32,
      hmac: pureCrypto.hmacSha256,
      draw: () => new Uint8Array(randomBytes(16)),
    };
    const node = new Node({ ...BOARD, id: keys.id }, settings, slot, ports, this.clock.now());
    this.driver = new Driver(node, this.clock, {
      commit() {},
      perform: (output) => {
        if (output.kind === 'write') write(output.bytes);
      },
      halted(cause) {
        throw cause;
      },
    });
  }

  static async plugIn(path: string, keys: NodeKeys, ends: (() => unknown)[]): Promise<WiredBoard> {
    let writing: Promise<unknown> = Promise.resolve();
    let hear = (_: Uint8Array): void => {};
    const port = await openSerial(path, 115_200, { received: (bytes) => hear(bytes), down() {} });
    const board: WiredBoard = new WiredBoard(keys, (bytes) => {
      writing = writing
        .then(() => port.write(bytes))
        .then(() => board.driver.feed({ kind: 'sent', link: WIRE }))
        .catch(() => {});
    });
    hear = (bytes) => void board.driver.feed({ kind: 'received', link: WIRE, bytes });
    board.driver.feed({ kind: 'opened', link: WIRE, payloadMax: 0 });
    ends.push(async () => {
      board.clock.stop();
      await port.close();
    });
    return board;
  }

  say(text: string): void {
    this.driver.feed({ kind: 'say', text: new TextEncoder().encode(text) });
  }
}

/** Its only link: 0 would be the air. */
const WIRE = 1;
const BOARD = {
  board: 'test',
  outMax: 0,
  wires: 1,
  frameMax: 600,
  seenMax: 64,
  waitingMax: 8,
  senderSets: 8,
  window: 4,
  packetsMax: 32,
  bytesMax: 10_000,
  announcesMax: 4,
  counter: 0,
};

/** Draws keys as hopline provision does; gives them and the file that a relay is given. */
export function provisioned(folder: string, name: string): { keys: NodeKeys; file: string } {
  const keysFolder = join(folder, 'node-keys');
  const keys = drawNodeKeys(name, null, true, (size) => new Uint8Array(randomBytes(size)));
  saveNodeKeys(keysFolder, keys, (size) => new Uint8Array(randomBytes(size)));
  confirmNodeKeys(keysFolder, name);
  return { keys, file: join(keysFolder, `${name}.key`) };
}

/** A phone: it dials or is dialled over the phones' service, announces itself, says what it is told. */
export class PhoneChild {
  readonly identity: Identity;
  readonly radio: RadioChild;
  private link = 1;

  private constructor(identity: Identity, radio: RadioChild) {
    this.identity = identity;
    this.radio = radio;
  }

  static async start(rig: Rig, at: number, identity: Identity): Promise<PhoneChild> {
    return new PhoneChild(identity, await startRadio(rig, at));
  }

  /** To the controller of that number. */
  async dial(address: string): Promise<void> {
    this.radio.call('scan', true);
    await this.radio.event('sighted', (event) => event.address === address);
    this.radio.call('connect', 1, address, 'phone');
    await this.radio.event('opened');
    this.announce();
  }

  /** Shows itself until somebody dials it. */
  async isDialled(): Promise<void> {
    this.link = 0;
    this.radio.call('advertise', {
      bytes: new Uint8Array(0),
      isConnectable: true,
      isForPhones: true,
      name: '',
    });
    await this.radio.event('opened');
    this.announce();
  }

  /** In the name of another, it passes on what that one said. */
  announce(who: Identity = this.identity): void {
    this.radio.call('write', this.link, announceOf(who, { timestamp: Date.now() }));
  }

  say(text: string, who: Identity = this.identity): void {
    const payload = new TextEncoder().encode(text);
    this.radio.call('write', this.link, messageOf(who, Date.now(), { payload }));
  }

  /** The first packet that fits and was not asked for yet. */
  async hears(fits: (packet: Packet) => boolean): Promise<Packet> {
    let found: Packet | null = null;
    await this.radio.event('received', ({ bytes }) => {
      const opened = openPacket(bytes);
      if (opened.ok && fits(opened.packet)) found = opened.packet;
      return found !== null;
    });
    return found!;
  }
}

export function textOf({ payload }: Packet): string {
  return new TextDecoder().decode(payload);
}

export function secretsOf(relay: RelayChild): string[] {
  const text = readFileSync(join(relay.folder, 'data', 'keys'), 'utf8');
  return [...text.matchAll(/^(?:noise|sign) (\w{64})$/gm)].map(([, secret]) => secret);
}
