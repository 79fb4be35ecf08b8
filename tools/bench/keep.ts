/**
 * Keep: what was measured goes into the store of the bridge that lives here, so that its page can show
 * how figures change: by asking it while it runs, and straight into its store while it does not.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { nativeCrypto } from '../../device/pi/crypto.ts';
import { readKeyFile } from '../../device/pi/key-file.ts';
import { BRIDGE_FILE } from '../../host/daemon/bridge-file.ts';
import { storeIn } from '../../host/store/folder.ts';
import { Store } from '../../host/store/store.ts';
import type { BenchRun } from '../../host/types.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { Identity } from '../../protocol/trust/identity.ts';
import { BridgeClient } from '../bridge/client.ts';
import { dataFolder, LOCAL_FOLDER } from '../bridge/whereabouts.ts';
import type { Args, Io } from '../command.ts';
import { textOf } from '../command.ts';
import { VIRTUAL_FOLDER } from '../island/virtual-daemon.ts';

/** Gives the folder that has it now, or null where no bridge lives. */
export type Keep = (run: BenchRun, args: Args, io: Io) => Promise<string | null>;

/** Refuses where what is measured could not be kept. */
export type Look = (args: Args, io: Io) => Promise<void>;

export const keepHere: Keep = async (run, args, io) => {
  const folder = homeFolder(args, io);
  if (existsSync(join(folder, BRIDGE_FILE))) {
    try {
      await new BridgeClient(folder).post('bench', run);
      return folder;
    } catch (failure) {
      // What it left behind when it was killed; its store is free.
      const isGone = failure instanceof HoplineError && failure.code === 'BRIDGE_UNREACHABLE';
      if (!isGone) throw failure;
    }
  }
  const home = homesIn(folder).find(isHome);
  if (home === undefined) return nobody(folder, args);
  const identity = new Identity(nativeCrypto(), readKeyFile(keysIn(home)));
  const store = Store.open({ folder: home, owner: identity.fingerprint });
  try {
    store.commit([{ kind: 'bench', run }]);
  } finally {
    store.close();
  }
  return home;
};

/** Before anything is measured: whoever names a folder where no bridge lives is told at once. */
export const lookHere: Look = async (args, io) => {
  const folder = homeFolder(args, io);
  if (existsSync(join(folder, BRIDGE_FILE)) || homesIn(folder).some(isHome)) return;
  nobody(folder, args);
};

/** Of a bridge that runs or does not. */
function homeFolder(args: Args, io: Io): string {
  const isHere = textOf(args, 'data') === null && homesIn(LOCAL_FOLDER).some(isHome);
  return isHere ? LOCAL_FOLDER : dataFolder(args, io);
}

/** A bridge of a virtual island lives in a room of its own. */
function homesIn(folder: string): string[] {
  return [folder, join(folder, VIRTUAL_FOLDER)];
}

function isHome(folder: string): boolean {
  return existsSync(storeIn(folder)) && existsSync(keysIn(folder));
}

function keysIn(folder: string): string {
  return join(folder, 'keys');
}

function nobody(folder: string, args: Args): null {
  if (textOf(args, 'data') === null) return null;
  throw new HoplineError('NOT_FOUND', `${folder}: no bridge has its keys and its store there`);
}
