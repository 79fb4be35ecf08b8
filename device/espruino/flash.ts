/**
 * Flash: the places of a node that survive a power cut. Each is a file of its own, so that writing
 * one never touches another.
 */
const storage = global.require('Storage');

/** Settings in 0 and 1, the note counter in 2. */
const NAMES = ['hop0', 'hop1', 'hopn'];

export function readPlace(place: number): Uint8Array {
  const bytes = storage.readArrayBuffer(NAMES[place]);
  // A copy: what lies in flash goes when it is written again.
  return new Uint8Array(bytes ? new Uint8Array(bytes) : 0);
}

export function writePlace(place: number, bytes: Uint8Array): void {
  if (!storage.write(NAMES[place], bytes)) throw new Error('flash is full');
}
