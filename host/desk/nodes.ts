/**
 * Nodes: whom the owner of this bridge can administer from here: itself, the boards on its wires,
 * bridges elsewhere that obey it, and the boards on theirs.
 */
import { HoplineError, saidElsewhere } from '../../protocol/errors.ts';
import { keepNewest } from '../../protocol/keep-newest.ts';
import { printable } from '../../protocol/printable.ts';
import { fromHex, toHex } from '../../protocol/wire/hex.ts';
import { foldName } from '../../protocol/wire/text.ts';
import type { AdminAnswer, AdminRefusal, Order } from '../administration/contract.ts';
import type { Daemon } from '../daemon.ts';
import type { Desk, NodeAt, NodesDesk, PeerChange } from '../http/desk.ts';
import type {
  NodePeerView,
  NodeReportView,
  NodeSettingView,
  NodeView,
  PeerView,
} from '../http/views.ts';
import { boardsIn, failureIn, peerIn, reportIn, settingsIn } from './node-answers.ts';
import type { People } from './people.ts';
import type { Steward } from './steward.ts';

/** Bridges of which is remembered whether they obeyed; then the one asked first is forgotten. */
const ASKED_MAX = 256;

/** Whom an order is for; `peer` is null for this bridge. */
type Target = { peer: Uint8Array | null; board: Uint8Array | null };

export class Nodes implements NodesDesk {
  private readonly daemon: Daemon;
  private readonly desk: Pick<Desk, 'gateways' | 'lines' | 'peers'>;
  private readonly people: People;
  private readonly steward: Steward;
  /** By id, whether it obeyed. */
  private readonly asked = new Map<string, boolean>();

  constructor(
    daemon: Daemon,
    desk: Pick<Desk, 'gateways' | 'lines' | 'peers'>,
    people: People,
    steward: Steward,
  ) {
    this.daemon = daemon;
    this.desk = desk;
    this.people = people;
    this.steward = steward;
  }

  list(): NodeView[] {
    const own = toHex(this.daemon.identity.id);
    const others = [
      ...this.desk.gateways().map(({ id }) => id),
      ...this.desk.lines().flatMap(({ node, origin }) => (origin === 'found' ? [] : [node])),
      ...this.asked.keys(),
    ];
    const bridges = this.people.views([...new Set([own, ...others])]);
    return [
      ...bridges.map((view) => this.bridgeView(view, view.id === own)),
      ...this.steward.boards.list(),
    ];
  }

  async boards(at: NodeAt): Promise<NodeView[]> {
    const target = await this.find(at);
    return this.order(target, 'boards', null, (value) =>
      target.peer === null ? this.steward.boards.list() : boardsIn(value, toHex(target.peer)),
    );
  }

  async look(at: NodeAt): Promise<NodeReportView> {
    return this.order(await this.find(at), 'look', null, reportIn);
  }

  async settings(at: NodeAt): Promise<NodeSettingView[]> {
    return this.order(await this.find(at), 'settings', null, settingsIn);
  }

  async change(at: NodeAt, changes: Record<string, unknown>): Promise<NodeSettingView[]> {
    return this.order(await this.find(at), 'change', changes, settingsIn);
  }

  async judge(at: NodeAt, peer: string, change: PeerChange): Promise<NodePeerView> {
    return this.order(await this.find(at), 'judge', { peer, ...change }, peerIn);
  }

  async log(at: NodeAt, level: string): Promise<void> {
    await this.order(await this.find(at), 'log', { level }, nothing);
  }

  async restart(at: NodeAt): Promise<void> {
    const target = await this.find(at);
    const isBoard = target.board !== null;
    // Asked twice, a bridge that has started again since is left alone.
    const startedAt = isBoard ? 0 : (await this.order(target, 'look', null, reportIn)).startedAt;
    await this.order(target, 'restart', { startedAt }, nothing);
  }

  async identify(at: NodeAt): Promise<void> {
    await this.order(await this.find(at), 'identify', null, nothing);
  }

  private bridgeView({ id, name, isReachable }: PeerView, isSelf: boolean): NodeView {
    return {
      id,
      name: isSelf ? this.daemon.config.name : printable(name),
      kind: 'bridge',
      host: null,
      isSelf,
      isReachable: isSelf || isReachable,
      obeys: isSelf ? true : (this.asked.get(id) ?? null),
    };
  }

  private async find({ who, through }: NodeAt): Promise<Target> {
    if (through === null) {
      const board = this.boardNamed(who, this.steward.boards.list());
      return board === null ? { peer: this.bridgeNamed(who), board: null } : { peer: null, board };
    }
    const peer = this.bridgeNamed(through);
    const id = who.length === 16 ? fromHex(who.toLowerCase()) : null;
    if (id !== null) return { peer, board: id };
    const board = this.boardNamed(who, await this.boards({ who: through, through: null }));
    if (board !== null) return { peer, board };
    const detail = `${printable(who)} is on no wire of ${printable(through)}; plug it in there`;
    throw new HoplineError('NODE_LOST', detail);
  }

  /** Null for this one. */
  private bridgeNamed(who: string): Uint8Array | null {
    const { identity, config } = this.daemon;
    const own = toHex(identity.id);
    const asked = foldName(who);
    if (asked === own || asked === foldName(config.name)) return null;
    return this.people.idOf(who);
  }

  private boardNamed(who: string, boards: NodeView[]): Uint8Array | null {
    const asked = foldName(who);
    const found = boards.filter(({ id, name }) => id === asked || foldName(name) === asked);
    if (found.length > 1) {
      const ids = found.map(({ id }) => id).join(', ');
      const detail = `${printable(who)} may be ${ids}; say which one by its id`;
      throw new HoplineError('AMBIGUOUS_NAME', detail);
    }
    return found.length === 0 ? null : fromHex(found[0].id);
  }

  private async order<View>(
    target: Target,
    operation: Order['operation'],
    argument: object | null,
    read: (value: unknown) => View | null,
  ): Promise<View> {
    const text = argument === null ? '' : JSON.stringify(argument);
    const order: Order = { operation, board: target.board, argument: text };
    const { peer } = target;
    const value =
      peer === null ? await this.steward.obey(order) : await this.orderElsewhere(peer, order);
    const view = read(value);
    if (view !== null) return view;
    const detail = `${this.called(peer)} answered something else than was asked; update both`;
    throw new HoplineError('BRIDGE_DIFFERS', detail);
  }

  private async orderElsewhere(peer: Uint8Array, order: Order): Promise<unknown> {
    const answer = await this.daemon.ask({ kind: 'administer', peer, order });
    this.remember(toHex(peer), answer);
    if (answer.kind === 'unadministered') throw this.failureOf(peer, answer.reason);
    const value = jsonIn(answer.text);
    if (answer.isDone) return value;
    const { code, message } = failureIn(value);
    const said = saidElsewhere(code, message);
    throw new HoplineError(said.code, `${this.called(peer)}: ${said.detail}`);
  }

  private remember(id: string, answer: AdminAnswer): void {
    if (answer.kind === 'unadministered' && answer.reason !== 'refused') return;
    this.asked.set(id, answer.kind === 'administered');
    keepNewest(this.asked, ASKED_MAX);
  }

  private failureOf(peer: Uint8Array, reason: AdminRefusal): HoplineError {
    const who = this.called(peer);
    const own = toHex(this.daemon.identity.id);
    switch (reason) {
      case 'refused': {
        const detail = `${who} does not obey this bridge; its owner lets it with hopline node admit ${own}`;
        return new HoplineError('NODE_LOCKED', detail);
      }
      case 'away':
        return new HoplineError(
          'NODE_LOST',
          `${who} is not in reach; hopline peers says since when`,
        );
      case 'no-session': {
        const detail = `${who} does not answer handshakes; try again, or see hopline path`;
        return new HoplineError('NODE_LOST', detail);
      }
      case 'unanswered': {
        const detail = `${who} does not answer; what was asked may be done: hopline node show says`;
        return new HoplineError('NODE_LOST', detail);
      }
      case 'busy':
      case 'full':
        return new HoplineError(
          'TOO_MANY',
          `${who} is asked too much at once; try again in a moment`,
        );
      case 'too-long':
        return new HoplineError('REQUEST_TOO_LARGE', 'change fewer settings at once');
      case 'no-clock':
        return new HoplineError('REQUEST_INVALID', 'the clock here is not set; set it');
      case 'stale': {
        const detail = `its clock and ours differ by minutes; set the one that is wrong`;
        return new HoplineError('NODE_REFUSED', `${who}: ${detail}`);
      }
      case 'garbled':
      case 'malformed':
      case 'unsupported':
        return new HoplineError('BRIDGE_DIFFERS', `${who} does not understand that; update both`);
    }
  }

  private called(peer: Uint8Array | null): string {
    if (peer === null) return 'this bridge';
    const id = toHex(peer);
    const name = this.people.nameOf(peer);
    return name ? `${printable(name)} (${id})` : id;
  }
}

function nothing(): true {
  return true;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
