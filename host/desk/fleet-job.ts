/**
 * Fleet job: provisioning of a fleet from the page: what would change, and making it so. It takes longer
 * than a request may, so it is one job at a time, whose state is asked for.
 */
import { HoplineError } from '../../protocol/errors.ts';
import type { FleetDesk } from '../http/desk.ts';
import type { FleetRowView, FleetView } from '../http/views.ts';

/** Who talks to the boards; rows are shown as they come. */
export type FleetTool = Record<
  FleetView['what'],
  (text: string, stop: AbortSignal, shown: (row: FleetRowView) => void) => Promise<FleetRowView[]>
>;

const NOTHING: FleetView = { what: 'plan', state: 'none', rows: [], problem: null };

export class FleetJob implements FleetDesk {
  private readonly tool: FleetTool;
  private readonly done: (row: FleetRowView) => void;
  private job: FleetView = NOTHING;
  private stopping = new AbortController();

  /** `done` is told of each node that was provisioned. */
  constructor(tool: FleetTool, done: (row: FleetRowView) => void) {
    this.tool = tool;
    this.done = done;
  }

  view(): FleetView {
    return this.job;
  }

  start(what: FleetView['what'], text: string): FleetView {
    if (this.job.state === 'running') {
      throw new HoplineError('REQUEST_INVALID', 'a fleet is being provisioned; wait, or stop it');
    }
    this.stopping = new AbortController();
    this.job = { what, state: 'running', rows: [], problem: null };
    void this.run(what, text);
    return this.job;
  }

  stop(): void {
    this.stopping.abort();
  }

  private async run(what: FleetView['what'], text: string): Promise<void> {
    const shown = (row: FleetRowView): void => {
      this.job = { ...this.job, rows: [...this.job.rows, row] };
      if (what === 'apply' && row.isDone) this.done(row);
    };
    try {
      const rows = await this.tool[what](text, this.stopping.signal, shown);
      this.job = { ...this.job, state: 'done', rows };
    } catch (failure) {
      const problem = failure instanceof Error ? failure.message : String(failure);
      this.job = { ...this.job, state: 'failed', problem };
    }
  }
}
