/**
 * Given: the fields of a question, read as what they must be. A question is not from the air but
 * from a person's suite, so one that is not well formed is answered as such and never guessed at.
 */
import { FRAME_MAX, PacketView } from '../../protocol/core/packet.ts';
import { fromHex, toHex } from '../../protocol/wire/hex.ts';
import type { Fields, Json } from './suite.ts';

/** What each op answers; how it refuses is `error`. */
export type Ops = Record<string, (given: Given) => Fields>;

/** Says which field is not what the op needs. */
export class Misasked extends Error {
  override readonly name = 'Misasked';
}

export class Given {
  private readonly fields: Fields;

  constructor(fields: Fields) {
    this.fields = fields;
  }

  bytes(name: string): Uint8Array {
    return this.as(name, 'hex', bytesOf(this.fields[name]));
  }

  /** Null where the field is absent or null. */
  bytesOrNull(name: string): Uint8Array | null {
    return this.isAbsent(name) ? null : this.bytes(name);
  }

  bytesList(name: string): Uint8Array[] {
    return this.list(name).map((value) => this.as(name, 'a list of hex', bytesOf(value)));
  }

  text(name: string): string {
    const value = this.fields[name];
    return this.as(name, 'text', typeof value === 'string' ? value : null);
  }

  textOrNull(name: string): string | null {
    return this.isAbsent(name) ? null : this.text(name);
  }

  number(name: string): number {
    const value = this.fields[name];
    return this.as(name, 'a number', typeof value === 'number' && value >= 0 ? value : null);
  }

  numberOrNull(name: string): number | null {
    return this.isAbsent(name) ? null : this.number(name);
  }

  numbers(name: string): number[] {
    return this.list(name).map((value) =>
      this.as(name, 'a list of numbers', typeof value === 'number' ? value : null),
    );
  }

  /** 64 bits come as decimal digits; as a number they are exact below 2^53, and so are times. */
  u64(name: string): number {
    const value = Number(/^\d+$/.test(this.text(name)) ? this.text(name) : NaN);
    return this.as(name, 'digits', Number.isSafeInteger(value) ? value : null);
  }

  u64OrNull(name: string): number | null {
    return this.isAbsent(name) ? null : this.u64(name);
  }

  flag(name: string): boolean {
    return this.fields[name] === true;
  }

  /** Bit numbers, as a bit field. */
  bitsOrNull(name: string): bigint | null {
    if (this.isAbsent(name)) return null;
    return this.numbers(name).reduce((bits, bit) => bits | (1n << BigInt(bit)), 0n);
  }

  /** Objects, each to be read like this one. */
  each(name: string): Given[] {
    return this.list(name).map((value) => {
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
      return new Given(this.as(name, 'a list of objects', isObject ? (value as Fields) : null));
    });
  }

  has(name: string): boolean {
    return !this.isAbsent(name);
  }

  private list(name: string): Json[] {
    const value = this.fields[name];
    return this.as(name, 'a list', Array.isArray(value) ? value : null);
  }

  private isAbsent(name: string): boolean {
    return this.fields[name] === undefined || this.fields[name] === null;
  }

  private as<T>(name: string, what: string, value: T | null): T {
    if (value === null) throw new Misasked(`${name} is not ${what}`);
    return value;
  }
}

function bytesOf(value: Json | undefined): Uint8Array | null {
  return typeof value === 'string' ? fromHex(value) : null;
}

/** The numbers of the bits that are set, ascending. */
export function bitNumbers(bits: bigint): number[] {
  const numbers: number[] = [];
  for (let bit = 0; bits >> BigInt(bit) > 0n; bit++) {
    if ((bits >> BigInt(bit)) & 1n) numbers.push(bit);
  }
  return numbers;
}

export function withPacket(given: Given, use: (view: PacketView) => Fields): Fields {
  const view = new PacketView();
  const malformed = view.read(given.bytes('frame'), FRAME_MAX);
  return malformed === null ? use(view) : { error: malformed };
}

/** A 1 or a 0 for each. */
export function marks<T>(items: T[], isMarked: (item: T) => boolean): string {
  return items.map((item) => (isMarked(item) ? '1' : '0')).join('');
}

export function hexOrNull(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : toHex(bytes);
}
