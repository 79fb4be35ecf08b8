/**
 * Bare: noble or bleno as they come, with nothing of ours around them. It shows that the radio
 * carries them unmodified, and what they reach by themselves.
 *
 *   ROLE=peripheral   serves one characteristic, counts what is written, notifies on demand
 *   ROLE=central      connects to the first that serves it, counts what is notified, writes on demand
 *
 * With GUARDED in the environment our guards are around it, for tests of what these change.
 * Told `put`, it sends one value of `size` bytes; told `ask`, the peripheral asks the central for its
 * services. Told `send`, it sends `count` values of `size` bytes and waits after every `window` of them for
 * the other end's word, since neither library holds anything back.
 */
import process from 'node:process';
import { Credit } from '../../device/pi/ble-credit.ts';
import { guardBleno } from '../../device/pi/bleno-guards.ts';
import type { BlenoInternals } from '../../device/pi/bleno-guards.ts';

const SERVICE = '6e400001b5a3f393e0a9e50e24dcca9e';
/** Only notifies, as the other half of a Nordic UART. */
const BELL = '6e400003b5a3f393e0a9e50e24dcca9e';
const CHARACTERISTIC = '6e400002b5a3f393e0a9e50e24dcca9e';
/** Says that a window has arrived. */
const ACK = Buffer.from('ACK');

type Send = { kind: 'send'; count: number; size: number; window: number };
type Put = { kind: 'put'; size: number };
type Ask = { kind: 'ask' };
type Expect = { kind: 'expect'; count: number; window: number };

/** For all services: Bluetooth Core 3.F.3.4.4.9. */
const ASK = Buffer.from([0x10, 0x01, 0x00, 0xff, 0xff, 0x00, 0x28]);
const ATT = 4;

let ask = (): void => {};
let put: (bytes: Buffer) => void = () => {};
let acknowledged = (): void => {};
let expected: Expect = { kind: 'expect', count: 0, window: 0 };
let received = 0;
let wrong = 0;
let latencies: number[] = [];

/** The same in every process of this machine. */
const now = (): number => performance.timeOrigin + performance.now();
const say = (message: object): void => void process.send!(message);

function take(bytes: Buffer): void {
  if (bytes.equals(ACK)) return acknowledged();
  if (expected.count === 0) return say({ kind: 'value', size: bytes.length });
  if (bytes.readUInt32LE(0) !== received) wrong++;
  latencies.push(now() - bytes.readDoubleLE(4));
  received++;
  if (received % expected.window === 0) put(ACK);
  if (received === expected.count) {
    say({ kind: 'received', count: received, wrong, latencies });
  }
}

async function send({ count, size, window }: Send): Promise<void> {
  const began = now();
  for (let number = 0; number < count; number++) {
    const bytes = Buffer.alloc(size, 0xa5);
    bytes.writeUInt32LE(number);
    bytes.writeDoubleLE(now(), 4);
    const isLast = (number + 1) % window === 0;
    const heard = new Promise<void>((resolve) => (acknowledged = resolve));
    put(bytes);
    if (isLast) await heard;
  }
  say({ kind: 'done', ms: now() - began });
}

process.on('message', (message: Send | Put | Ask | Expect) => {
  if (message.kind === 'send') return void send(message);
  if (message.kind === 'put') return put(Buffer.alloc(message.size, 0x5a));
  if (message.kind === 'ask') return ask();
  expected = message;
  received = 0;
  wrong = 0;
  latencies = [];
  say({ kind: 'expecting' });
});

if (process.env['ROLE'] === 'peripheral') {
  const { default: bleno } = await import('@abandonware/bleno');
  const internals = bleno as BlenoInternals;
  if (process.env['GUARDED'] !== undefined) guardBleno(internals, new Credit(), []);
  ask = () => {
    const { _aclStream: stream } = internals._bindings;
    stream.on('data', (_channel: number, answer: Buffer) => say({ kind: 'answer', answer }));
    stream.write(ATT, ASK);
  };
  const characteristic = new bleno.Characteristic({
    uuid: CHARACTERISTIC,
    properties: ['writeWithoutResponse', 'write', 'notify'],
    onWriteRequest(bytes, _offset, _isCommand, done) {
      take(bytes);
      done(0);
    },
    onSubscribe(size, update) {
      put = update;
      say({ kind: 'subscribed', size });
    },
    onUnsubscribe: () => say({ kind: 'unsubscribed' }),
  });
  bleno.on('stateChange', (state) => {
    if (state !== 'poweredOn') return;
    const bell = new bleno.Characteristic({ uuid: BELL, properties: ['notify'] });
    const characteristics = [characteristic, bell];
    const service = new bleno.PrimaryService({ uuid: SERVICE, characteristics });
    bleno.setServices([service]);
    bleno.startAdvertising('bare', [SERVICE], () => say({ kind: 'advertising' }));
  });
} else {
  const { default: noble } = await import('@abandonware/noble');
  noble.on('stateChange', (state) => {
    if (state === 'poweredOn') noble.startScanning([SERVICE], false);
  });
  noble.on('discover', async (peripheral) => {
    await noble.stopScanningAsync();
    await peripheral.connectAsync();
    const { characteristics } = await peripheral.discoverSomeServicesAndCharacteristicsAsync(
      [SERVICE],
      [CHARACTERISTIC],
    );
    const [characteristic] = characteristics;
    characteristic.on('data', take);
    await characteristic.subscribeAsync();
    put = (bytes) => characteristic.write(bytes, true);
    const { address, rssi } = peripheral;
    say({ kind: 'connected', address, rssi, mtu: (peripheral as { mtu?: number }).mtu });
  });
}
