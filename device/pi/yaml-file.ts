/**
 * YAML file: settings that a person wrote, read value by value. Whatever is wrong is one line with the
 * place of it, `file:line:column`, and what to write instead; what nobody asks for is refused, so
 * that a mistyped name is never a setting silently not made.
 */
import type { Node, Pair, YAMLMap } from 'yaml';
import { Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { ErrorCode } from '../../protocol/errors.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { suggest } from '../../protocol/suggest.ts';

/** No settings of ours come near it; a longer file is some other file. */
export const YAML_SIZE_MAX = 256 * 1024;
/** Entries of one list; then it is refused. */
export const LIST_MAX = 1024;

/** The settings at the top of a file; `file` is what its mistakes are told by, `code` what they are. */
export function readYaml(file: string, text: string, code?: ErrorCode): Section {
  return parseYaml(file, text, code).top;
}

/** As they come from a program; what is wrong with them is told without a place. */
export function readValues(values: Record<string, unknown>): Section {
  const { contents } = new Document(values);
  const source: Source = { wrong: (_, what) => new HoplineError('CONFIG_INVALID', what) };
  return new Section(source, isMap(contents) ? contents : null, 0);
}

/** The document too, for whoever changes it and leaves the rest of it as it was written. */
export function parseYaml(
  file: string,
  text: string,
  code: ErrorCode = 'CONFIG_INVALID',
): { top: Section; document: Document } {
  const lines = new LineCounter();
  const source = { wrong: placedIn(file, lines, code) };
  if (text.length > YAML_SIZE_MAX) throw source.wrong(0, `it is over ${YAML_SIZE_MAX} bytes`);
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [flaw] = [...document.errors, ...document.warnings];
  if (flaw !== undefined) throw source.wrong(flaw.pos[0], flawIn(flaw.message));
  const { contents } = document;
  // Nothing but comments is a file too: every setting is the usual one.
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    return { top: new Section(source, null, 0), document };
  }
  if (!isMap(contents)) throw source.wrong(startOf(contents), 'write settings as "name: value"');
  return { top: new Section(source, contents, startOf(contents)), document };
}

/** `unit` says what the number counts. */
export type WholeLimits = { least: number; most: number; unit?: string };

/** `wrong`: what is wrong at a place, told so that it is found there. */
type Source = { wrong(at: number, what: string): HoplineError };

/** One level of names and values. Absent is `undefined`, everywhere. */
export class Section {
  private readonly source: Source;
  private readonly map: YAMLMap | null;
  private readonly start: number;
  private readonly asked = new Set<string>();

  /** `map` is null for a section that is not there, which has no values. */
  constructor(source: Source, map: YAMLMap | null, start: number) {
    this.source = source;
    this.map = map;
    this.start = start;
  }

  get isThere(): boolean {
    return this.map !== null;
  }

  /** The names that stand here, for sections whose names are the person's own. */
  names(): string[] {
    return this.pairs().map((pair) => this.nameOf(pair));
  }

  /** Numbers too, as they were written: an id of digits alone need not be quoted. */
  text(name: string, limits: { least?: number; most: number }): string | undefined {
    const node = this.value(name);
    return node === undefined ? undefined : this.textAt(node, name, limits);
  }

  whole(name: string, limits: WholeLimits): number | undefined {
    const node = this.value(name);
    if (node === undefined) return undefined;
    const { least, most, unit } = limits;
    const number = isScalar(node) ? node.value : null;
    if (typeof number === 'number' && Number.isInteger(number)) {
      if (number >= least && number <= most) return number;
    }
    const of = unit === undefined ? '' : `: ${unit}`;
    return this.refuse(node, `${name} takes a whole number from ${least} to ${most}${of}`);
  }

  flag(name: string): boolean | undefined {
    const node = this.value(name);
    if (node === undefined) return undefined;
    if (isScalar(node) && typeof node.value === 'boolean') return node.value;
    return this.refuse(node, `${name} takes true or false`);
  }

  oneOf<Name extends string>(name: string, known: readonly Name[]): Name | undefined {
    const node = this.value(name);
    if (node === undefined) return undefined;
    const text = isScalar(node) ? textOf(node) : null;
    const found = known.find((each) => each === text);
    if (found !== undefined) return found;
    const near = text === null ? '' : suggest(text, [...known]);
    return this.refuse(node, `${name} is one of ${known.join(', ')}${near}`);
  }

  /** A list of texts. */
  texts(name: string, limits: { most: number }): string[] | undefined {
    return this.items(name)?.map((node) => this.textAt(node, name, limits));
  }

  /** The section of that name; one without values where it is absent. */
  section(name: string): Section {
    const node = this.value(name);
    if (node === undefined) return new Section(this.source, null, this.start);
    return this.sectionAt(node, name);
  }

  /** A list of sections. */
  sections(name: string): Section[] {
    return (this.items(name) ?? []).map((node) => this.sectionAt(node, name));
  }

  /** The text of a plain value; null where nothing, a list or a section stands. */
  wordOf(name: string): string | null {
    const node = this.value(name);
    return isScalar(node) ? textOf(node) : null;
  }

  /** What stands under that name, as it came, for values that may be of several kinds. */
  kindOf(name: string): 'absent' | 'value' | 'list' | 'section' {
    const node = this.value(name);
    if (node === undefined) return 'absent';
    return isMap(node) ? 'section' : isSeq(node) ? 'list' : 'value';
  }

  /**
   * Refuses the value of `name` for a reason of the caller's, or the section when there is none; of a
   * list, its entry `at`.
   */
  fail(name: string | null, what: string, at = -1): never {
    const value = name === null ? undefined : this.value(name);
    const node = at >= 0 && isSeq(value) ? (value.items[at] as Node) : value;
    throw this.source.wrong(node === undefined ? this.start : startOf(node), what);
  }

  /** Call when everything was asked for: what is left has no meaning, and is refused. */
  done(): void {
    this.only([...this.asked]);
  }

  /** For whoever knows all names before he asks: a mistyped one is told, not what is missing for it. */
  only(known: readonly string[]): void {
    for (const pair of this.pairs()) {
      const name = this.nameOf(pair);
      if (known.includes(name)) continue;
      const near = suggest(name, [...known]) || `; there are ${known.join(', ')}`;
      throw this.source.wrong(startOf(pair.key as Node), `there is no setting "${name}"${near}`);
    }
  }

  private value(name: string): Node | undefined {
    this.asked.add(name);
    const pair = this.pairs().find((each) => this.nameOf(each) === name);
    if (pair === undefined) return undefined;
    const node = pair.value as Node | null;
    if (node === null || (isScalar(node) && node.value === null)) {
      const instead = 'give it one, or leave it out';
      throw this.source.wrong(startOf(pair.key as Node), `${name} has no value; ${instead}`);
    }
    if (isAlias(node)) return this.refuse(node, 'aliases are not followed; write the value out');
    return node;
  }

  private items(name: string): Node[] | undefined {
    const node = this.value(name);
    if (node === undefined) return undefined;
    if (!isSeq(node)) return this.refuse(node, `${name} takes a list, each after a "- "`);
    if (node.items.length > LIST_MAX) {
      return this.refuse(node, `${name} takes at most ${LIST_MAX} entries`);
    }
    return node.items as Node[];
  }

  private textAt(node: Node, name: string, limits: { least?: number; most: number }): string {
    const text = isScalar(node) ? textOf(node) : null;
    const { least = 1, most } = limits;
    const size = text === null ? -1 : new TextEncoder().encode(text).length;
    if (text !== null && size >= least && size <= most) return text;
    return this.refuse(node, `${name} takes a text of ${least} to ${most} bytes`);
  }

  private sectionAt(node: Node, name: string): Section {
    if (isMap(node)) return new Section(this.source, node, startOf(node));
    return this.refuse(node, `${name} takes settings of its own, as "name: value"`);
  }

  private pairs(): Pair[] {
    return this.map === null ? [] : this.map.items;
  }

  private nameOf({ key }: Pair): string {
    const text = isScalar(key) ? textOf(key) : null;
    if (text !== null) return text;
    throw this.source.wrong(startOf(key as Node), 'a name is a plain word');
  }

  private refuse(node: Node, what: string): never {
    throw this.source.wrong(startOf(node), what);
  }
}

/** A scalar as it was written; null for what is no text. */
export function textOf(node: { value: unknown; source?: string }): string | null {
  if (typeof node.value === 'string') return node.value;
  return node.value === null ? null : (node.source ?? null);
}

function startOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}

function placedIn(file: string, lines: LineCounter, code: ErrorCode): Source['wrong'] {
  return (at, what) => {
    const { line, col } = lines.linePos(at);
    // A file of nothing has no lines.
    const place = `${file}:${Math.max(1, line)}:${Math.max(1, col)}`;
    return new HoplineError(code, `${place}: ${what}`);
  };
}

/** What the parser says of mistakes that people make, in words of its grammar; and what to write. */
const FLAWS: [said: RegExp, instead: string][] = [
  [
    /^Implicit (map )?keys need/,
    'a colon is missing: write "name: value", a space after the colon',
  ],
  [
    /^Nested mappings are not allowed/,
    'a value is no "name: value": put text with a colon in quotes, and settings in one column',
  ],
  [
    /^Flow (map|sequence) in block/,
    'a { or [ is not closed above this, or what closes it begins its line',
  ],
  [/^Map keys must be unique/, 'it is written twice: leave one of them out'],
  [/^Plain value cannot start with/, 'put a text that begins with this sign in quotes'],
  [
    /^Source contains multiple documents/,
    'settings are one document: leave out the --- or ... that ends it',
  ],
];

function flawIn(said: string): string {
  const known = FLAWS.find(([pattern]) => pattern.test(said));
  return known === undefined ? said.charAt(0).toLowerCase() + said.slice(1) : known[1];
}
