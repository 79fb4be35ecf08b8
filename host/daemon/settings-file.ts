/**
 * Settings file: where the settings of a bridge are written, by a person or over the API. Whoever
 * changes a value leaves all else in it as it was, comments among it; and the file is replaced as a
 * whole or not at all.
 */
import * as fs from 'node:fs';
import { join } from 'node:path';
import type { Document } from 'yaml';
import type { Surroundings } from '../../device/pi/config.ts';
import { codeOf, replaceDurably } from '../../device/pi/private-file.ts';
import { parseYaml, readValues } from '../../device/pi/yaml-file.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { suggest } from '../../protocol/suggest.ts';
import type { DaemonConfig } from '../config.ts';
import { defaultDaemonConfig, readDaemonConfig } from '../config.ts';
import { absentComponent } from './component-files.ts';
import type { Entry, Sheet } from './sheet.ts';
import { ENTRIES, FILE_ONLY, keepTexts, nested, sheetOf } from './sheet.ts';

/** In the folder of data, for whoever names no other. */
const SETTINGS_NAME = 'settings.yaml';

/** What a file says, and what that makes of a bridge. */
export type Written = { config: DaemonConfig; sheet: Sheet };

/** What is to be written; null for what is to be left out. */
export type Changes = Record<string, unknown>;

export class SettingsFile {
  readonly path: string;
  private readonly surroundings: Surroundings;
  /** Outweighs the folder that the file names. */
  private readonly data: string | null;
  /** Where it lies unless another was named; null where one was. */
  private readonly folder: string | null;

  /** `path`: null for the one in the folder of data, which need not be there. */
  constructor(path: string | null, data: string | null, surroundings: Surroundings) {
    this.folder = path === null ? defaultDaemonConfig(surroundings, data).data : null;
    this.path = path ?? join(this.folder!, SETTINGS_NAME);
    this.data = data;
    this.surroundings = surroundings;
  }

  /** How `hopline up` was told of it: options and their values. */
  get options(): string[] {
    const config = this.folder === null ? ['--config', this.path] : [];
    return this.data === null ? config : [...config, '--data', this.data];
  }

  read(): Written {
    return this.understood(this.text());
  }

  /** As `read`; refused, too, where a file that it names is not there. */
  inspect(): Written {
    const text = this.text();
    const written = this.understood(text);
    const { components } = written.config;
    const absent = absentComponent(components);
    if (absent === null) return written;
    const { top } = parseYaml(this.path, text);
    return top.fail('components', `${absent}: there is no such file`, components.indexOf(absent));
  }

  /**
   * Throws with the name of the setting that cannot be so, and then nothing is written; `refusal` is why
   * a bridge that runs does not take them, which it names itself. Gives what it makes of them once they
   * are written, by `take`; where that throws, the file is again as it was.
   */
  change<Taken>(
    changes: Changes,
    refusal: (config: DaemonConfig) => string | null,
    take: (written: Written) => Taken,
  ): Taken {
    const text = this.text();
    // What is wrong already is its writer's to mend, in its own place.
    this.understood(text);
    const { document } = parseYaml(this.path, text);
    this.check(sheetOf(document), changes);
    for (const [name, value] of Object.entries(changes)) write(document, entryOf(name), value);
    keepTexts(document);
    const changed = document.contents === null ? text : document.toString({ lineWidth: 0 });
    const written = this.understood(changed);
    const why = refusal(written.config);
    if (why !== null) throw refused(why);
    if (changed === text) return take(written);
    this.replace(changed);
    try {
      return take(written);
    } catch (cause) {
      this.replace(text);
      throw cause;
    }
  }

  /** All at once, since settings may need each other; then one by one, to name the one at fault. */
  private check(sheet: Sheet, changes: Changes): void {
    const names = Object.keys(changes);
    for (const name of names) {
      if (!FILE_ONLY.has(entryOf(name).name)) continue;
      throw refused(`${name}: it is changed in ${this.path} alone, and not over the API`);
    }
    if (this.flaw(sheet, changes, names) === null) return;
    for (const name of names) {
      const flaw = this.flaw(sheet, changes, [name]);
      if (flaw !== null) throw refused(`${name}: ${flaw}`);
    }
    throw refused(this.flaw(sheet, changes, names)!);
  }

  private flaw(sheet: Sheet, changes: Changes, names: string[]): string | null {
    const wanted = new Map(sheet);
    for (const name of names) {
      if (changes[name] === null) wanted.delete(name);
      else wanted.set(name, changes[name]);
    }
    try {
      readDaemonConfig(readValues(nested(wanted)), this.surroundings, this.data);
      return null;
    } catch (cause) {
      if (cause instanceof HoplineError) return cause.detail;
      throw cause;
    }
  }

  private understood(text: string): Written {
    const { top, document } = parseYaml(this.path, text);
    const config = readDaemonConfig(top, this.surroundings, this.data);
    if (this.folder !== null && config.data !== this.folder) {
      const detail = `${this.path}: it lies in the folder of data, and cannot name another`;
      throw new HoplineError('CONFIG_INVALID', `${detail}; move it, and use --config`);
    }
    return { config, sheet: sheetOf(document) };
  }

  private text(): string {
    try {
      return fs.readFileSync(this.path, 'utf8');
    } catch (cause) {
      if (this.folder !== null && codeOf(cause) === 'ENOENT') return '';
      const code = codeOf(cause);
      const why = code === 'ENOENT' ? 'there is no such file or folder' : `the system says ${code}`;
      const detail = `${this.path}: ${why}`;
      throw new HoplineError('FILE_UNREADABLE', detail, { cause });
    }
  }

  /** Through a link to the file itself, with the rights it had. */
  private replace(text: string): void {
    try {
      const isThere = fs.existsSync(this.path);
      const path = isThere ? fs.realpathSync(this.path) : this.path;
      const mode = isThere ? fs.statSync(path).mode & 0o777 : 0o600;
      replaceDurably(path, text, mode);
    } catch (cause) {
      const detail = `${this.path}: the system says ${codeOf(cause)}; change it there by hand`;
      throw new HoplineError('FILE_UNWRITABLE', detail, { cause });
    }
  }
}

function write(document: Document, { path }: Entry, value: unknown): void {
  if (value !== null) return document.setIn(path, value);
  // The package takes nothing out of a group that is not there.
  if (!document.hasIn(path)) return;
  document.deleteIn(path);
  const group = path.slice(0, -1);
  if (group.length > 0 && isEmpty(document.getIn(group))) document.deleteIn(group);
}

function isEmpty(node: unknown): boolean {
  return (node as { items?: unknown[] } | undefined)?.items?.length === 0;
}

function entryOf(name: string): Entry {
  const names = ENTRIES.map((entry) => entry.name);
  const entry = ENTRIES[names.indexOf(name)];
  if (entry !== undefined) return entry;
  throw refused(`there is no setting "${name}"${suggest(name, names)}`);
}

function refused(detail: string): HoplineError {
  return new HoplineError('REQUEST_INVALID', detail);
}
