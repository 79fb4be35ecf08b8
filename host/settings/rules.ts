/**
 * Rules: what a setting may be, said once. Each rule reads a value of a file, or refuses it with its
 * place, and says the same as JSON Schema, so that an editor and the daemon never disagree.
 */
import type { Section } from '../../device/pi/yaml-file.ts';
import { LIST_MAX } from '../../device/pi/yaml-file.ts';

/** A piece of JSON Schema, draft 2020-12. */
export type Schema = { [keyword: string]: unknown };

export type Rule<Value> = {
  /** Undefined where the setting is absent. */
  read(section: Section, name: string): Value | undefined;
  schema: Schema;
};

/** A rule in a table: what holds without it, what it is for, and values that work as they stand. */
export type Setting<Value> = {
  read(section: Section, name: string): Value;
  schema: Schema;
  isRequired: boolean;
};

export type Table = Record<string, Setting<unknown>>;
export type Values<Of extends Table> = { [Name in keyof Of]: ReturnType<Of[Name]['read']> };

type Told = { help: string; examples: unknown[] };

export function setting<Value>(
  rule: Rule<Value>,
  usual: NoInfer<Value>,
  { help, examples }: Told,
): Setting<Value> {
  return {
    read: (section, name) => rule.read(section, name) ?? usual,
    schema: { ...rule.schema, description: help, default: plain(usual), examples },
    isRequired: false,
  };
}

/** One whose usual value depends on the machine. */
export function optional<Value>(
  rule: Rule<Value>,
  { help, examples }: Told,
): Setting<Value | undefined> {
  return {
    read: (section, name) => rule.read(section, name),
    schema: { ...rule.schema, description: help, examples },
    isRequired: false,
  };
}

export function required<Value>(rule: Rule<Value>, { help, examples }: Told): Setting<Value> {
  return {
    read: (section, name) =>
      rule.read(section, name) ?? section.fail(null, `${name} is missing: ${help}`),
    schema: { ...rule.schema, description: help, examples },
    isRequired: true,
  };
}

/** Settings of their own under one name; there even where the file says nothing of them. */
export function group<Of extends Table>(table: Of, help: string): Setting<Values<Of>> {
  return {
    read(section, name) {
      const word = section.wordOf(name);
      if (word === null) return readTable(section.section(name), table);
      return section.fail(name, `${name} takes settings of its own; ${written(table, name, word)}`);
    },
    schema: { ...schemaOf(table), description: help },
    isRequired: false,
  };
}

/** How a group is written: with the setting that takes such a word, where one does. */
function written(table: Table, name: string, word: string): string {
  const takes = ({ schema }: Setting<unknown>): boolean =>
    ((schema['examples'] ?? []) as unknown[]).some((example) => String(example) === word);
  const taker = Object.keys(table).find((key) => takes(table[key]));
  const [first] = Object.keys(table);
  return `write ${name}: { ${taker ?? first}: ${taker === undefined ? '...' : word} }`;
}

/** All values of a section. What the table does not know is refused. */
export function readTable<Of extends Table>(section: Section, table: Of): Values<Of> {
  const values: Record<string, unknown> = {};
  for (const [name, { read }] of Object.entries(table)) values[name] = read(section, name);
  section.done();
  return values as Values<Of>;
}

export function schemaOf(table: Table): Schema {
  const settings = Object.entries(table);
  const wanted = settings.filter(([, { isRequired }]) => isRequired).map(([name]) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(settings.map(([name, { schema }]) => [name, schema])),
    ...(wanted.length > 0 && { required: wanted }),
    additionalProperties: false,
  };
}

export function whole(least: number, most: number): Rule<number> {
  return {
    read: (section, name) => section.whole(name, { least, most }),
    schema: { type: 'integer', minimum: least, maximum: most },
  };
}

export const flag: Rule<boolean> = {
  read: (section, name) => section.flag(name),
  schema: { type: 'boolean' },
};

export function oneOf<Name extends string>(names: readonly Name[]): Rule<Name> {
  return { read: (section, name) => section.oneOf(name, names), schema: { enum: [...names] } };
}

/** `most` counts bytes; an editor, which counts characters, is not stricter. */
export function text(most: number): Rule<string> {
  return {
    read: (section, name) => section.text(name, { most }),
    schema: { type: 'string', minLength: 1, maxLength: most },
  };
}

/** A text of one form; `what` says it for people: "an address is ...". */
export function shaped(most: number, form: RegExp, what: string): Rule<string> {
  const { read, schema } = text(most);
  return {
    read(section, name) {
      const value = read(section, name);
      if (value !== undefined && !form.test(value)) section.fail(name, `${name}: ${what}`);
      return value;
    },
    schema: { ...schema, pattern: form.source },
  };
}

/** Texts, none twice. */
export function texts(of: { most: number; form?: RegExp; what?: string }, most = LIST_MAX) {
  const { form, what } = of;
  const rule: Rule<string[]> = {
    read(section, name) {
      const values = section.texts(name, of);
      if (values === undefined) return undefined;
      if (values.length > most) section.fail(name, `${name} takes at most ${most} entries`);
      const twice = values.find((value, at) => values.indexOf(value) < at);
      if (twice !== undefined) section.fail(name, `${name}: ${twice} is there twice`);
      const wrong = form === undefined ? undefined : values.find((value) => !form.test(value));
      if (wrong !== undefined) section.fail(name, `${name}: "${wrong}"; ${what}`);
      return values;
    },
    schema: {
      type: 'array',
      maxItems: most,
      uniqueItems: true,
      items: {
        type: 'string',
        minLength: 1,
        maxLength: of.most,
        ...(form !== undefined && { pattern: form.source }),
      },
    },
  };
  return rule;
}

/** A list of sections alike. `to` may refuse what a table cannot, and `schema` says the same. */
export function list<Of extends Table, To = Values<Of>>(
  table: Of,
  most: number,
  to: (section: Section, values: Values<Of>) => To = (_, values) => values as To,
  schema: Schema = {},
): Rule<To[]> {
  return {
    read(section, name) {
      const sections = section.sections(name);
      if (sections.length > most) section.fail(name, `${name} takes at most ${most} entries`);
      return sections.map((each) => to(each, readTable(each, table)));
    },
    schema: { type: 'array', maxItems: most, items: { ...schemaOf(table), ...schema } },
  };
}

/** One of these words, or what the other rule takes. */
export function wordOr<const Word extends string, Value>(
  words: readonly Word[],
  rule: Rule<Value>,
): Rule<Word | Value> {
  const isForLists = rule.schema['type'] === 'array';
  return {
    read(section, name) {
      const word = section.wordOf(name);
      const known = words.find((each) => each === word);
      // A plain value where a list could stand is a word that was mistyped.
      const isWord = word !== null && isForLists;
      return known ?? (isWord ? section.oneOf(name, words) : rule.read(section, name));
    },
    schema: { anyOf: [{ enum: [...words] }, rule.schema] },
  };
}

export function map<From, To>(rule: Rule<From>, to: (value: From) => To): Rule<To> {
  return {
    read(section, name) {
      const value = rule.read(section, name);
      return value === undefined ? undefined : to(value);
    },
    schema: rule.schema,
  };
}

/** As JSON has it. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
