/**
 * Path rig: bridges as people run them, `hopline up` in processes of their own on the virtual radio, and
 * what tests ask of them over their API.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeKeys } from '../../device/pi/node-keys.ts';
import type { InviteView, LineView, MessageView, PeerView } from '../../host/http/views.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import { encodeSlot } from '../../protocol/core/settings.ts';
import type { Settings } from '../../protocol/core/settings.ts';
import { NODE_ID, NOTE_KEY } from '../../protocol/core/settings-table.ts';
import { BridgeClient } from '../../tools/bridge/client.ts';
import { buildFirmware } from '../../tools/build/firmware.ts';
import type { Rig } from '../ble/rig.ts';
import { INTERPRETER, start } from '../espruino/interpreter.ts';
import { onAdapter, RelayChild, tempFolder, WiredBoard } from '../device/pi/relay-rig.ts';
import { PROGRAM } from '../tools/built.ts';
import { until } from '../patience.ts';

/** More than any test says. */
const PAGE = 200;

export class BridgeChild extends RelayChild {
  readonly name: string;
  private readonly api: BridgeClient;

  private constructor(
    name: string,
    folder: string,
    command: string[],
    env: Record<string, string>,
  ) {
    super(folder, command, env);
    this.name = name;
    this.api = new BridgeClient(join(folder, 'data'));
  }

  /** On the controller of that number; resolves once it answers. */
  static async start(
    rig: Rig,
    at: number,
    name: string,
    settings: string,
    ends: (() => unknown)[],
  ): Promise<BridgeChild> {
    const folder = tempFolder(ends);
    const file = join(folder, 'bridge.yaml');
    const data = join(folder, 'data');
    writeFileSync(
      file,
      `name: ${name}\ndata: ${data}\nhttp: { port: 0 }\nserial: none\n${settings}\n`,
    );
    const { require, env } = await onAdapter(rig, at);
    const command = ['--require', require, PROGRAM, 'up', '--config', file];
    const child = new BridgeChild(name, folder, command, env);
    ends.push(() => child.end());
    await until(() => {
      if (child.status !== null) throw new Error(`${name} ended: ${child.out}${child.err}`);
      return existsSync(join(data, 'bridge.json'));
    }, `${name} is up`).catch((failure: Error) => {
      throw new Error(`${failure.message}; it said ${child.out}${child.err}`);
    });
    return child;
  }

  async peers(): Promise<PeerView[]> {
    return (await this.api.get<{ peers: PeerView[] }>('peers')).peers;
  }

  async lines(): Promise<LineView[]> {
    return (await this.api.get<{ lines: LineView[] }>('lines')).lines;
  }

  /** The oldest first; of everyone, or with the peer of that id. */
  async messages(conversation = 'public'): Promise<MessageView[]> {
    const page = { conversation, limit: PAGE };
    return (await this.api.get<{ messages: MessageView[] }>('messages', page)).messages.reverse();
  }

  async texts(conversation = 'public'): Promise<string[]> {
    return (await this.messages(conversation)).map(({ text }) => text);
  }

  say(text: string): Promise<MessageView> {
    return this.tell('public', text);
  }

  tell(to: string, text: string): Promise<MessageView> {
    return this.api.post('messages', { to, text });
  }

  read(conversation: string, key: number): Promise<void> {
    return this.api.post(`conversations/${conversation}/read`, { key });
  }

  /** That others reach it at `address`. */
  invite(address: string): Promise<InviteView> {
    return this.api.post('invites', { address });
  }

  join(line: string): Promise<LineView> {
    return this.api.post('lines', { line });
  }
}

/** A small node at the end of a serial line. */
export type NoteNode = { say(text: string): void };

/** The core's node, in this process. */
export function plugInDouble(
  path: string,
  keys: NodeKeys,
  ends: (() => unknown)[],
): Promise<NoteNode> {
  return WiredBoard.plugIn(path, keys, ends);
}

/** The firmware of a board, on a real interpreter. */
export async function plugInEspruino(
  path: string,
  keys: NodeKeys,
  ends: (() => unknown)[],
): Promise<NoteNode> {
  const settings: Settings = [];
  settings[NODE_ID] = keys.id;
  settings[NOTE_KEY] = keys.note!;
  const { flashed } = await buildFirmware('linux');
  const board = await start(INTERPRETER!, {
    '.boot0': Buffer.from(`var WIRE_PATHS=${JSON.stringify([path])};`),
    '.bootcde': Buffer.from(flashed, 'latin1'),
    hop0: encodeSlot(settings, 1, crc32),
  });
  ends.push(() => board.stop());
  return { say: (text) => board.type(`hopline.say(${JSON.stringify(text)})\n`) };
}
