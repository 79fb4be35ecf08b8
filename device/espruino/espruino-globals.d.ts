/**
 * What Espruino has beyond the language, as far as we use it. The names of properties here are also
 * those that a build must not shorten, because the firmware knows them.
 */
interface NumbersConstructor<Self> {
  /** A view, not a copy. */
  new (buffer: ArrayBuffer): Self;
}
interface Promise<T> {
  then<U>(done: (value: T) => U | Promise<U>): Promise<U>;
  catch(failed: (cause: unknown) => void): Promise<T>;
}
interface Pin {
  readonly pin: number;
}

interface Storage {
  readArrayBuffer(name: string): ArrayBuffer | undefined;
  read(name: string): string | undefined;
  /** False when there is no room. A name has at most 28 characters. */
  write(name: string, bytes: string | Uint8Array): boolean;
}
interface Crypto {
  SHA256?(bytes: unknown): ArrayBuffer;
  SHA1?(bytes: unknown): ArrayBuffer;
}
/** Called by this name, because bundlers put something of their own in the place of a bare one. */
declare const global: {
  require(name: 'Storage'): Storage;
  require(name: 'crypto'): Crypto;
};

interface SerialPort {
  setup(baud: number, options: { path?: string; rx?: Pin; tx?: Pin }): void;
  on(event: 'data', heard: (text: string) => void): void;
  write(bytes: Uint8Array): void;
  setConsole(force: boolean): void;
}
declare const Serial1: SerialPort;
declare const Serial2: SerialPort;
declare const USB: SerialPort;
/** Set before the program where wires are terminals. */
declare const WIRE_PATHS: string[] | undefined;

interface Characteristic {
  writeValue(bytes: Uint8Array): Promise<void>;
  on(
    event: 'characteristicvaluechanged',
    heard: (event: { target: { value: { buffer: ArrayBuffer } } }) => void,
  ): void;
  startNotifications(): Promise<void>;
}
interface Service {
  getCharacteristic(uuid: string): Promise<Characteristic>;
}
interface Gatt {
  readonly device: { on(event: 'gattserverdisconnected', run: () => void): void };
  getPrimaryService(uuid: string): Promise<Service>;
  disconnect(): Promise<void>;
}
interface Advertised {
  id: string;
  rssi: number;
  manufacturer?: number;
  manufacturerData?: ArrayBuffer;
}
interface CharacteristicOptions {
  value?: Uint8Array;
  maxLen?: number;
  writable?: boolean;
  writableWithoutResponse?: boolean;
  notify?: boolean;
  onWrite?: (event: { data: ArrayBuffer }) => void;
}
declare const NRF: {
  setServices(services: unknown, options: { uart: boolean }): void;
  updateServices(services: unknown): void;
  setAdvertising(
    services: object,
    options: {
      showName: boolean;
      connectable: boolean;
      whenConnected: boolean;
      interval: number;
      manufacturer: number;
      manufacturerData: Uint8Array;
    },
  ): void;
  setScan(
    heard: ((advertised: Advertised) => void) | false,
    options?: { filters: object[]; active: boolean },
  ): void;
  setTxPower(dbm: number): void;
  connect(address: string, options: { minInterval: number; maxInterval: number }): Promise<Gatt>;
  disconnect(): void;
  on(event: 'connect' | 'disconnect', run: () => void): void;
};

declare const E: {
  CRC32(bytes: Uint8Array): number;
  /** 32 bits of noise. */
  hwRand(): number;
  toUint8Array(text: string): Uint8Array;
  setConsole(port: SerialPort | null, options?: { force: boolean }): void;
  /** Of at most 20 characters. It asks for it from the next `lockConsole` on. */
  setPassword(password: string): void;
  lockConsole(): void;
  getBattery?(): number;
  enableWatchdog(seconds: number, isAuto: boolean): void;
  reboot(): void;
};

declare const LED1: Pin | undefined;
declare const BTN1: Pin | undefined;
declare function digitalRead(pin: Pin): number;
declare function digitalPulse(pin: Pin, on: boolean, ms: number[]): void;
declare function setWatch(
  run: () => void,
  pin: Pin,
  options: { repeat: boolean; edge: string; debounce: number },
): void;

declare function btoa(bytes: Uint8Array): string;
declare function getTime(): number;
declare function setTime(seconds: number): void;
declare function setTimeout(run: () => void, ms: number): number;
declare function setInterval(run: () => void, ms: number): number;
declare function clearTimeout(timer: number): void;

/** Ours, for programs that run beside it: `hopline.say('the door is open')`. */
declare let hopline: { say?: (text: string) => boolean; statistics: () => Uint8Array };
