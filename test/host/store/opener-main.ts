/**
 * Opener: a process that opens the store in a folder, brings it to the schema of today, and says when it
 * begins and when it is done.
 *
 *   opener-main FOLDER
 */
import { writeSync } from 'node:fs';
import { Store } from '../../../host/store/store.ts';
import { OWNER } from './builders.ts';

writeSync(1, 'opening\n');
const store = Store.open({ folder: process.argv[2], owner: OWNER });
writeSync(1, 'opened\n');
store.close();
