/**
 * Paints: colours, times and texts, as lines on a terminal have them. Nothing that others wrote steers
 * the terminal.
 */
import { printable } from '../../protocol/printable.ts';

/** Those of a terminal's sixteen colours that can be read on black and on white. */
const COLOURS = [31, 32, 33, 34, 35, 36];

type Paints = {
  dim(text: string): string;
  alert(text: string): string;
  /** The colour of a peer: always the same for the same id. */
  paint(id: string, text: string): string;
};

export function paints({ colour }: { colour: boolean }): Paints {
  const wrap = (code: number | string, text: string): string =>
    colour ? `\x1b[${code}m${text}\x1b[0m` : text;
  return {
    dim: (text) => wrap(2, text),
    alert: (text) => wrap('1;31', text),
    paint: (id, text) => wrap(COLOURS[parseInt(id.slice(0, 4), 16) % COLOURS.length] ?? 0, text),
  };
}

/** `12:03`, by the clock on this machine's wall. */
export function clockTime(unixMs: number): string {
  const at = new Date(unixMs);
  return `${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** `2026-11-21` */
export function dayOf(unixMs: number): string {
  const at = new Date(unixMs);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** `2026-11-21 12:03:05` */
export function fullTime(unixMs: number): string {
  return `${dayOf(unixMs)} ${clockTime(unixMs)}:${two(new Date(unixMs).getSeconds())}`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

/** Each line of a text on its own, marked so that it passes for no message. */
export function textOf(text: string, lineBreak: string): string {
  return text
    .split(/\r\n|\n|\r/)
    .map(printable)
    .join(lineBreak);
}

/** Characters of a message that remind of it when something became of it later. */
const REMINDER_MAX = 40;

export function short(text: string): string {
  const letters = [...text];
  return letters.length <= REMINDER_MAX ? text : `${letters.slice(0, REMINDER_MAX - 1).join('')}…`;
}
