/**
 * Typed: what a person means by a line that was typed into a chat.
 */
import type { Plain, SlashCommands } from './slash.ts';
import { alone, counted, readSlash, slashCompletions, slashHelp } from './slash.ts';

type Wish =
  | { kind: 'msg'; to: string; text: string }
  | { kind: 'with'; who: string }
  | { kind: 'history'; count: number }
  | { kind: 'search'; words: string }
  /** Null asks about whom one speaks to. */
  | { kind: 'ping' | 'trace' | 'path'; who: string | null }
  | { kind: 'public' | 'rooms' | 'who' | 'again' | 'state' | 'help' | 'quit' };
export type Typed = Wish | Plain;

/** Messages that `/history` shows. */
const HISTORY_USUAL = 20;
const HISTORY_MOST = 1000;

const CHAT_COMMANDS: SlashCommands<Wish> = {
  rooms: { usage: '/rooms', help: 'your conversations, and what is unread', read: alone('rooms') },
  who: { usage: '/who', help: 'who is in reach', read: alone('who') },
  msg: { usage: '/msg NAME TEXT', help: 'say something to one peer alone', read: readMsg },
  with: { usage: '/with NAME', help: 'from now on, speak to one peer alone', read: readWith },
  public: { usage: '/public', help: 'from now on, speak to everyone again', read: alone('public') },
  again: { usage: '/again', help: 'say again what failed last', read: alone('again') },
  history: {
    usage: '/history [n]',
    help: `the last messages of this conversation (${HISTORY_USUAL})`,
    read: counted('history', HISTORY_USUAL, HISTORY_MOST),
  },
  search: { usage: '/search WORDS', help: 'messages that have all the words', read: readSearch },
  ping: { usage: '/ping [NAME]', help: 'how far a peer is', read: about('ping') },
  trace: { usage: '/trace [NAME]', help: 'the way to a peer, hop by hop', read: about('trace') },
  path: { usage: '/path [NAME]', help: 'which way packets take, and why', read: about('path') },
  state: { usage: '/state', help: 'how the bridge is, and its lines', read: alone('state') },
  help: { usage: '/help', help: 'this', read: alone('help') },
  quit: { usage: '/quit', help: 'leave, as Ctrl-D does', read: alone('quit') },
};

/** What people type who come from other chats. */
const HABITS: Record<string, string> = {
  '/exit': '/quit',
  '/find': '/search',
  '/list': '/rooms',
  '/m': '/msg',
  '/names': '/who',
  '/q': '/quit',
  '/query': '/with',
  '/w': '/who',
};

export function typed(line: string): Typed {
  const meant = line.trimStart().replace(/^\/\S+/, (verb) => HABITS[verb] ?? verb);
  return readSlash(meant, CHAT_COMMANDS);
}

/** What `/help` shows. */
export function helpLines(): string[] {
  return [
    ...slashHelp(CHAT_COMMANDS),
    'A NAME with spaces stands in quotes, and an id will do. // begins a text with a',
    'slash, and @NAME in it calls somebody. Tab finishes names and commands, the',
    'arrows bring back what was typed, and Alt-Enter breaks a line. What is pasted',
    'is one message, however many lines it has.',
  ];
}

/** What a line that is not finished may become, and which end of it that replaces. */
export function completions(line: string, names: string[], called = names): [string[], string] {
  const verbs = slashCompletions(line, CHAT_COMMANDS);
  if (verbs !== null) return verbs;
  const begun = /^\/(?:msg|with|ping|trace|path)\s+("?)([^"]*)$/.exec(line);
  if (begun === null) return mentions(line, called);
  const [, , start] = begun;
  const fitting = names.filter((name) => name.toLowerCase().startsWith(start.toLowerCase()));
  const end = line.slice(line.search(/\s/)).trimStart();
  return [fitting.map((name) => `${/\s/.test(name) ? `"${name}"` : name} `), end];
}

/** Names behind an @, in the middle of a text. */
function mentions(line: string, names: string[]): [string[], string] {
  const word = /(?:^|\s)(@\S*)$/.exec(line)?.[1];
  if (word === undefined) return [[], line];
  const fits = (name: string): boolean => `@${name}`.toLowerCase().startsWith(word.toLowerCase());
  return [names.filter(fits).map((name) => `@${name} `), word];
}

function readMsg(rest: string): Wish | null {
  const [to, text] = nameAndRest(rest);
  return to === '' || text === '' ? null : { kind: 'msg', to, text };
}

function readWith(rest: string): Wish | null {
  const who = wholeName(rest);
  return who === '' ? null : { kind: 'with', who };
}

function readSearch(words: string): Wish | null {
  return words === '' ? null : { kind: 'search', words };
}

function about(kind: 'ping' | 'trace' | 'path'): (rest: string) => Wish {
  return (rest) => ({ kind, who: rest === '' ? null : wholeName(rest) });
}

/** Nothing else follows, so a name of several words needs no quotes here. */
function wholeName(rest: string): string {
  const [quoted, more] = nameAndRest(rest);
  return more === '' ? quoted : rest;
}

/** A name, in quotes where it has spaces, and what follows. A leading @ is a habit of other chats. */
function nameAndRest(text: string): [string, string] {
  const [, quoted, word, rest] = /^(?:"([^"]*)"|@?(\S*))\s*([^]*)$/.exec(text)!;
  return [quoted ?? word ?? '', rest];
}
