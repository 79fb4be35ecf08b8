/**
 * Paints: colours, times and texts, as lines on a terminal have them. Nothing that others wrote steers
 * the terminal.
 */
import { printable } from '../../protocol/printable.ts';

/** Those of a terminal's sixteen colours that can be read on black and on white. */
const COLOURS = [31, 32, 34, 35, 36];
/** Of 256, those whose contrast is at least 4 to 1 on both. */
const PALETTE = [27, 28, 30, 31, 62, 64, 97, 129, 130, 131, 161, 164];

type Paints = {
  dim(text: string): string;
  alert(text: string): string;
  /** The colour of a peer: always the same for the same id. */
  paint(id: string, text: string): string;
  /** A name that a text calls: ours, or another's. */
  call(text: string, isOurs: boolean): string;
};

export function paints(screen: { colour: boolean; hasPalette?: boolean }): Paints {
  const wrap = (code: number | string, text: string): string =>
    screen.colour ? `\x1b[${code}m${text}\x1b[0m` : text;
  const codes = screen.hasPalette === true ? PALETTE.map((at) => `38;5;${at}`) : COLOURS;
  return {
    dim: (text) => wrap(2, text),
    alert: (text) => wrap('1;31', text),
    paint: (id, text) => wrap(codes[parseInt(id.slice(0, 4), 16) % codes.length] ?? 0, text),
    call: (text, isOurs) => wrap(isOurs ? '1;7' : 1, text),
  };
}

/** What a terminal says of itself by custom: it has 256 colours, rather than 16. */
export function hasPalette(env: Record<string, string | undefined>): boolean {
  return Boolean(env['COLORTERM']) || /256color|direct/.test(env['TERM'] ?? '');
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
export function textOf(text: string, lineBreak: string, show = printable): string {
  return text
    .split(/\r\n|\n|\r/)
    .map((line) => show(line))
    .join(lineBreak);
}

/** Characters of a message that remind of it when something became of it later. */
const REMINDER_MAX = 40;

export function short(text: string): string {
  const letters = [...text];
  return letters.length <= REMINDER_MAX ? text : `${letters.slice(0, REMINDER_MAX - 1).join('')}…`;
}
