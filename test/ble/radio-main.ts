/**
 * Radio: a process with the product's radio on its adapter, driven by what its parent tells it.
 * Every event is passed on as `{ kind: 'event', event }`, but for values of a stream, which are
 * checked and counted here.
 */
import process from 'node:process';
import { openBluetooth } from '../../device/pi/bluetooth.ts';
import type { BluetoothOptions } from '../../device/pi/bluetooth.ts';
import type { Radio, RadioEvent } from '../../device/pi/radio.ts';
import { Stream } from './stream.ts';

export type Told =
  | { kind: 'open'; options?: Partial<BluetoothOptions> }
  | { kind: 'call'; name: keyof Radio; with: unknown[] }
  | { kind: 'stream'; link: number; count: number; size: number; window: number }
  | { kind: 'expect'; link: number; count: number }
  | { kind: 'memory' }
  /** Ends the process as it is. */
  | { kind: 'exit' };

let radio: Radio;
const streams = new Map<number, Stream>();
const say = (message: object): void => void process.send!(message);

function hear(event: RadioEvent): void {
  if ('link' in event && streams.get(event.link)?.hear(event)) return;
  say({ kind: 'event', event });
}

process.on('message', async (told: Told) => {
  switch (told.kind) {
    case 'open': {
      const options = { adapter: null, name: 'test', ...told.options };
      const adapters = process.env['VIRTUAL_ADAPTERS']!;
      try {
        radio = await openBluetooth({ adapters, ...options }, hear);
        say({ kind: 'open' });
      } catch (cause) {
        say({ kind: 'failed', message: (cause as Error).message });
      }
      break;
    }
    case 'call':
      await (radio[told.name] as (...words: unknown[]) => unknown)(...told.with);
      if (told.name === 'close') process.disconnect();
      break;
    case 'stream':
      streamOn(told.link).send(told);
      break;
    case 'expect':
      streamOn(told.link).expect(told.count);
      say({ kind: 'expecting' });
      break;
    case 'exit':
      process.exit();
      break;
    case 'memory':
      globalThis.gc!();
      say({ kind: 'memory', bytes: process.memoryUsage().heapUsed });
      break;
  }
});

function streamOn(link: number): Stream {
  let stream = streams.get(link);
  if (stream === undefined) {
    stream = new Stream((bytes) => radio.write(link, bytes), say);
    streams.set(link, stream);
  }
  return stream;
}
