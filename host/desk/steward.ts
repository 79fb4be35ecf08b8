/**
 * Steward: does on this bridge what its owner wants done through the API of nodes, and what
 * administrators elsewhere ask for inside their sessions. An administrator may do what the owner's
 * program may, but name administrators; and the audit trail tells of it before it is done.
 */
import { HoplineError } from '../../protocol/errors.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { Order, Served } from '../administration/contract.ts';
import type { Daemon } from '../daemon.ts';
import type { Desk } from '../http/desk.ts';
import type { NodePeerView, NodeReportView, NodeSettingView } from '../http/views.ts';
import { changesIn, judgementIn, levelIn, startIn } from './orders.ts';
import { WiredBoards } from './wired-boards.ts';

type Household = Pick<
  Desk,
  | 'status'
  | 'statistics'
  | 'peers'
  | 'lines'
  | 'links'
  | 'settings'
  | 'changeSettings'
  | 'changePeer'
>;

/** What the owner alone may say. */
const OWNERS = 'administrators';

export class Steward {
  readonly boards: WiredBoards;
  private readonly daemon: Daemon;
  private readonly desk: Household;

  constructor(daemon: Daemon, desk: Household) {
    this.daemon = daemon;
    this.desk = desk;
    this.boards = new WiredBoards(daemon);
    daemon.steward = (order, by) => this.serve(order, toHex(by));
  }

  /** For the owner; the answer is what a bridge elsewhere would say in JSON. */
  obey(order: Order): Promise<unknown> {
    return order.board === null ? this.keepHouse(order) : this.tend(order, order.board);
  }

  private async serve(order: Order, by: string): Promise<Served> {
    try {
      await this.enter(order, by);
      return { status: 'ok', text: JSON.stringify((await this.obey(order)) ?? null) };
    } catch (cause) {
      if (!(cause instanceof HoplineError)) this.daemon.noteFault(cause);
      const { code, message } =
        cause instanceof HoplineError
          ? cause
          : new HoplineError('BRIDGE_FAULT', 'its log says more; please report it');
      return { status: 'failed', text: JSON.stringify({ code, message }) };
    }
  }

  /** What changes something is in the audit trail, and durable there, before it is done. */
  private async enter({ operation, board, argument }: Order, by: string): Promise<void> {
    let what: string = operation;
    if (operation === 'change') {
      const names = Object.keys(changesIn(argument));
      if (board === null && names.includes(OWNERS)) {
        const detail = `${OWNERS}: whom a bridge obeys is for its owner to say; ask him`;
        throw new HoplineError('REQUEST_INVALID', detail);
      }
      what = `change: ${names.join(', ')}`;
    } else if (operation === 'judge') what = `judge: ${judgementIn(argument).peer}`;
    else if (READING.includes(operation)) return;
    const subject = board === null ? '' : toHex(board);
    const entry = { who: by, act: 'administered', subject, detail: what } as const;
    await this.daemon.ask({ kind: 'record', entry });
  }

  private async keepHouse({ operation, argument }: Order): Promise<unknown> {
    switch (operation) {
      case 'look':
        return this.report();
      case 'boards':
        return this.boards.list();
      case 'settings':
        return this.settings();
      case 'change':
        await this.desk.changeSettings(changesIn(argument));
        return this.settings();
      case 'log':
        await this.desk.changeSettings({ log: levelIn(argument) });
        return null;
      case 'judge':
        return this.judge(argument);
      case 'restart':
        // One that has started since was asked before.
        if (startIn(argument) === this.daemon.startedAt) this.daemon.restart();
        return null;
      case 'identify':
        throw new HoplineError('REQUEST_INVALID', 'a bridge has no lamp to show itself by');
    }
  }

  private async tend({ operation, argument }: Order, board: Uint8Array): Promise<unknown> {
    const { boards } = this;
    switch (operation) {
      case 'look':
        return boards.look(board);
      case 'settings':
        return boards.settings(board);
      case 'change':
        return boards.change(board, changesIn(argument));
      case 'log':
        return boards.log(board, levelIn(argument));
      case 'restart':
      case 'identify':
        return boards.do(board, operation);
      case 'boards':
      case 'judge':
        throw new HoplineError('REQUEST_INVALID', `a board cannot be asked to ${operation}`);
    }
  }

  /** What the file alone may change is for nobody else to see either: it may hold secrets. */
  private settings(): NodeSettingView[] {
    const { settings } = this.desk.settings();
    return settings
      .filter(({ isFileOnly }) => !isFileOnly)
      .map(({ name, value, isSet, needsRestart, isPending }) => {
        return { name, value, isSet, needsRestart, isPending };
      });
  }

  private async judge(argument: string): Promise<NodePeerView> {
    const { peer, change } = judgementIn(argument);
    const { id, name, standing, ...more } = await this.desk.changePeer(peer, change);
    const { isDenied, isQuarantined, perMinute } = more;
    return { id, name, standing, isDenied, isQuarantined, perMinute };
  }

  private report(): NodeReportView {
    const { id, name, version, startedAt, problems, counts, stored, rssBytes } = this.desk.status();
    const { sessions, outbox, gateway } = this.desk.statistics();
    const drops = Object.values(counts.drops).reduce((sum, count) => sum + count, 0);
    const figures = {
      uptime: Math.round((Date.now() - startedAt) / 1000),
      heard: counts.heard,
      sent: counts.sent,
      delivered: counts.delivered,
      drops,
      links: this.desk.links().length,
      linesUp: this.desk.lines().filter(({ state }) => state === 'up').length,
      peers: this.desk.peers().filter(({ isReachable }) => isReachable).length,
      sessions: sessions.live,
      outbox,
      injected: gateway.injected,
      messages: stored.messages,
      storedBytes: stored.bytes,
      memoryBytes: rssBytes,
    };
    return { id, name, kind: 'bridge', version, startedAt, problems, figures };
  }
}

/** They change nothing, so the audit trail has nothing to tell. */
const READING: Order['operation'][] = ['look', 'settings', 'boards', 'identify'];
