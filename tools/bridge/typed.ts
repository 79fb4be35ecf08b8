/**
 * Typed: what a person means by a line that was typed into a chat.
 */
import type { Plain, SlashCommands } from './slash.ts';
import { alone, counted, readSlash, slashCompletions, slashHelp } from './slash.ts';

type Wish =
  | { kind: 'msg'; to: string; text: string }
  | { kind: 'with'; who: string }
  | { kind: 'history'; count: number }
  | { kind: 'public' | 'who' | 'state' | 'help' | 'quit' };
export type Typed = Wish | Plain;

/** Messages that `/history` shows. */
export const HISTORY_USUAL = 20;
const HISTORY_MOST = 1000;

const CHAT_COMMANDS: SlashCommands<Wish> = {
  who: { usage: '/who', help: 'who is in reach', read: alone('who') },
  msg: { usage: '/msg NAME TEXT', help: 'say something to one peer alone', read: readMsg },
  with: { usage: '/with NAME', help: 'from now on, speak to one peer alone', read: readWith },
  public: { usage: '/public', help: 'from now on, speak to everyone again', read: alone('public') },
  history: {
    usage: '/history [n]',
    help: `the last messages of this conversation (${HISTORY_USUAL})`,
    read: counted('history', HISTORY_USUAL, HISTORY_MOST),
  },
  state: { usage: '/state', help: 'how the bridge is, and its lines', read: alone('state') },
  help: { usage: '/help', help: 'this', read: alone('help') },
  quit: { usage: '/quit', help: 'leave, as Ctrl-D does', read: alone('quit') },
};

export function typed(line: string): Typed {
  return readSlash(line, CHAT_COMMANDS);
}

/** What `/help` shows. */
export function helpLines(): string[] {
  return [
    ...slashHelp(CHAT_COMMANDS),
    'A NAME with spaces stands in quotes, and an id will do. // begins a text with a slash.',
  ];
}

/** What a line that is not finished may become, and which end of it that replaces. */
export function completions(line: string, names: string[]): [string[], string] {
  const verbs = slashCompletions(line, CHAT_COMMANDS);
  if (verbs !== null) return verbs;
  const begun = /^\/(?:msg|with)\s+("?)([^"]*)$/.exec(line);
  if (begun === null) return [[], line];
  const [, , start] = begun;
  const fitting = names.filter((name) => name.toLowerCase().startsWith(start.toLowerCase()));
  const end = line.slice(line.search(/\s/)).trimStart();
  return [fitting.map((name) => `${/\s/.test(name) ? `"${name}"` : name} `), end];
}

function readMsg(rest: string): Wish | null {
  const [to, text] = nameAndRest(rest);
  return to === '' || text === '' ? null : { kind: 'msg', to, text };
}

function readWith(rest: string): Wish | null {
  const [quoted, more] = nameAndRest(rest);
  // Nothing else follows, so a name of several words needs no quotes here.
  const who = more === '' ? quoted : rest;
  return who === '' ? null : { kind: 'with', who };
}

/** A name, in quotes where it has spaces, and what follows. A leading @ is a habit of other chats. */
function nameAndRest(text: string): [string, string] {
  const [, quoted, word, rest] = /^(?:"([^"]*)"|@?(\S*))\s*([^]*)$/.exec(text)!;
  return [quoted ?? word ?? '', rest];
}
