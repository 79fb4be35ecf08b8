/**
 * Writer: a process that stores batch after batch, and says `ack N` only of what was committed. It
 * closes and opens its store now and then.
 *
 *   writer-main FOLDER BATCHES [NORMAL]     NORMAL: without the syncs that an acknowledgement needs
 */
import { writeSync } from 'node:fs';
import { Store } from '../../../host/store/store.ts';
import { OWNER } from './builders.ts';
import { batch } from './crash.ts';

/** Attempts at one thing. A disk that never recovers ends the writer. */
const TRIES_MAX = 40;
const REOPEN_EVERY = 25;
/** So that the log is folded into the file on the way, and begun anew. */
const CHECKPOINT_PAGES = 60;

const [folder, batches, synchronous] = process.argv.slice(2);

let store = again('open', open);
say('opened');
for (let at = 0; at < Number(batches); at++) {
  again(`batch ${at}`, () => store.commit(batch(at)));
  say(`ack ${at}`);
  if (at % REOPEN_EVERY !== REOPEN_EVERY - 1) continue;
  store.close();
  store = again('open', open);
}
again('trim', () => store.trim(0));
store.close();
say('closed');

function open(): Store {
  const opened = Store.open({ folder, owner: OWNER });
  const connection = Reflect.get(opened, 'connection');
  connection.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  if (synchronous === 'NORMAL') connection.pragma('synchronous = NORMAL');
  return opened;
}

function again<T>(what: string, run: () => T): T {
  for (let tries = 1; ; tries++) {
    try {
      return run();
    } catch (failure) {
      say(`failed ${what}: ${(failure as Error).message}`);
      if (tries === TRIES_MAX) throw failure;
    }
  }
}

/** At once, in one call, so that a trace shows what was said before what. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}
