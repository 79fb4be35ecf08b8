/**
 * Message lines: a message, and what became of it, as a person reads them. Nothing that others wrote
 * steers the terminal, and no line of theirs looks like one of ours.
 */
import type { EventView, LineView, MessageView } from '../../host/http/views.ts';
import { PUBLIC } from '../../host/types.ts';
import { failureOf } from '../../host/http/web/words.ts';
import { printable } from '../../protocol/printable.ts';
import type { Reading } from '../../host/http/mentions.ts';
import { piecesOf } from '../../host/http/mentions.ts';
import type { ScreenLook } from '../chat-screen.ts';
import type { Names } from './names.ts';
import { paints, short, textOf } from './paints.ts';

export type Look = ScreenLook & {
  names: Names;
  /** Who reads it, so that a message which names him stands out. */
  us?: Reading | null;
};

/** `12:03 ada: hello`, `12:03 ada -> you: psst`, `12:03 you -> ada: well? (waiting)`. */
export function messageLine(message: MessageView, look: Look): string {
  const { dim } = paints(look);
  const head = `${dim(look.time(message.heardAt))} ${fromTo(message, look)}:`;
  const state = stateNote(message);
  return `${head} ${textOf(message.text, look.lineBreak, (line) => called(line, look))}${state === '' ? '' : dim(` (${state})`)}`;
}

/** `delivered to ada: "see you at nine"`; null where there is nothing to say. */
export function stateLine(message: MessageView, look: Look): string | null {
  const { dim, alert } = paints(look);
  const reminder = `"${short(printable(message.text))}"`;
  const to = look.names.of(message.conversation);
  const isPublic = message.conversation === PUBLIC;
  const time = look.time(Date.now());
  switch (message.state) {
    case 'delivered':
    case 'read':
      return isPublic ? null : dim(`${time} ${arrival(message.state)} ${to}: ${reminder}`);
    case 'failed': {
      const why = message.reason === null ? '' : ` (${printable(failureOf(message.reason))})`;
      const whom = isPublic ? 'not said' : `not delivered to ${to}`;
      return `${dim(time)} ${alert(`${whom}${why}:`)} ${reminder}`;
    }
    default:
      return null;
  }
}

/** `delivered to`, `read by` */
export function arrival(state: 'delivered' | 'read'): string {
  return state === 'read' ? 'read by' : 'delivered to';
}

/** Everything else that happens, in words; null for what only programs want. */
export function eventLine(event: EventView, look: Look): string | null {
  const words = wordsOf(event, look);
  return words === null ? null : paints(look).dim(`${look.time(event.at)} * ${words}`);
}

function wordsOf(event: EventView, { names }: Look): string | null {
  switch (event.kind) {
    case 'peer':
      return `${names.of(event.peer.id, event.peer.name)} is ${event.peer.isReachable ? 'here' : 'out of reach'}`;
    case 'peer-left':
      return `${names.of(event.id, event.name)} has left`;
    case 'alarm':
      return `somebody shows another key as ${names.of(event.id)}: hopline peers ${event.id} says more`;
    case 'link':
      return `link ${event.link} is ${event.isUp ? 'up' : 'down'}`;
    case 'line':
      return `the line to ${lineName(event.line)} is ${event.line.state}`;
    case 'note':
      return `${printable(event.name)} notes: ${printable(event.text)}`;
    case 'health':
      return event.health === 'ok' ? 'all is well again' : event.problems.map(printable).join('; ');
    case 'gap':
      return 'some events were missed';
    default:
      return null;
  }
}

/** A gateway at the other end of a line, by name and id. */
export function lineName({ node, name }: Pick<LineView, 'node' | 'name'>): string {
  const shown = printable(name).trim();
  return shown === '' ? node : `${shown} (${node})`;
}

function fromTo(message: MessageView, look: Look): string {
  const { names } = look;
  const { paint } = paints(look);
  const isPublic = message.conversation === PUBLIC;
  const other = (id: string, name: string | null): string => paint(id, names.of(id, name));
  if (message.isOwn) {
    return isPublic ? 'you' : `you -> ${other(message.conversation, null)}`;
  }
  const sender = other(message.sender, message.senderName);
  const doubt = message.isVerified ? '' : ' (unverified)';
  return isPublic ? `${sender}${doubt}` : `${sender}${doubt} -> you`;
}

function stateNote({ isOwn, conversation, state, reason }: MessageView): string {
  if (!isOwn || (conversation === PUBLIC && state !== 'failed')) return '';
  return reason === null ? state : `${state}, ${printable(failureOf(reason))}`;
}

/** A line of a text, with the names that it calls standing out. */
function called(line: string, look: Look): string {
  const { call } = paints(look);
  return piecesOf(printable(line), look.us ?? null)
    .map(({ text, names }) => (names === 'nobody' ? text : call(text, names === 'us')))
    .join('');
}
