/**
 * hopline node [list | boards <bridge> | show <node>]
 * hopline node set <node> <setting>=<value> ... | log <node> <level> | restart <node> | identify <node>
 * hopline node allow|deny|quarantine <bridge> <id>
 * hopline node admit|dismiss <id>
 *
 * Bridges and boards are administered from here: this bridge, the boards on its wires, bridges elsewhere
 * that obey it, and with --through the boards on theirs.
 */
import type {
  NodePeerView,
  NodeReportView,
  NodeSettingView,
  NodeView,
  SettingsView,
} from '../../host/http/views.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { printable } from '../../protocol/printable.ts';
import { suggest } from '../../protocol/suggest.ts';
import { BridgeClient } from '../bridge/client.ts';
import { DATA_OPTION } from '../bridge/data-option.ts';
import { named } from '../bridge/names.ts';
import { changeLines, nodeTable, reportLines, settingLines } from '../bridge/node-lines.ts';
import type { Args, Command, Io } from '../command.ts';
import { has, JSON_OPTION, misuse, textOf } from '../command.ts';

const ID = /^[0-9a-f]{16}$/i;
const ADMINISTRATOR = /^([0-9a-f]{16}|[0-9a-f]{64})$/i;
/** A verb, a node, and as many settings as a change may have. */
const OPERANDS_MAX = 102;

const VERBS: Record<string, (words: string[], call: Call) => Promise<void>> = {
  list: async (_, call) => call.show(await call.nodes('nodes'), nodeTable),
  boards: async ([node], call) =>
    call.show(await call.nodes(`nodes/${pathOf(node)}/boards`), (boards) =>
      boards.length > 0 ? nodeTable(boards) : [`no boards on the wires of ${printable(node!)}`],
    ),
  show: ([node], call) => show(node, call),
  set: ([node, ...words], call) => set(node, words, call),
  log: ([node, level], call) => call.post(node, 'log', { level: needed(level, 'which level?') }),
  restart: ([node], call) => call.post(node, 'restart', {}),
  identify: ([node], call) => call.post(node, 'identify', {}),
  allow: ([node, id], call) => judge(node, id, { isDenied: false, isQuarantined: false }, call),
  deny: ([node, id], call) => judge(node, id, { isDenied: true }, call),
  quarantine: ([node, id], call) => judge(node, id, { isQuarantined: true }, call),
  admit: ([who], call) => appoint(who, true, call),
  dismiss: ([who], call) => appoint(who, false, call),
};

export const node: Command = {
  name: 'node',
  summary: 'administer bridges and boards, here and elsewhere',
  usage:
    'hopline node [list | boards <bridge> | show|restart|identify <node> | ' +
    'set <node> <setting>=<value> ... | log <node> <level> | ' +
    'allow|deny|quarantine <bridge> <id> | admit|dismiss <id>] ' +
    '[--through <bridge>] [--data <folder>] [--json]',
  operands: { least: 0, most: OPERANDS_MAX },
  options: {
    through: { type: 'string', value: 'bridge', help: 'the bridge on whose wire the board is' },
    data: DATA_OPTION,
    json: JSON_OPTION,
  },
  examples: [
    'hopline node',
    'hopline node show harbour',
    'hopline node set harbour log=debug budget.burst=8000',
    'hopline node set gate ttl-max=9 --through harbour',
    'hopline node admit 4c0ff1cd9cd844b0',
  ],

  async run(args, io) {
    const [verb = 'list', ...words] = args.operands;
    if (!Object.hasOwn(VERBS, verb)) {
      const known = Object.keys(VERBS);
      const near = suggest(verb, known) || `; it is one of ${known.join(', ')}`;
      throw new HoplineError('USAGE', `a node cannot be asked to "${verb}"${near}`);
    }
    await VERBS[verb](words, new Call(args, io));
  },
};

/** One call of the command: the bridge it asks, and how its answer is printed. */
class Call {
  readonly io: Io;
  readonly client: BridgeClient;
  readonly isJson: boolean;
  private readonly through: string | null;

  constructor(args: Args, io: Io) {
    this.io = io;
    this.client = BridgeClient.of(args, io);
    this.isJson = has(args, 'json');
    this.through = textOf(args, 'through');
  }

  /** The place of a node in the API. */
  at(node: string | undefined, what = ''): string {
    const query = this.through === null ? '' : `?through=${encodeURIComponent(this.through)}`;
    return `nodes/${pathOf(node)}${what}${query}`;
  }

  async nodes(path: string): Promise<NodeView[]> {
    return (await this.client.get<{ nodes: NodeView[] }>(path)).nodes;
  }

  async settings(node: string | undefined): Promise<NodeSettingView[]> {
    const path = this.at(node, '/settings');
    return (await this.client.get<{ settings: NodeSettingView[] }>(path)).settings;
  }

  async post(node: string | undefined, what: string, body: object): Promise<void> {
    await this.client.post(this.at(node, `/${what}`), body);
    this.show({ done: what }, () => [`${printable(node!)}: done`]);
  }

  show<View>(view: View, lines: (view: View) => string[]): void {
    if (this.isJson) return this.io.out(JSON.stringify(view));
    for (const line of lines(view)) this.io.say(line);
  }
}

async function show(node: string | undefined, call: Call): Promise<void> {
  const report = await call.client.get<NodeReportView>(call.at(node));
  const settings = await call.settings(node);
  call.show({ ...report, settings }, () => [...reportLines(report), ...settingLines(settings)]);
}

async function set(node: string | undefined, words: string[], call: Call): Promise<void> {
  const wishes = words.map(wishOf);
  if (wishes.length === 0) throw usage('which settings? write them as name=value');
  const before = await call.settings(node);
  const changes = Object.fromEntries(
    wishes.map(([name, text]) => [name, valueOf(name, text, before)]),
  );
  const path = call.at(node, '/settings');
  const { settings } = await call.client.patch<{ settings: NodeSettingView[] }>(path, { changes });
  call.show(settings, () => {
    const lines = changeLines(before, settings);
    return lines.length > 0 ? lines : ['all of that was so already'];
  });
}

async function judge(
  node: string | undefined,
  id: string | undefined,
  change: object,
  call: Call,
): Promise<void> {
  const whom = needed(id, 'whom? name an id');
  if (!ID.test(whom)) throw usage('this takes an id, since anybody can call himself anything');
  const path = `nodes/${pathOf(node)}/peers/${whom.toLowerCase()}`;
  const peer = await call.client.patch<NodePeerView>(path, change);
  call.show(peer, ({ isDenied, isQuarantined }) => {
    const judged = isDenied ? 'blocked' : isQuarantined ? 'kept apart' : 'let in';
    return [`${named(peer)} is ${judged} at ${printable(node!)}`];
  });
}

async function appoint(who: string | undefined, isAdmitted: boolean, call: Call): Promise<void> {
  const id = needed(who, 'whom? name the id of a bridge, or its fingerprint').toLowerCase();
  if (!ADMINISTRATOR.test(id))
    throw usage('this takes an id, or a fingerprint: 16 or 64 hex digits');
  const { settings } = await call.client.get<SettingsView>('settings');
  const now = settings.find(({ name }) => name === 'administrators')?.value as string[];
  const others = now.filter((each) => each !== id);
  const administrators = isAdmitted ? [...others, id] : others;
  await call.client.patch('settings', { changes: { administrators } });
  const word = isAdmitted ? 'may administer this bridge' : 'may not administer this bridge';
  call.show({ administrators }, () => [`${id} ${word}`]);
}

function wishOf(word: string): [name: string, text: string] {
  const at = word.indexOf('=');
  if (at < 1) throw usage(`"${printable(word)}" is no setting: write name=value`);
  return [word.slice(0, at), word.slice(at + 1)];
}

/** Of the kind that it is now; nothing, for as usual. Lists have commas. */
function valueOf(name: string, text: string, settings: NodeSettingView[]): unknown {
  const now = settings.find((each) => each.name === name)?.value ?? null;
  if (text === '' || text === 'usual') return null;
  if (typeof now === 'string') return text;
  if (Array.isArray(now) && !text.startsWith('[')) return text.split(',');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function pathOf(node: string | undefined): string {
  return encodeURIComponent(needed(node, 'which node? name it, or its id'));
}

function needed(word: string | undefined, question: string): string {
  if (word === undefined) throw usage(question);
  return word;
}

function usage(what: string): HoplineError {
  return misuse(node, what);
}
