/**
 * Nodes double: a bridge, a board on its wire, and Bob, who does not obey; with a log of what was asked.
 */
import { HoplineError } from '../../../protocol/errors.ts';
import type { NodesDesk } from '../../../host/http/desk.ts';
import type { NodeSettingView, NodeView } from '../../../host/http/views.ts';

export const BOARD = 'b0'.repeat(8);
const SELF = '5e'.repeat(8);
const BOB = 'b2'.repeat(8);
const NOW = 1_800_000_000_000;

export class NodesDouble implements NodesDesk {
  private readonly changes: unknown[];
  private settingViews: NodeSettingView[] = [
    setting('log', 'info'),
    setting('budget.burst', 16_000),
    setting('stamps', true),
    setting('allow', []),
    { ...setting('public-address', null), needsRestart: true },
  ];

  constructor(changes: unknown[]) {
    this.changes = changes;
  }

  list: NodesDesk['list'] = () => [
    node({ id: SELF, name: 'bridge', isSelf: true, obeys: true }),
    node({ id: BOB, name: 'bob', isReachable: false, obeys: false }),
    node({ id: BOARD, name: 'gate', kind: 'board' }),
  ];
  boards: NodesDesk['boards'] = async () => [
    node({ id: BOARD, name: 'gate', kind: 'board', host: SELF }),
  ];
  look: NodesDesk['look'] = async ({ who, through }) => {
    if (who === 'bob') throw new HoplineError('NODE_LOCKED', 'bob does not obey this bridge');
    this.changes.push({ look: who, through });
    const [version, problems] = ['0.1.0', ['the disk is full; make room']];
    const figures = { uptime: 3, heard: 12 };
    return { id: SELF, name: who, kind: 'bridge', version, startedAt: NOW, problems, figures };
  };
  settings: NodesDesk['settings'] = async () => this.settingViews;
  change: NodesDesk['change'] = async ({ who, through }, changes) => {
    this.changes.push({ change: who, through, changes });
    this.settingViews = this.settingViews.map((each) => {
      if (!Object.hasOwn(changes, each.name)) return each;
      return { ...each, value: changes[each.name], isSet: true, isPending: each.needsRestart };
    });
    return this.settingViews;
  };
  judge: NodesDesk['judge'] = async ({ who }, id, change) => {
    this.changes.push({ judge: who, id, ...change });
    const judged = { isDenied: change.isDenied ?? false, isQuarantined: false, perMinute: null };
    return { id, name: 'alice', standing: 'seen', ...judged };
  };
  log: NodesDesk['log'] = async ({ who }, level) => void this.changes.push({ log: who, level });
  restart: NodesDesk['restart'] = async ({ who }) => void this.changes.push({ restart: who });
  identify: NodesDesk['identify'] = async ({ who }) => void this.changes.push({ identify: who });
}

function node(some: Partial<NodeView> & { id: string; name: string }): NodeView {
  const usual = { host: null, isSelf: false, isReachable: true, obeys: null } as const;
  return { kind: 'bridge', ...usual, ...some };
}

function setting(name: string, value: unknown): NodeSettingView {
  return { name, value, isSet: false, needsRestart: false, isPending: false };
}
