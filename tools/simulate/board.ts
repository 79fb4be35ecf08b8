/**
 * Board: a simulated Espruino as a serial line sees it: console, packets, Storage with the semantics of
 * flash, a small input buffer that says XOFF, and power that can be cut at any byte written. It runs
 * the JavaScript it is given in this process, so it is for programs we wrote ourselves.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import { crc32 } from '../../protocol/core/crc32.ts';

export type BoardMake = {
  /** `process.env.BOARD`. */
  name: string;
  version: string;
  /** Variables free once nothing runs. */
  variables: number;
  storageBytes: number;
  /** Input that can wait; the rest of what comes is lost (DEVICE). */
  inputBytes: number;
  /** Whether XON and XOFF are said. */
  flowControl: boolean;
  /** Bytes of input read in a millisecond. */
  inputPerMs: number;
  baud: number;
};

export const PUCK: BoardMake = {
  name: 'PUCKJS',
  version: '2v25.0',
  variables: 2400,
  storageBytes: 40_960,
  inputBytes: 1024,
  flowControl: true,
  inputPerMs: 40,
  baud: 115_200,
};

const FILE_HEADER = 32;
const NAME_MAX = 28;
const PACKET_END_MS = 2000;
const FILE_END_MS = 10_000;
const PASSWORD_MAX = 20;

/** What programs take from the language itself; all else is the board's. */
const NATIVE = new Set(['arguments', 'eval', 'JSON', 'parseInt', 'Math', 'Error', 'undefined']);

/** Thrown by the flash when the power goes, and caught by the board. */
class PowerCut {}

/** What survives without power. A file is its name and size, and bytes that only ever lose ones. */
export class Flash {
  readonly size: number;
  /** Words still to be written before the power goes. */
  powerLeft = Infinity;
  /** Written in all, so that a cut can be put anywhere. */
  written = 0;
  private files: { name: string; bytes: Uint8Array; isDead: boolean }[] = [];

  constructor(size: number) {
    this.size = size;
  }

  read(name: string): Uint8Array | null {
    return this.files.find((file) => !file.isDead && file.name === name)?.bytes ?? null;
  }

  list(): string[] {
    return this.files.filter((file) => !file.isDead).map(({ name }) => name);
  }

  erase(name: string): void {
    const file = this.files.find((each) => !each.isDead && each.name === name);
    if (file === undefined) return;
    this.spend();
    file.isDead = true;
  }

  eraseAll(): void {
    this.spend();
    this.files = [];
  }

  /** Espruino's own rules: a file is created at offset 0, and no byte is written twice. */
  write(name: string, content: Uint8Array, offset: number, size: number): void {
    if (name.length > NAME_MAX) throw new Error('File name too long');
    const whole = size || content.length;
    let bytes = this.read(name);
    if (offset === 0 && bytes !== null) {
      const isSame = bytes.length === whole && content.length === whole;
      if (isSame && content.every((byte, at) => byte === bytes![at])) return;
      if (bytes.length !== whole || bytes.some((byte) => byte !== 0xff)) {
        this.erase(name);
        bytes = null;
      }
    }
    if (bytes === null && offset === 0) bytes = this.create(name, whole);
    if (bytes === null) throw new Error('Unable to find or create file');
    if (offset + content.length > bytes.length) throw new Error('Too much data for file size');
    if (bytes.subarray(offset, offset + content.length).some((byte) => byte !== 0xff)) {
      throw new Error('File already written with different data');
    }
    for (const [at, byte] of content.entries()) {
      this.spend();
      bytes[offset + at] = byte;
    }
  }

  stats(): { freeBytes: number; trashBytes: number } {
    const sum = (dead: boolean): number =>
      this.files
        .filter(({ isDead }) => isDead === dead)
        .reduce((bytes, file) => bytes + FILE_HEADER + ((file.bytes.length + 3) & ~3), 0);
    return { freeBytes: this.size - sum(false) - sum(true), trashBytes: sum(true) };
  }

  private create(name: string, size: number): Uint8Array | null {
    const needed = FILE_HEADER + ((size + 3) & ~3);
    const { freeBytes, trashBytes } = this.stats();
    if (needed > freeBytes + trashBytes) return null;
    // Compaction is the firmware's own affair, and here it is never cut.
    if (needed > freeBytes) this.files = this.files.filter(({ isDead }) => !isDead);
    const bytes = new Uint8Array(size).fill(0xff);
    this.spend();
    this.files.push({ name, bytes, isDead: false });
    return bytes;
  }

  private spend(): void {
    if (this.powerLeft <= 0) throw new PowerCut();
    this.powerLeft -= 1;
    this.written += 1;
  }
}

export class Board {
  /** What programs that were started have printed first, in order: which firmware runs. */
  started: string[] = [];
  isPowered = true;
  holdsButton = false;
  /** Bytes of input that came while the buffer was full. */
  lost = 0;
  private readonly make: BoardMake;
  private readonly flash: Flash;
  private globals: Record<string, unknown> = {};
  private input: number[] = [];
  private output = '';
  private now: Millis = 0;
  private saidXoff = false;
  private line = '';
  private state: 'console' | 'debugger' | 'dle' | 'packet' | 'locked' = 'console';
  private packet: number[] = [];
  private packetAt: Millis = 0;
  private file: { fn: string; s: number; at: number; since: Millis } | null = null;
  /** As set by a program, or null. */
  unixMs: number | null = null;
  private password: string | null = null;
  private isLocked = false;

  constructor(make: BoardMake, flash: Flash) {
    this.make = make;
    this.flash = flash;
    this.boot();
  }

  /** Power on again. */
  powerUp(): void {
    this.flash.powerLeft = Infinity;
    this.isPowered = true;
    this.input = [];
    this.output = '';
    this.boot();
  }

  /** As if a statement had stopped in the debugger. */
  breakIn(): void {
    this.state = 'debugger';
    this.print('debug>');
  }

  /** What somebody typed at the console, before we came. */
  type(text: string): void {
    this.line += text;
  }

  receive(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (this.input.length >= this.make.inputBytes) this.lost += 1;
      else this.input.push(byte);
    }
    if (this.make.flowControl && this.input.length > this.make.inputBytes * (6 / 8)) {
      if (!this.saidXoff) this.output += '\x13';
      this.saidXoff = true;
    }
  }

  /** One millisecond of work; returns what it says. */
  work(now: Millis): Uint8Array {
    this.now = now;
    try {
      if (this.isPowered) this.read();
    } catch (cause) {
      if (!(cause instanceof PowerCut)) throw cause;
      this.isPowered = false;
      this.output = '';
    }
    const said = this.output;
    this.output = '';
    return Uint8Array.from(said, (letter) => letter.charCodeAt(0));
  }

  private read(): void {
    if (this.state === 'packet' && this.now - this.packetAt > PACKET_END_MS) this.endPacket('\x15');
    if (this.file !== null && this.now - this.file.since > FILE_END_MS) this.file = null;
    for (let i = 0; i < this.make.inputPerMs && this.input.length > 0; i++) {
      this.take(this.input.shift()!);
    }
    if (this.saidXoff && this.input.length < this.make.inputBytes * (3 / 8)) {
      this.saidXoff = false;
      this.output += '\x11';
    }
  }

  private take(byte: number): void {
    const letter = String.fromCharCode(byte);
    if (this.state === 'packet') return this.takePacket(byte);
    if (this.isLocked) return this.takePassword(letter);
    if (byte === 3) {
      const wasStuck = this.state === 'debugger';
      this.state = 'console';
      this.line = '';
      return this.print(wasStuck ? '\r\nExecution Interrupted\r\n>' : '\r\n>');
    }
    if (this.state === 'debugger') return this.print(letter);
    if (byte === 1 && this.state === 'dle' && this.hasPackets) {
      this.state = 'packet';
      this.packet = [];
      this.packetAt = this.now;
      return;
    }
    this.state = byte === 16 ? 'dle' : 'console';
    if (byte === 16 || byte === 0) return;
    if (byte === 5) {
      if (this.line === '' && this.hasPackets) {
        this.print(`Espruino ${this.make.version} ${this.make.name}\r\n`);
      }
      return;
    }
    if (letter !== '\n' && letter !== '\r') {
      this.line += letter;
      return;
    }
    // Brackets that are still open go on in the next line.
    if (opens(this.line) > 0) {
      this.line += '\n';
      return;
    }
    const line = this.line;
    this.line = '';
    this.evaluate(line);
    if (!this.isLocked) this.print('>');
  }

  private takePassword(letter: string): void {
    if (letter !== '\n' && letter !== '\r') {
      if (this.line.length < PASSWORD_MAX) this.line += letter;
      return;
    }
    this.isLocked = this.line !== this.password;
    this.line = '';
    this.print(this.isLocked ? '\r\n  Invalid password\r\npassword>' : '\r\n  Logged in.\r\n>');
  }

  private takePacket(byte: number): void {
    this.packet.push(byte);
    if (this.packet.length < 2) return;
    const head = (this.packet[0] << 8) | this.packet[1];
    if (this.packet.length - 2 < (head & 0x1fff)) return;
    const body = String.fromCharCode(...this.packet.slice(2));
    this.endPacket(this.obey(head & 0xe000, body) ? '\x06' : '\x15');
  }

  private obey(type: number, body: string): boolean {
    if (type === 0x6000) {
      const asked = /^\{fn:"([^"]+)",s:(\d+)\}$/.exec(body);
      this.file = asked && { fn: asked[1], s: Number(asked[2]), at: 0, since: this.now };
      return this.file !== null;
    }
    if (type !== 0x8000 || this.file === null) return false;
    try {
      // A write that fails is acknowledged all the same: so does the real one.
      this.flash.write(this.file.fn, bytesOf(body), this.file.at, this.file.s);
    } catch (cause) {
      if (cause instanceof PowerCut) throw cause;
    }
    this.file.at += body.length;
    this.file.since = this.now;
    if (this.file.at >= this.file.s) this.file = null;
    return true;
  }

  private endPacket(answer: string): void {
    this.state = 'console';
    this.print(answer);
  }

  private get hasPackets(): boolean {
    return Number(/^2v(\d+)/.exec(this.make.version)?.[1] ?? 0) >= 25;
  }

  private print(text: string): void {
    this.output += text;
  }

  private boot(): void {
    this.reset();
    this.started = [];
    this.password = null;
    this.isLocked = false;
    for (const name of ['.boot0', '.boot1', '.boot2', '.boot3', '.bootcde']) {
      const code = this.flash.read(name);
      if (code !== null) this.evaluate(textOf(code));
    }
    if (this.isLocked) this.print('password>');
  }

  private reset(): void {
    this.globals = this.builtins();
    this.line = '';
    this.state = 'console';
    this.file = null;
  }

  private evaluate(code: string): void {
    const { globals } = this;
    const scope = new Proxy(globals, {
      has: (_, name) => typeof name === 'string' && (name in globals || !NATIVE.has(name)),
      get(_, name) {
        if (typeof name !== 'string' || name in globals) return globals[name as string];
        throw new ReferenceError(`"${name}" is not defined`);
      },
    });
    try {
      new Function('with(arguments[0])eval(arguments[1])')(scope, code);
    } catch (cause) {
      if (cause instanceof PowerCut) throw cause;
      this.print(`Uncaught ${String(cause)}\r\n`);
    }
  }

  private builtins(): Record<string, unknown> {
    const { flash, make } = this;
    const storage = {
      read(name: string, offset = 0, length = 0) {
        const bytes = flash.read(name);
        if (bytes === null) return undefined;
        return textOf(bytes.subarray(offset, length > 0 ? offset + length : bytes.length));
      },
      write(name: string, text: string, offset = 0, size = 0) {
        flash.write(name, bytesOf(text), offset, size);
        return true;
      },
      list: () => flash.list(),
      erase: (name: string) => flash.erase(name),
      eraseAll: () => flash.eraseAll(),
      getFree: () => flash.stats().freeBytes,
      getStats: () => flash.stats(),
    };
    const globals: Record<string, unknown> = {
      process: {
        env: { BOARD: make.name },
        version: make.version,
        memory: () => ({ free: make.variables }),
      },
      print: (...words: unknown[]) => this.print(`${words.join(' ')}\r\n`),
      /** Not Espruino's: how firmware in tests says that it runs. */
      started: (name: string) => void this.started.push(name),
      reset: () => {
        this.reset();
        this.print('\r\n>');
      },
      load: () => this.boot(),
      E: {
        CRC32: (text: string) => crc32(bytesOf(text)),
        setPassword: (password?: string) => void (this.password = password ?? null),
        lockConsole: () => void (this.isLocked = this.password !== null),
      },
      BTN1: { read: () => this.holdsButton },
      btoa: (text: string) => btoa(text),
      setTime: (seconds: number) => void (this.unixMs = seconds * 1000),
      require: (name: string) => (name === 'crypto' ? { SHA256() {} } : storage),
    };
    globals['global'] = globals;
    return globals;
  }
}

/** Brackets left open, outside of texts in quotes. */
function opens(line: string): number {
  const bare = line.replace(/"(\\.|[^"\\])*("|$)|'(\\.|[^'\\])*('|$)/g, '');
  return (bare.match(/[([{]/g) ?? []).length - (bare.match(/[)\]}]/g) ?? []).length;
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function textOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
