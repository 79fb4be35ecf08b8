/**
 * What every decoder of this room answers: a value, or the reason why the bytes are none. Bytes come
 * from the air, so a decoder never throws, and what it returns holds no view into them.
 */
export type Decoded<Value, Reason extends string> =
  { ok: true; value: Value } | { ok: false; reason: Reason };
