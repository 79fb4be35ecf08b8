/**
 * Site: what provisioning has to do with the outside: ports, the folder of keys, chance and the clock.
 * It sends visitors to ports and keeps what they were given.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { nativeCrypto } from '../../device/pi/crypto.ts';
import type { NodeKeys } from '../../device/pi/node-keys.ts';
import {
  confirmNodeKeys,
  drawNodeKeys,
  nodeKeyPath,
  readNodeKeyFile,
  readNodeKeys,
  renameNodeKeys,
  saveNodeKeys,
} from '../../device/pi/node-keys.ts';
import type { SerialListing } from '../../device/pi/serial.ts';
import { NODE_ID } from '../../protocol/core/settings-table.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { consolePassword } from '../../protocol/wire/administer.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import { BAUDS } from '../flash/recognise.ts';
import type { Wish } from '../../protocol/admin/staging.ts';
import type { NodeState } from '../provision/plan.ts';
import { isNew } from '../provision/plan.ts';
import { nameOf, visible } from '../../protocol/admin/setting-text.ts';
import type { Errand, Visit, Visited, VisitFailure } from '../provision/visit.ts';
import { visitor } from '../provision/visit.ts';
import { converse } from '../session.ts';
import { notABoard } from './not-a-board.ts';

export type ListPorts = () => Promise<SerialListing[]>;
/** Has whoever holds a port let go of it, until what it resolves to is called. */
export type Borrow = (port: string) => Promise<() => void>;

/** Nodes visited at once: more would only wait for each other's USB hub. */
const VISITS_MAX = 8;

export class Site {
  readonly listPorts: ListPorts;
  readonly folder: string;
  readonly stop: AbortSignal;
  private readonly borrow: Borrow;
  private keys: NodeKeys[];
  private readonly seen = new Set<string>();
  private readonly hmac = nativeCrypto().hmacSha256;

  /** Refuses a folder of keys that cannot be used, before any device is touched. */
  constructor(
    folder: string,
    listPorts: ListPorts,
    stop: AbortSignal,
    borrow: Borrow = async () => () => {},
  ) {
    this.folder = folder;
    this.listPorts = listPorts;
    this.stop = stop;
    this.borrow = borrow;
    this.keys = readNodeKeys(folder);
  }

  /** Where the keys of that node are. */
  fileOf(name: string): string {
    return nodeKeyPath(this.folder, name, 'key');
  }

  /** A node with this id is here, whatever it is called. */
  saw(id: Uint8Array): void {
    this.seen.add(toHex(id));
  }

  /** Takes the keys in one file as well. */
  addKeyFile(path: string): NodeKeys {
    const keys = readNodeKeyFile(path);
    this.keys = [...this.keys.filter(({ id }) => toHex(id) !== toHex(keys.id)), keys];
    return keys;
  }

  keysOf(name: string): NodeKeys | null {
    return this.keys.find((each) => each.name.toLowerCase() === name.toLowerCase()) ?? null;
  }

  keysById(id: Uint8Array): NodeKeys | null {
    return this.keys.find((each) => toHex(each.id) === toHex(id)) ?? null;
  }

  /**
   * `keys` are the node's, if they are known before it says who it is: they open its console. A visit
   * that is gentle stops nothing that runs there, and finds only nodes on their wires.
   */
  async visit(
    path: string,
    errand: Errand,
    keys: NodeKeys | null = null,
    isGentle = false,
  ): Promise<Visited> {
    const talk = visitor({
      errand,
      hmac: this.hmac,
      password: keys?.admin ? consolePassword(keys.admin, this.hmac) : null,
      isGentle,
      draw: (size) => new Uint8Array(randomBytes(size)),
      seed: randomInt(2 ** 29),
      keyOf: (id) => this.keysById(id)?.admin ?? null,
      epochMs: Date.now() - performance.now(),
    });
    const giveBack = await this.borrow(path);
    try {
      return await converse(talk, this.reached(path), BAUDS[0], () => {}, this.stop, 'node');
    } catch (failure) {
      if (!this.stop.aborted) throw failure;
      throw new HoplineError('NODE_LOST', `${path}: stopped; run this again to finish`);
    } finally {
      giveBack();
    }
  }

  /** A node in range shows its id and no name; those whose keys are here have one all the same. */
  private reached(path: string): string {
    const keys = path.startsWith('ble:') ? this.keysOf(path.slice(4)) : null;
    return keys === null ? path : `ble:${toHex(keys.id)}`;
  }

  /** As `visit`, where nothing but success is of use. */
  async mustVisit(path: string, errand: Errand, keys: NodeKeys | null = null): Promise<Visit> {
    const visited = await this.visit(path, errand, keys);
    if (visited.ok) return visited.visit;
    throw failureAt(path, visited.failure);
  }

  /**
   * Makes a node what is wished. `state` is as it was found; a new one is given an id and keys, which
   * are on disk before it has them. Its keys are filed under its name from then on.
   */
  async settle(path: string, name: string, wishes: Wish[], state: NodeState): Promise<Visit> {
    const gift = this.giftFor(name, state);
    const visit = await this.mustVisit(path, { kind: 'settle', wishes, gift }, gift);
    const keys = this.keysById(visit.state.id);
    if (keys !== null && keys.isPending) confirmNodeKeys(this.folder, keys.name);
    if (keys !== null && keys.name !== name) renameNodeKeys(this.folder, keys, name, randomBytes);
    if (keys !== null) this.keep({ ...keys, name, isPending: false });
    return visit;
  }

  private giftFor(name: string, state: NodeState): NodeKeys | null {
    const known = this.keysById(state.id);
    if (known !== null) return known;
    if (!isNew(state)) return null;
    // Drawn for it before, and it was lost on the way; or the board is to take another's place.
    const drawn = this.keysOf(name);
    if (drawn !== null && !this.seen.has(toHex(drawn.id))) return drawn;
    if (drawn !== null) {
      const what = `${this.fileOf(name)} is of ${toHex(drawn.id)}, which is here under another name`;
      throw new HoplineError('KEY_FILE_EXISTS', `${what}; run this again once it is renamed`);
    }
    const id = state.settings[NODE_ID] ?? null;
    const keys = drawNodeKeys(name, id, state.canHoldKeys, randomBytes);
    saveNodeKeys(this.folder, keys, randomBytes);
    this.keep(keys);
    return keys;
  }

  private keep(keys: NodeKeys): void {
    this.keys = [...this.keys.filter(({ id }) => toHex(id) !== toHex(keys.id)), keys];
  }
}

/** Runs `work` over `items`, a few at a time, and gives the results in their order. */
export async function severally<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at]);
    }
  };
  await Promise.all(Array.from({ length: VISITS_MAX }, worker));
  return results;
}

/** Keys are given over a wire only (WIRE §21), so a node that has none obeys nobody on the air. */
function newOnAir(path: string): string {
  return path.startsWith('ble:') ? ', or if it is new, provision it over a wire first' : '';
}

export function failureAt(path: string, failure: VisitFailure): HoplineError {
  switch (failure.reason) {
    case 'no-key':
    case 'wrong-key': {
      const { id, name } = failure;
      const who = `${path}: ${[visible(name), toHex(id)].filter((word) => word !== '').join(', ')}`;
      const what =
        failure.reason === 'no-key'
          ? `its admin key is not in the folder of keys; name it with --keys or --key-file${newOnAir(path)}`
          : 'its admin key is another than the one in the folder of keys';
      return new HoplineError('NODE_LOCKED', `${who}: ${what}`);
    }
    case 'locked':
      return new HoplineError(
        'CONSOLE_LOCKED',
        `${path}: say whose it is with --key-file, or hold its button while it starts`,
      );
    case 'wrong-password':
      return new HoplineError('CONSOLE_LOCKED', `${path}: that key does not open it`);
    case 'refused':
      return new HoplineError('NODE_REFUSED', `${path}: ${nameOf(failure.setting)}`);
    case 'different': {
      const what = `${nameOf(failure.setting)} did not become what it should; run this again`;
      return new HoplineError('NODE_REFUSED', `${path}: ${what}`);
    }
    case 'full':
      return new HoplineError(
        'NODE_REFUSED',
        `${path}: a node keeps 400 bytes of settings; shorten the lists of ids`,
      );
    case 'unsupported':
      return new HoplineError(
        'NODE_REFUSED',
        `${path}: its firmware does not know that; hopline flash ${path} puts on a newer one`,
      );
    case 'new':
      return new HoplineError('NODE_REFUSED', `${path}: it lost its settings meanwhile`);
    case 'lost':
    case 'node':
      return new HoplineError('NODE_LOST', `${path}: run this again; its settings are whole`);
    default:
      return notABoard(path, failure.reason);
  }
}
