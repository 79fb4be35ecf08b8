/** A fleet is provisioned one job at a time, which can be looked at, fails in words, and can be stopped. */
import { describe, expect, it } from 'vitest';
import type { FleetTool } from '../../../host/desk/fleet-job.ts';
import { FleetJob } from '../../../host/desk/fleet-job.ts';
import type { FleetRowView } from '../../../host/http/views.ts';

describe('a job for a fleet', () => {
  it('shows its rows as they come, and tells of each node that was provisioned', async () => {
    const { job, told, tool } = begun();
    expect(job.view().state).toBe('none');
    job.start('apply', 'nodes: []');
    tool.show(row('gate', true));
    tool.show(row('door', false));
    expect(job.view()).toMatchObject({ state: 'running', rows: [{ name: 'gate' }, {}] });
    tool.end([row('gate', true), row('door', false)]);
    await settled();
    expect([job.view().state, told]).toEqual(['done', ['gate']]);
  });

  it('tells nobody of what a plan finds as it should be', async () => {
    const { job, told, tool } = begun();
    job.start('plan', 'nodes: []');
    tool.show(row('gate', true));
    tool.end([]);
    await settled();
    expect(told).toEqual([]);
  });

  it('is one at a time, and says why it failed', async () => {
    const { job, tool } = begun();
    job.start('plan', 'x');
    expect(() => job.start('apply', 'x')).toThrow(/wait, or stop it.*REQUEST_INVALID/);
    tool.fail(new Error('the fleet: line 3: no such setting'));
    await settled();
    expect(job.view()).toMatchObject({
      state: 'failed',
      problem: expect.stringContaining('line 3'),
    });
    expect(job.start('plan', 'x').state).toBe('running');
  });

  it('has whoever talks to the boards stop', () => {
    const { job, tool } = begun();
    job.start('apply', 'x');
    job.stop();
    expect(tool.stop!.aborted).toBe(true);
  });
});

function begun() {
  const told: string[] = [];
  const tool = {
    stop: null as AbortSignal | null,
    show: (_: FleetRowView): void => {},
    end: (_: FleetRowView[]): void => {},
    fail: (_: Error): void => {},
  };
  const work: FleetTool['plan'] = (_, stop, shown) =>
    new Promise((resolve, reject) => {
      Object.assign(tool, { stop, show: shown, end: resolve, fail: reject });
    });
  const job = new FleetJob({ plan: work, apply: work }, ({ name }) => told.push(name));
  return { job, told, tool };
}

function row(name: string, isDone: boolean): FleetRowView {
  return { name, port: '/dev/ttyUSB0', id: null, changes: [], result: '', isDone };
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
