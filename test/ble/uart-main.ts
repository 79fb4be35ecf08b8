/**
 * Uart: a board whose console is reached over Nordic UART and nothing else. The console itself is at
 * the serial port PORT, real or simulated; what it says is notified in pieces that fit.
 */
import process from 'node:process';
import { openSerial } from '../../device/pi/serial.ts';

const SERVICE = '6e400001b5a3f393e0a9e50e24dcca9e';
const WRITTEN = '6e400002b5a3f393e0a9e50e24dcca9e';
const NOTIFIED = '6e400003b5a3f393e0a9e50e24dcca9e';

const say = (message: object): void => void process.send!(message);
let notify: (bytes: Buffer) => void = () => {};
let size = 20;

const port = await openSerial(process.env['PORT']!, 115_200, {
  received(bytes) {
    for (let at = 0; at < bytes.length; at += size) {
      notify(Buffer.from(bytes.subarray(at, at + size)));
    }
  },
  down: () => say({ kind: 'down' }),
});
let written = Promise.resolve();

const { default: bleno } = await import('@abandonware/bleno');
const service = new bleno.PrimaryService({
  uuid: SERVICE,
  characteristics: [
    new bleno.Characteristic({
      uuid: WRITTEN,
      properties: ['write', 'writeWithoutResponse'],
      onWriteRequest(bytes, _offset, _isCommand, done) {
        written = written.then(() => port.write(bytes)).catch(() => {});
        done(0);
      },
    }),
    new bleno.Characteristic({
      uuid: NOTIFIED,
      properties: ['notify'],
      onSubscribe(most, update) {
        size = Math.min(most, 128);
        notify = update;
      },
      onUnsubscribe: () => (notify = () => {}),
    }),
  ],
});
bleno.on('disconnect', () => say({ kind: 'disconnected' }));
bleno.on('stateChange', (state) => {
  if (state !== 'poweredOn') return;
  bleno.setServices([service]);
  bleno.startAdvertising(process.env['NAME']!, [SERVICE], () => say({ kind: 'advertising' }));
});
