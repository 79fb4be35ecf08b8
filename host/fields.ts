/**
 * Fields: what is in a value that a stranger's program made, said in a table, and looked at before anybody
 * relies on it.
 */
import { ID_SIZE } from '../protocol/core/packet.ts';

/** Of a sort, one of some words, or with fields of its own. */
export type Field = keyof typeof SORTS | readonly string[] | Fields;
export type Fields = { readonly [name: string]: Field };

/** Each field of each kind: the compiler sees that none is forgotten, and that words are its own. */
export type FieldsOf<Said extends { kind: string }> = {
  [Kind in Said['kind']]: FieldsIn<Omit<Extract<Said, { kind: Kind }>, 'kind'>>;
};
type FieldsIn<Value> = { readonly [Name in keyof Value]-?: FieldOf<Value[Name]> };
type FieldOf<Value> = [Value] extends [string]
  ? string extends Value
    ? 'text'
    : readonly Value[]
  : Exclude<Field, readonly string[]>;

const isText = (value: unknown): boolean => typeof value === 'string';
const isNumber = (value: unknown): boolean => typeof value === 'number' && !Number.isNaN(value);
export const isId = (value: unknown): boolean =>
  value instanceof Uint8Array && value.length === ID_SIZE;
const SORTS = {
  text: isText,
  'text or null': (value: unknown) => value === null || isText(value),
  number: isNumber,
  'number or null': (value: unknown) => value === null || isNumber(value),
  'number, if it is there': (value: unknown) => value === undefined || isNumber(value),
  'number above 0': (value: unknown) => Number.isFinite(value) && (value as number) > 0,
  'true or false': (value: unknown) => typeof value === 'boolean',
  'list of numbers': (value: unknown) => Array.isArray(value) && value.every(isNumber),
  'id of 8 bytes': isId,
  'id of 8 bytes, or null': (value: unknown) => value === null || isId(value),
  'list of ids': (value: unknown) => Array.isArray(value) && value.every(isId),
};

/** Throws what is wrong with it; `does` is what somebody does with it: tells, say. */
export function checkKind(
  does: string,
  said: { kind: string },
  kinds: Record<string, Fields>,
): void {
  const { kind } = Object(said) as { kind: string };
  if (!Object.hasOwn(kinds, kind)) throw new Error(`it ${does} "${kind}", which there is not`);
  checkFields(`it ${does} "${kind}"`, said, kinds[kind]);
}

function checkFields(what: string, said: object, fields: Fields): void {
  for (const [name, field] of Object.entries(fields)) {
    const value = (said as Record<string, unknown>)[name];
    if (typeof field === 'object' && !isWords(field)) checkFields(what, Object(value), field);
    else checkField(`${what}, whose ${name} is`, value, field);
  }
}

function checkField(what: string, value: unknown, field: Exclude<Field, Fields>): void {
  if (typeof field === 'string') {
    if (!SORTS[field](value)) throw new Error(`${what} no ${field}`);
  } else if (!field.includes(value as string)) {
    throw new Error(`${what} none of ${field.join(', ')}`);
  }
}

function isWords(field: readonly string[] | Fields): field is readonly string[] {
  return Array.isArray(field);
}
