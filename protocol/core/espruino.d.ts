/**
 * The language as a small device has it (DEVICE.md): the whole standard library that the core may
 * use. The core is checked against this file alone, so that what a board lacks is a type error.
 * Left out on purpose, because Espruino lacks or bends it: Map, Set, Symbol, BigInt, `slice` of typed
 * arrays, `from`, `of`, `at`, `flat`, `Math.imul`, `Math.trunc`, `Object.freeze`, TextEncoder.
 */
interface CallableFunction {}
interface NewableFunction {}
interface Function {}
interface IArguments {}
interface RegExp {}
interface Boolean {}
interface Number {
  toString(radix?: number): string;
}
interface Object {}
interface String {
  readonly length: number;
  charCodeAt(at: number): number;
  substr(from: number, length?: number): string;
}
interface StringConstructor {
  (value: unknown): string;
  fromCharCode(code: number): string;
}
declare const String: StringConstructor;

interface Array<T> {
  length: number;
  [index: number]: T;
  push(item: T): number;
  pop(): T | undefined;
  shift(): T | undefined;
  splice(from: number, count: number): T[];
  splice(from: number, count: number, item: T): T[];
  indexOf(item: T): number;
}
interface ArrayConstructor {
  new <T>(length: number): T[];
}
declare const Array: ArrayConstructor;

interface ArrayBuffer {
  readonly byteLength: number;
}
interface TypedNumbers<Self> {
  readonly length: number;
  [index: number]: number;
  fill(value: number, from?: number, to?: number): Self;
  set(source: { readonly length: number; [index: number]: number }, at?: number): void;
  subarray(from: number, to?: number): Self;
  indexOf(value: number, from?: number): number;
}
// The parameter stands for the buffer, as in the full library; a device has only the one kind.
interface Uint8Array<B = ArrayBuffer> extends TypedNumbers<Uint8Array<B>> {
  readonly buffer: B;
}
interface Uint16Array<B = ArrayBuffer> extends TypedNumbers<Uint16Array<B>> {
  readonly buffer: B;
}
interface Uint32Array<B = ArrayBuffer> extends TypedNumbers<Uint32Array<B>> {
  readonly buffer: B;
}
interface NumbersConstructor<Self> {
  new (source: number | number[] | TypedNumbers<unknown>): Self;
}
declare const Uint8Array: NumbersConstructor<Uint8Array>;
declare const Uint16Array: NumbersConstructor<Uint16Array>;
declare const Uint32Array: NumbersConstructor<Uint32Array>;

interface Math {
  floor(value: number): number;
  ceil(value: number): number;
  min(a: number, b: number): number;
  max(a: number, b: number): number;
}
declare const Math: Math;

interface Error {
  message: string;
}
interface ErrorConstructor {
  new (message: string): Error;
}
declare const Error: ErrorConstructor;

declare const Infinity: number;
