/**
 * Message lines: who is called stands out, a peer keeps its colour, and every colour can be read on
 * black and on white.
 */
import { describe, expect, it } from 'vitest';
import { messageLine, stateLine } from '../../../tools/bridge/message-lines.ts';
import type { Look } from '../../../tools/bridge/message-lines.ts';
import { Names } from '../../../tools/bridge/names.ts';
import { hasPalette, paints } from '../../../tools/bridge/paints.ts';
import { message } from '../../host/http/builders.ts';

const LOOK: Look = {
  names: new Names(),
  colour: true,
  hasPalette: false,
  time: () => '12:00',
  lineBreak: ' / ',
  us: { id: '5e'.repeat(8), name: 'gate' },
};
const said = message({ text: 'ask @gate\nor @bob', sender: '0000000000000000' });

describe('a message that calls somebody', () => {
  it('shows him, and most of all us, where there are colours', () => {
    expect(messageLine(said, LOOK)).toBe(
      '\x1b[2m12:00\x1b[0m \x1b[31malice\x1b[0m: ask \x1b[1;7m@gate\x1b[0m / or \x1b[1m@bob\x1b[0m',
    );
  });

  it('is plain where there are none', () => {
    const line = messageLine(said, { ...LOOK, colour: false, hasPalette: true });
    expect(line).toBe('12:00 alice: ask @gate / or @bob');
  });
});

describe('a message of ours that failed', () => {
  const own = message({ isOwn: true, conversation: '5f'.repeat(8), state: 'failed' });
  const plain = { ...LOOK, colour: false };

  it.each([
    ['no-route', 'once they are in reach'],
    ['no-session', 'have it started again'],
    ['expired', 'while they are in reach'],
    ['refused', 'decide about them first'],
    ['unacknowledged', 'ask whether it came'],
  ])('says what %s means and what to do, under it and when it happens', (reason, what) => {
    expect(messageLine({ ...own, reason }, plain)).toContain(what);
    expect(stateLine({ ...own, reason }, plain)).toContain(what);
    expect(messageLine({ ...own, reason }, plain)).not.toContain(`${reason})`);
  });
});

describe('the colour of a peer', () => {
  const colourOf = (id: string): string =>
    paints({ colour: true, hasPalette: true }).paint(id, 'x');

  it('is the same for the same id, and seldom that of another', () => {
    const ids = Array.from({ length: 120 }, (_, at) => at.toString(16).padStart(4, '0') + 'ff');
    expect(ids.map(colourOf)).toEqual(ids.map(colourOf));
    expect(new Set(ids.map(colourOf)).size).toBe(12);
  });

  it('differs from black and from white by 4 to 1, whatever the terminal is', () => {
    for (let at = 0; at < 12; at++) {
      const [, code] = /38;5;(\d+)m/.exec(colourOf(at.toString(16).padStart(4, '0')))!;
      const light = lightOf(Number(code)) + 0.05;
      expect(Math.min(light / 0.05, 1.05 / light), code).toBeGreaterThanOrEqual(4);
    }
  });

  it('is one of 256 where the terminal says that it has them', () => {
    expect([{ TERM: 'xterm-256color' }, { TERM: 'xterm', COLORTERM: 'truecolor' }].every(hasPalette)).toBe(true); // prettier-ignore
    expect(hasPalette({ TERM: 'xterm' })).toBe(false);
  });
});

/** Relative luminance of a colour of the cube, as WCAG reckons it. */
function lightOf(code: number): number {
  const levels = [0, 95, 135, 175, 215, 255];
  const at = code - 16;
  const [red, green, blue] = [Math.floor(at / 36), Math.floor(at / 6) % 6, at % 6].map((level) => {
    const part = levels[level] / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
