/**
 * Home: what a daemon finds in its data folder, and makes there at its first start and never again:
 * who it is (S24), and its store. What a relay kept there before comes along.
 *
 *   keys                     who we are; for nobody else, and in no backup
 *   store.sqlite             all else that must last (host/store)
 *   token                    lets programs of this user in
 *   relay.sock, bridge.json  while it runs
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createKeyFile, readKeyFile } from '../../device/pi/key-file.ts';
import type { Log } from '../../device/pi/log.ts';
import { readNoteDevice } from '../../device/pi/node-keys.ts';
import { readCounters, readPins } from '../../device/pi/state-file.ts';
import type { Device } from '../../protocol/peer/note-desk.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import { Identity } from '../../protocol/trust/identity.ts';
import { fromHex } from '../../protocol/wire/hex.ts';
import type { DaemonConfig } from '../config.ts';
import { TUNING } from '../resilience/resilience.ts';
import { lockIn, storeIn } from '../store/folder.ts';
import { Store } from '../store/store.ts';
import type {
  Archive,
  LedgerPages,
  MessagePages,
  PeerPages,
  Retention,
  StoreWrite,
} from '../types.ts';
import { RETENTION } from '../types.ts';
import { startLines } from './start-lines.ts';

/** What of a store a daemon uses. */
export type DaemonStore = Archive &
  Pick<Store, 'commit' | 'keep' | 'trim' | 'close'> & {
    readonly messages: MessagePages;
    readonly peers: PeerPages;
    readonly ledger: LedgerPages;
  };

export type HomePorts = {
  crypto: Crypto;
  draw: (size: number) => Uint8Array;
  log: Log;
};

/** `lost` is what a person should know of a history that is not there, or null. */
export type Home = {
  identity: Identity;
  store: DaemonStore;
  devices: Device[];
  lost: string | null;
};

export function openHome(config: DaemonConfig, { crypto, draw, log }: HomePorts): Home {
  const { data, keyFile } = config;
  const files = [storeIn(data), ...Object.values(relayFiles(data))];
  const isFirst = !existsSync(keyFile) && !files.some((path) => existsSync(path));
  const secrets = isFirst ? createKeyFile(keyFile, draw) : readKeyFile(keyFile);
  if (isFirst) {
    log.info('a new identity was drawn; who loses its file loses it', { file: keyFile });
  }
  const identity = new Identity(crypto, secrets);
  const retention = retentionOf(config);
  const isToBeNew = isFirst || isOfRelay(data);
  const store = Store.open({ folder: data, owner: identity.fingerprint, retention });
  const lost = store.isNew && !isToBeNew ? lossOf(store) : null;
  if (lost !== null) log.warn(lost);
  try {
    if (store.isNew) store.commit(leftByRelay(data));
    const wasTuned = store.settings.get(TUNING) !== null;
    store.commit(startLines(config, store.settings, Date.now()));
    if (wasTuned && store.settings.get(TUNING) === null) {
      log.info('the settings "failure" are others now, and what was tuned before is forgotten');
    }
    return {
      identity,
      store,
      devices: config.notes.map((file) => readNoteDevice(file, (id) => store.counters.of(id))),
      lost,
    };
  } catch (failure) {
    store.close();
    throw failure;
  }
}

/** What is kept for how long, as the settings say. */
export function retentionOf({ keep }: DaemonConfig): Retention {
  return {
    ...RETENTION,
    messagesMax: keep.messages,
    messageBytesMax: keep.megabytes * 2 ** 20,
    messageAgeMs: keep.days * 24 * 3_600_000,
  };
}

/** What a relay kept is enough to begin a store with, until there was one. */
function isOfRelay(data: string): boolean {
  return Object.values(relayFiles(data)).some(existsSync) && !existsSync(lockIn(data));
}

function lossOf({ path }: Store): string {
  const lost = 'what was said, joined and decided before is not known';
  const wayOut = 'end the bridge, move this file away and bring a backup back with hopline restore';
  return `${path} was not there, and was begun anew: ${lost}; if there was any, ${wayOut}`;
}

function relayFiles(data: string): { counters: string; pins: string } {
  return { counters: join(data, 'counters'), pins: join(data, 'pins') };
}

/** Whose notes it took and whose keys it knew, so that none of them can be played again (S9). */
function leftByRelay(data: string): StoreWrite[] {
  const { counters, pins } = relayFiles(data);
  const writes: StoreWrite[] = [{ kind: 'pins', pins: readPins(pins) ?? [] }];
  for (const [device, counter] of readCounters(counters) ?? []) {
    writes.push({ kind: 'counter', device: fromHex(device)!, counter });
  }
  return writes;
}
