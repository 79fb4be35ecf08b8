/**
 * Log: lines for a journal and lines for a person, and nothing that could steer his terminal.
 */
import { describe, expect, it } from 'vitest';
import { openLog } from '../../../device/pi/log.ts';
import type { LogLevel } from '../../../device/pi/config.ts';
import { printable } from '../../../protocol/printable.ts';

describe('a log', () => {
  it('is JSON for a journal', () => {
    const lines = logged('info', null, (log) => log.info('link', { link: 3, name: 'a b' }));
    expect(JSON.parse(lines[0])).toEqual({
      level: 30,
      time: expect.any(Number),
      link: 3,
      name: 'a b',
      msg: 'link',
    });
  });

  it('is short lines for a person', () => {
    const [line] = logged('info', { isColoured: false }, (log) =>
      log.info('link', { link: 3, name: 'a b', id: null }),
    );
    expect(line).toMatch(/^\d\d:\d\d:\d\d info  link link=3 name="a b"$/);
    const [warning] = logged('info', { isColoured: true }, (log) => log.warn('look'));
    expect(warning).toMatch(/^\x1b\[33m.* warn  look\x1b\[0m$/);
  });

  it('says what its level allows', () => {
    const all = (level: LogLevel): string[] =>
      logged(level, { isColoured: false }, (log) => {
        for (const each of ['trace', 'debug', 'info', 'warn', 'error'] as const) log[each](each);
      }).map((line) => line.slice(9, 14).trim());
    expect(all('trace')).toEqual(['trace', 'debug', 'info', 'warn', 'error']);
    expect(all('warn')).toEqual(['warn', 'error']);
    expect(all('silent')).toEqual([]);
  });

  it('shows names of others without what would steer a terminal', () => {
    const name = '\x1b[31mred\x1b[0m\r\nfake line\u202e\x9b2J';
    const [line, ...rest] = logged('info', { isColoured: false }, (log) => log.info('x', { name }));
    expect(rest).toEqual([]);
    expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e]/);
    expect(printable(name)).toBe('red??fake line??2J');
  });
});

function logged(
  level: LogLevel,
  people: { isColoured: boolean } | null,
  say: (log: ReturnType<typeof openLog>) => void,
): string[] {
  let text = '';
  say(openLog(level, { write: (more) => (text += more) }, people));
  return text.split('\n').slice(0, -1);
}
