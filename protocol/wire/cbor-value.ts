/**
 * What deterministic CBOR can say (RFC 8949 §4.2.1), as values of the language. An integer and a
 * float of the same size are different values there, so a float is never a plain number here.
 */
/** Integers beyond 2^53 are bigints; a number is always an integer, a float is a `Float`. */
export type Cbor =
  | number
  | bigint
  | boolean
  | null
  | undefined
  | string
  | Uint8Array
  | Cbor[]
  | Map<Cbor, Cbor>
  | Float
  | Tagged
  | Simple;

export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

export class Tagged {
  readonly tag: number | bigint;
  readonly content: Cbor;
  constructor(tag: number | bigint, content: Cbor) {
    this.tag = tag;
    this.content = content;
  }
}

/** A simple value without a meaning of its own. */
export class Simple {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}
