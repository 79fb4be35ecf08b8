/**
 * Setup: how a running bridge is set up: as its file said at the start, and as it said each time it was
 * read again since. What can change while it runs does so at once; what cannot is pending until the
 * next start.
 */
import type { SettingView } from '../http/views.ts';
import { HoplineError } from '../../protocol/errors.ts';
import type { DaemonConfig } from '../config.ts';
import type { Changes, SettingsFile, Written } from './settings-file.ts';
import type { Sheet } from './sheet.ts';
import { differences, ENTRIES, FILE_ONLY, LIVE } from './sheet.ts';

/** What came of reading it again, by the names of settings. */
export type Reread = { changed: string[]; pending: string[] };

/** What takes settings up. */
export type Taker = {
  /** Why it cannot, as things are now; null where it can. */
  refusal(config: DaemonConfig): string | null;
  setUp(config: DaemonConfig): void;
};

export class Setup {
  readonly file: SettingsFile;
  private readonly taker: Taker;
  /** What the bridge does now. */
  private running: Sheet;
  /** What the file said when it was read last. */
  private written: Sheet;

  /** `started`: what the bridge was started with. */
  constructor(file: SettingsFile, started: Written, taker: Taker) {
    this.file = file;
    this.taker = taker;
    this.running = started.sheet;
    this.written = started.sheet;
  }

  /** Throws what is wrong with the file; then nothing has changed. */
  reread(): Reread {
    const written = this.file.read();
    const why = this.taker.refusal(written.config);
    if (why !== null) throw new HoplineError('CONFIG_INVALID', `${this.file.path}: ${why}`);
    return this.take(written);
  }

  /** Throws what cannot be so; then nothing has changed, and nothing is written. */
  change(changes: Changes): Reread {
    const refusal = (config: DaemonConfig): string | null => this.taker.refusal(config);
    return this.file.change(changes, refusal, (written) => this.take(written));
  }

  views(): SettingView[] {
    const pending = new Set(differences(this.running, this.written));
    return ENTRIES.map(({ name, schema }) => {
      const { description, default: usual = null, examples: _, ...rest } = schema;
      const isSet = this.written.has(name);
      return {
        name,
        value: isSet ? this.written.get(name) : usual,
        usual,
        isSet,
        needsRestart: !LIVE.has(name),
        isPending: pending.has(name),
        isFileOnly: FILE_ONLY.has(name),
        help: String(description),
        schema: rest,
      };
    });
  }

  private take({ config, sheet }: Written): Reread {
    const changed = differences(this.written, sheet);
    if (changed.length > 0) this.taker.setUp(config);
    this.written = sheet;
    this.running = new Map(this.running);
    for (const name of LIVE) {
      if (sheet.has(name)) this.running.set(name, sheet.get(name));
      else this.running.delete(name);
    }
    const pending = differences(this.running, sheet);
    return { changed: changed.filter((name) => LIVE.has(name)), pending };
  }
}
