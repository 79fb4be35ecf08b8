/**
 * Wired boards: the boards on this bridge's wires, as its owner and its administrators see and change
 * them, in the words of `hopline provision`.
 */
import type { SettingName } from '../../protocol/admin/setting-text.ts';
import {
  DEFAULT,
  idOf,
  nameOf,
  readSetting,
  valueIn,
  WRITABLE,
  writeSetting,
} from '../../protocol/admin/setting-text.ts';
import type { Wish } from '../../protocol/admin/staging.ts';
import { AT_START } from '../../protocol/admin/staging.ts';
import type { Settings } from '../../protocol/core/settings.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { printable } from '../../protocol/printable.ts';
import { suggest } from '../../protocol/suggest.ts';
import { fromHex, toHex } from '../../protocol/wire/hex.ts';
import type { BoardAnswer, BoardTask } from '../administration/contract.ts';
import type { Daemon } from '../daemon.ts';
import type { NodeReportView, NodeSettingView, NodeView } from '../http/views.ts';

/** Words for the levels of a board's log (WIRE §21), as a bridge has them, too. */
const LEVELS = ['silent', 'error', 'info', 'debug'];

type Tended = Extract<BoardAnswer, { kind: 'tended' }>;

export class WiredBoards {
  private readonly daemon: Daemon;

  constructor(daemon: Daemon) {
    this.daemon = daemon;
  }

  /** Nodes that have said hello on a wire. */
  list(): NodeView[] {
    const { links } = this.daemon.snapshot().station;
    return links.flatMap(({ medium, peer, name }): NodeView[] => {
      if (medium !== 'wire' || peer === null) return [];
      const obeys = this.hasKey(fromHex(peer)!) ? true : null;
      const here = { host: null, isSelf: false, isReachable: true };
      return [{ id: peer, name: printable(name ?? ''), kind: 'board', ...here, obeys }];
    });
  }

  async look(board: Uint8Array): Promise<NodeReportView> {
    const { statistics: figures } = await this.tend(board, { kind: 'look' });
    const id = toHex(board);
    const name = this.list().find((each) => each.id === id)?.name ?? '';
    const none = { version: null, startedAt: null, problems: [] };
    return { id, name, kind: 'board', ...none, figures };
  }

  async settings(board: Uint8Array): Promise<NodeSettingView[]> {
    return viewsOf((await this.tend(board, { kind: 'look' })).settings);
  }

  async change(board: Uint8Array, changes: Record<string, unknown>): Promise<NodeSettingView[]> {
    const wishes = Object.entries(changes).map(([name, value]) => wishOf(name, value));
    return viewsOf((await this.tend(board, { kind: 'change', wishes })).settings);
  }

  async log(board: Uint8Array, word: string): Promise<void> {
    const level = LEVELS.indexOf(word);
    if (level < 0) throw refused(`the log of a board is ${LEVELS.join(', ')}, not "${word}"`);
    await this.tend(board, { kind: 'log', level });
  }

  async do(board: Uint8Array, kind: 'restart' | 'identify'): Promise<void> {
    await this.tend(board, { kind });
  }

  private hasKey(board: Uint8Array): boolean {
    try {
      return this.daemon.adminKeyOf(board) !== null;
    } catch {
      // Whoever uses it is told what is wrong with the file.
      return false;
    }
  }

  private async tend(board: Uint8Array, task: BoardTask): Promise<Tended> {
    const key = this.daemon.adminKeyOf(board);
    const answer = await this.daemon.ask({ kind: 'tend', board, key, task });
    if (answer.kind === 'tended') return answer;
    throw failureOf(toHex(board), answer);
  }
}

function viewsOf(settings: Settings): NodeSettingView[] {
  return WRITABLE.map((name) => {
    const id = idOf(name);
    const value = writeSetting(id, valueIn(settings, id));
    const isSet = value !== writeSetting(id, valueIn([], id));
    return { name, value, isSet, needsRestart: AT_START.includes(id), isPending: false };
  });
}

/** Lists may be lists; everything else is a word or a number. */
function wishOf(name: string, value: unknown): Wish {
  if (!WRITABLE.includes(name as SettingName)) {
    throw refused(`a board has no setting "${printable(name)}"${suggest(name, [...WRITABLE])}`);
  }
  const text = value === null ? DEFAULT : Array.isArray(value) ? value.join(' ') : String(value);
  const read = readSetting(name as SettingName, text === '' ? DEFAULT : text);
  if (!read.ok) throw refused(read.what);
  return { id: idOf(name as SettingName), value: read.value };
}

function failureOf(
  id: string,
  { reason, setting }: Extract<BoardAnswer, { kind: 'untended' }>,
): HoplineError {
  const what = setting === null ? '' : nameOf(setting);
  switch (reason) {
    case 'absent':
      return new HoplineError('NODE_LOST', `${id} is on no wire of this bridge; plug it in`);
    case 'lost': {
      const detail = `${id} was unplugged, or hangs; what was asked may be done: look at it again`;
      return new HoplineError('NODE_LOST', detail);
    }
    case 'busy':
      return new HoplineError('TOO_MANY', `${id} has enough to do; try again in a moment`);
    case 'no-key': {
      const detail = `the key of ${id} is not here: name the folder that has it in node-keys`;
      return new HoplineError('NODE_LOCKED', detail);
    }
    case 'wrong-key': {
      const detail = `${id} has another admin key than the file in node-keys; take the right one`;
      return new HoplineError('NODE_LOCKED', detail);
    }
    case 'refused':
      return new HoplineError('NODE_REFUSED', `${id}: its firmware has no such ${what}; update it`);
    case 'different':
      return new HoplineError('NODE_REFUSED', `${id}: ${what} is not as it was set; set it again`);
    case 'full':
      return new HoplineError('NODE_REFUSED', `${id} has no room for so much; shorten its lists`);
    case 'unsupported':
      return new HoplineError('NODE_REFUSED', `${id}: its firmware cannot do that; update it`);
  }
}

function refused(detail: string): HoplineError {
  return new HoplineError('REQUEST_INVALID', detail);
}
