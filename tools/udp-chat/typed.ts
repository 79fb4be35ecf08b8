/**
 * Typed: what a person means by a line in the plain UDP chat: as in the chat over a bridge, and as the
 * Python peers have it (`@HOST:PORT text`, `quit`).
 */
import { readAddress } from '../../protocol/udp-chat/address.ts';
import type { Plain, SlashCommands } from '../bridge/slash.ts';
import { alone, counted, readSlash, slashCompletions, slashHelp } from '../bridge/slash.ts';

type Wish =
  | { kind: 'msg'; to: string; text: string }
  | { kind: 'with'; to: string }
  | { kind: 'history'; count: number }
  | { kind: 'public' | 'who' | 'stats' | 'help' | 'quit' };
export type Typed = Wish | Plain;

/** Messages that `/history` shows. */
const HISTORY_USUAL = 20;
const HISTORY_MOST = 1000;

const COMMANDS: SlashCommands<Wish> = {
  who: { usage: '/who', help: 'who is about, and how far', read: alone('who') },
  msg: { usage: '/msg HOST:PORT TEXT', help: 'say something to one node alone', read: readMsg },
  with: { usage: '/with HOST:PORT', help: 'from now on, speak to one node alone', read: readWith },
  public: { usage: '/public', help: 'from now on, speak to everyone again', read: alone('public') },
  history: {
    usage: '/history [n]',
    help: `what was said last (${HISTORY_USUAL}), where --history keeps it`,
    read: counted('history', HISTORY_USUAL, HISTORY_MOST),
  },
  stats: { usage: '/stats', help: 'what came, went and was dropped', read: alone('stats') },
  help: { usage: '/help', help: 'this', read: alone('help') },
  quit: { usage: '/quit', help: 'leave, as quit, exit, q and Ctrl-D do', read: alone('quit') },
};

/** What else leaves. */
const LEAVING = ['quit', 'exit', 'q'];

export function typed(line: string): Typed {
  const text = line.trim();
  if (LEAVING.includes(text.toLowerCase())) return { kind: 'quit' };
  if (!text.startsWith('@')) return readSlash(text, COMMANDS);
  if (text.startsWith('@@')) return { kind: 'say', text: text.slice(1) };
  return readMsg(text) ?? { kind: 'mistake', why: 'it goes @HOST:PORT TEXT; @@ begins a text' };
}

/** What `/help` shows. */
export function helpLines(): string[] {
  return [
    ...slashHelp(COMMANDS),
    '@HOST:PORT TEXT does as /msg. // begins a text with a slash, @@ one with an @.',
  ];
}

/** What a line that is not finished may become, and which end of it that replaces. */
export function completions(line: string, addresses: string[]): [string[], string] {
  const verbs = slashCompletions(line, COMMANDS);
  if (verbs !== null) return verbs;
  const begun = /^(?:\/(?:msg|with)\s+@?|@)(\S*)$/.exec(line);
  if (begun === null) return [[], line];
  const [, start] = begun;
  return [addresses.filter((address) => address.startsWith(start)).map((to) => `${to} `), start];
}

function readMsg(rest: string): Wish | null {
  const [, to, text] = /^@?(\S*)\s*([^]*)$/.exec(rest)!;
  return readAddress(to) === null || text === '' ? null : { kind: 'msg', to, text };
}

function readWith(rest: string): Wish | null {
  const to = rest.replace(/^@/, '');
  return readAddress(to) === null ? null : { kind: 'with', to };
}
