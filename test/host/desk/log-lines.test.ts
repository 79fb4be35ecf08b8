/** The last lines of the log are here for the page, cut where a fact is long. */
import { describe, expect, it } from 'vitest';
import { openLog } from '../../../device/pi/log.ts';
import { FACT_MAX, LINES_MAX, LogLines } from '../../../host/desk/log-lines.ts';

describe('the lines of a log', () => {
  it('are those that were written, with their facts', () => {
    const lines = new LogLines();
    const log = openLog('info', { write() {} }, { isColoured: false }, (line) => lines.add(line));
    log.debug('not wanted');
    log.warn('no link is left', { port: '/dev/ttyUSB9', left: 0 });
    expect(lines.after(0, 10)).toEqual([
      {
        ...{ key: 1, level: 'warn', words: 'no link is left', at: expect.any(Number) },
        facts: { port: '/dev/ttyUSB9', left: 0 },
      },
    ]);
  });

  it('are so many at most, and a fact has so many characters', () => {
    const lines = new LogLines();
    const line = { at: 1, level: 'error', words: 'x' } as const;
    for (let at = 0; at <= LINES_MAX; at++)
      lines.add({ ...line, facts: { cause: 'y'.repeat(FACT_MAX + 1) } });
    const kept = lines.after(0, 2 * LINES_MAX);
    expect(kept).toHaveLength(LINES_MAX);
    expect([kept[0].key, kept.at(-1)!.key]).toEqual([2, LINES_MAX + 1]);
    expect(kept[0].facts['cause']).toHaveLength(FACT_MAX);
  });
});
