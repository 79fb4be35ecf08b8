/**
 * The audit trail at a terminal: shown, exported, and checked by whoever reads it.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditLineView, AuditView } from '../../../host/http/views.ts';
import { auditContent } from '../../../host/types.ts';
import { CHAIN_START, chainHash } from '../../../protocol/trust/chain.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { STATUS } from '../../../tools/dispatch.ts';
import { ADA, TestBridge } from './bridge.ts';

let bridge: TestBridge;
beforeEach(async () => {
  bridge = await TestBridge.start();
});
afterEach(() => bridge.end());

describe('hopline audit', () => {
  it('shows who decided what', async () => {
    serve(trailOf(3));
    const { status, outs } = await bridge.run('audit');
    expect(status).toBe(0);
    expect(outs).toHaveLength(4);
    expect(outs[0]).toMatch(/^line\s+when\s+who\s+did\s+to\s+detail/);
    expect(outs[1]).toContain(`owner  denied  ${ADA}`);
  });

  it('exports all of it, however many pages there are, a line each', async () => {
    serve(trailOf(2345));
    const { outs } = await bridge.run('audit', '--json');
    expect(outs).toHaveLength(2345);
    expect(JSON.parse(outs[2344])).toMatchObject({ key: 2345, act: 'denied' });
    const recent = await bridge.run('audit', '--since', '1h', '--json');
    expect(recent.outs.length).toBe(0);
    const none = await bridge.run('audit', '--since', '1h');
    expect(none.errs).toEqual(['nothing was decided since then']);
    const checked = await bridge.run('audit', '--verify');
    expect(checked.outs).toEqual(['all 2345 lines are as they were written']);
    expect(checked.status).toBe(0);
    serve(trailOf(1));
    const one = await bridge.run('audit', '--verify');
    expect(one.outs).toEqual(['the one line is as it was written']);
  });

  for (const [what, spoil, told] of [
    ['was changed', (lines) => void (lines[4].subject = 'eve'), /line 5 is not as it was/],
    ['is missing', (lines) => void lines.splice(4, 1), /line 5 is missing/],
    ['is missing at the end', (lines) => void lines.pop(), /line 9 is missing/],
    ['and one more are missing at the end', (lines) => void lines.splice(7), /lines 8 to 9 are/],
    ['has no hash', (lines) => void (lines[0].hash = 'none'), /line 1 is not as it was/],
  ] as [string, (lines: AuditLineView[]) => void, RegExp][]) {
    it(`fails where a line ${what}, whatever else was asked, and shows what is left`, async () => {
      const view = trailOf(9);
      spoil(view.lines);
      serve(view);
      const left = view.lines.length;
      for (const [words, shown] of [
        [['--verify'], 0],
        [[], 1 + left],
        [['--json'], left],
      ] as const) {
        const { status, errs, outs } = await bridge.run('audit', ...words);
        expect(status).toBe(STATUS.AUDIT_BROKEN);
        expect(errs.join('\n')).toMatch(told);
        expect(errs.join('\n')).toContain('[AUDIT_BROKEN]');
        expect(outs).toHaveLength(shown);
      }
    });
  }

  it('says so where nothing was decided', async () => {
    serve(trailOf(0));
    expect((await bridge.run('audit')).errs).toEqual(['nothing was decided yet']);
  });
});

function serve({ lines, ...ends }: AuditView): void {
  bridge.desk.audit = (key, limit) => {
    return { lines: lines.filter((line) => line.key > key).slice(0, limit), ...ends };
  };
}

function trailOf(count: number): AuditView {
  const lines: AuditLineView[] = [];
  let { hash } = CHAIN_START;
  for (let key = 1; key <= count; key++) {
    const line = { key, at: 1_700_000_000_000 + key, who: 'owner', subject: ADA, detail: '' };
    const entry = { ...line, act: 'denied' as const };
    hash = chainHash(hash, auditContent(entry));
    lines.push({ ...entry, hash: toHex(hash) });
  }
  const base = { key: 0, hash: toHex(CHAIN_START.hash) };
  return { lines, base, head: { key: count, hash: toHex(hash) } };
}
