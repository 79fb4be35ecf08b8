/**
 * Schema: JSON Schemas that know the type they describe, so that a view and its description cannot
 * drift apart. What is described once is checked at the door, written by the server and published.
 */

/** A JSON Schema of a value of type `T`. A named one is written once in the document. */
export type Schema<T> = {
  readonly [keyword: string]: unknown;
  /** Never there: it makes the type part of the schema, exactly. */
  readonly '~of'?: (value: T) => T;
};

/** What `object` says of each of its fields. */
export type Fields<T> = { readonly [K in keyof T]-?: Schema<Exclude<T[K], undefined>> };

type Limits = { about?: string; minLength?: number; maxLength?: number; pattern?: string };
type Range = { about?: string; minimum?: number; maximum?: number };

export function text({ about, ...limits }: Limits = {}): Schema<string> {
  return { type: 'string', ...limits, ...described(about) };
}

export function integer({ about, ...range }: Range = {}): Schema<number> {
  return { type: 'integer', ...range, ...described(about) };
}

/** As integer, of whatever is measured. */
export function number({ about, ...range }: Range = {}): Schema<number> {
  return { type: 'number', ...range, ...described(about) };
}

export function flag(about?: string): Schema<boolean> {
  return { type: 'boolean', ...described(about) };
}

export function oneOf<const Word extends string>(...words: Word[]): Schema<Word> {
  return { type: 'string', enum: words };
}

export function list<T>(items: Schema<T>): Schema<T[]> {
  return { type: 'array', items };
}

/** Whatever JSON has. */
export function anything(about?: string): Schema<unknown> {
  return { ...described(about) };
}

/** Numbers by names that are not known beforehand. */
export function counts(about?: string): Schema<Record<string, number>> {
  return { type: 'object', additionalProperties: { type: 'integer' }, ...described(about) };
}

/** As counts, of whatever is measured. */
export function figures(about?: string): Schema<Record<string, number>> {
  return { type: 'object', additionalProperties: { type: 'number' }, ...described(about) };
}

export function nullable<T>(schema: Schema<T>): Schema<T | null> {
  const { type, enum: words } = schema;
  if (type !== 'string' && type !== 'integer' && type !== 'number') {
    return { anyOf: [schema, { type: 'null' }] } as Schema<T | null>;
  }
  const orNull = Array.isArray(words) ? { enum: [...words, null] } : {};
  return { ...schema, type: [type, 'null'], ...orNull } as Schema<T | null>;
}

/** An object with these fields and no others; the ones in `optional` may be left out. */
export function object<T>(fields: Fields<T>, optional: (keyof T & string)[] = []): Schema<T> {
  const required = Object.keys(fields).filter((name) => !(optional as string[]).includes(name));
  return {
    type: 'object',
    additionalProperties: false,
    properties: fields,
    ...(required.length > 0 ? { required } : {}),
  };
}

/** An object of one of several kinds, told apart by its field `kind`. */
export function kinds<T extends { kind: string }>(shapes: {
  [K in T['kind']]: Fields<Omit<Extract<T, { kind: K }>, 'kind'>>;
}): Schema<T> {
  const described = Object.entries(shapes) as [string, Fields<object>][];
  return {
    oneOf: described.map(([kind, fields]) => object({ kind: oneOf(kind), ...fields } as never)),
  };
}

export function named<T>(title: string, schema: Schema<T>): Schema<T> {
  return { title, ...schema };
}

function described(description: string | undefined): { description?: string } {
  return description === undefined ? {} : { description };
}
