/**
 * Typed: what a person means by a line that was typed into a chat.
 */
import { suggest } from '../../protocol/suggest.ts';

export type Typed =
  | { kind: 'say'; text: string }
  | { kind: 'msg'; to: string; text: string }
  | { kind: 'with'; who: string }
  | { kind: 'history'; count: number }
  | { kind: 'public' | 'who' | 'state' | 'help' | 'quit' | 'nothing' }
  | { kind: 'mistake'; why: string };

/** Messages that `/history` shows. */
export const HISTORY_USUAL = 20;
const HISTORY_MOST = 1000;

type ChatCommand = { usage: string; help: string; read(rest: string): Typed | null };

const plain =
  (kind: 'public' | 'who' | 'state' | 'help' | 'quit') =>
  (rest: string): Typed | null =>
    rest === '' ? { kind } : null;

const CHAT_COMMANDS: Record<string, ChatCommand> = {
  who: { usage: '/who', help: 'who is in reach', read: plain('who') },
  msg: { usage: '/msg NAME TEXT', help: 'say something to one peer alone', read: readMsg },
  with: { usage: '/with NAME', help: 'from now on, speak to one peer alone', read: readWith },
  public: { usage: '/public', help: 'from now on, speak to everyone again', read: plain('public') },
  history: {
    usage: '/history [n]',
    help: `the last messages of this conversation (${HISTORY_USUAL})`,
    read: readHistory,
  },
  state: { usage: '/state', help: 'how the bridge is, and its lines', read: plain('state') },
  help: { usage: '/help', help: 'this', read: plain('help') },
  quit: { usage: '/quit', help: 'leave, as Ctrl-D does', read: plain('quit') },
};

export function typed(line: string): Typed {
  const text = line.trim();
  if (text === '') return { kind: 'nothing' };
  if (!text.startsWith('/')) return { kind: 'say', text };
  // Whoever wants to say something that begins with a slash writes two.
  if (text.startsWith('//')) return { kind: 'say', text: text.slice(1) };
  const [, name, rest] = /^\/(\S*)\s*([^]*)$/.exec(text)!;
  if (!Object.hasOwn(CHAT_COMMANDS, name)) {
    const known = name === '' ? [] : Object.keys(CHAT_COMMANDS);
    const near = suggest(name, known).replace('mean ', 'mean /');
    return { kind: 'mistake', why: `there is no /${name}${near || '; /help lists what there is'}` };
  }
  const command = CHAT_COMMANDS[name];
  return command.read(rest) ?? { kind: 'mistake', why: `it goes ${command.usage}` };
}

/** What `/help` shows. */
export function helpLines(): string[] {
  const commands = Object.values(CHAT_COMMANDS);
  const width = Math.max(...commands.map(({ usage }) => usage.length));
  return [
    ...commands.map(({ usage, help }) => `${usage.padEnd(width)}  ${help}`),
    'A NAME with spaces stands in quotes, and an id will do. // begins a text with a slash.',
  ];
}

/** What a line that is not finished may become, and which end of it that replaces. */
export function completions(line: string, names: string[]): [string[], string] {
  const verb = /^\/(\S*)$/.exec(line);
  if (verb !== null) {
    const all = Object.keys(CHAT_COMMANDS).map((name) => `/${name} `);
    return [all.filter((name) => name.startsWith(line)), line];
  }
  const begun = /^\/(?:msg|with)\s+("?)([^"]*)$/.exec(line);
  if (begun === null) return [[], line];
  const [, , start] = begun;
  const fitting = names.filter((name) => name.toLowerCase().startsWith(start.toLowerCase()));
  const end = line.slice(line.search(/\s/)).trimStart();
  return [fitting.map((name) => `${/\s/.test(name) ? `"${name}"` : name} `), end];
}

function readMsg(rest: string): Typed | null {
  const [to, text] = nameAndRest(rest);
  return to === '' || text === '' ? null : { kind: 'msg', to, text };
}

function readWith(rest: string): Typed | null {
  const [quoted, more] = nameAndRest(rest);
  // Nothing else follows, so a name of several words needs no quotes here.
  const who = more === '' ? quoted : rest;
  return who === '' ? null : { kind: 'with', who };
}

function readHistory(rest: string): Typed | null {
  if (rest === '') return { kind: 'history', count: HISTORY_USUAL };
  const count = /^\d+$/.test(rest) ? Number(rest) : 0;
  return count >= 1 && count <= HISTORY_MOST ? { kind: 'history', count } : null;
}

/** A name, in quotes where it has spaces, and what follows. A leading @ is a habit of other chats. */
function nameAndRest(text: string): [string, string] {
  const [, quoted, word, rest] = /^(?:"([^"]*)"|@?(\S*))\s*([^]*)$/.exec(text)!;
  return [quoted ?? word ?? '', rest];
}
