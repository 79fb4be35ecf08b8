/**
 * Nodes: bridges and boards that are administered from here: their statistics and settings, what they
 * think of peers, their logs and restarts. A board that another bridge has on its wire is reached
 * `through` that one.
 */
import type { NodeAt } from '../desk.ts';
import { route } from '../route.ts';
import type { Schema } from '../schema.ts';
import {
  anything,
  figures,
  flag,
  integer,
  list,
  named,
  nullable,
  object,
  oneOf,
  text,
} from '../schema.ts';
import { ID, STANDING, TIME } from '../shapes.ts';
import type { NodePeerView, NodeReportView, NodeSettingView, NodeView } from '../views.ts';
import { CHANGE, changeOf } from './peers.ts';
import { CHANGES } from './settings.ts';

const WHO_MAX = 255;
const LEVEL_MAX = 16;

type Node = { node: string };
type Through = { through?: string };

const NODE = text({
  about: 'an id, or a name that only one has',
  minLength: 1,
  maxLength: WHO_MAX,
});
const AT = object<Node>({ node: NODE });
const THROUGH = object<Through>(
  { through: text({ about: 'the bridge whose board it is; without it, this one', maxLength: WHO_MAX }) }, // prettier-ignore
  ['through'],
);

const KIND = oneOf('bridge', 'board');
const NODE_VIEW = named(
  'Node',
  object<NodeView>({
    id: ID,
    name: text(),
    kind: KIND,
    host: nullable(ID),
    isSelf: flag(),
    isReachable: flag(),
    obeys: nullable(flag('when it was asked last; null where it was not')),
  }),
);
const REPORT = named(
  'NodeReport',
  object<NodeReportView>({
    id: ID,
    name: text(),
    kind: KIND,
    version: nullable(text()),
    startedAt: nullable(TIME),
    problems: list(text({ about: 'what is wrong there, and what to do' })),
    figures: figures('statistics by name'),
  }),
);
const SETTING = named(
  'NodeSetting',
  object<NodeSettingView>({
    name: text(),
    value: anything('as it is written; null where that depends on the machine'),
    isSet: flag('it is not just as usual'),
    needsRestart: flag('a change of it holds from the next start on'),
    isPending: flag('it was changed so, and the node has not started again since'),
  }),
);
const NODE_PEER = named(
  'NodePeer',
  object<NodePeerView>({
    id: ID,
    name: text(),
    standing: STANDING,
    isDenied: flag(),
    isQuarantined: flag(),
    perMinute: nullable(integer()),
  }),
);
const NODES: Schema<{ nodes: NodeView[] }> = object({ nodes: list(NODE_VIEW) });
const NODE_SETTINGS: Schema<{ settings: NodeSettingView[] }> = object({ settings: list(SETTING) });

export const nodeRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/nodes',
    summary: 'this bridge, the boards on its wires, and the bridges that it knows',
    answer: NODES,
    handle: (_, { desk }) => ({ nodes: desk.nodes.list() }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/nodes/{node}',
    summary: 'how a node is: what is wrong there, and its statistics',
    params: AT,
    query: THROUGH,
    answer: REPORT,
    handle: ({ params, query }, { desk }) => desk.nodes.look(at(params, query)),
  }),
  route({
    method: 'GET',
    path: '/api/v1/nodes/{node}/boards',
    summary: 'the boards on the wires of a bridge',
    params: AT,
    answer: NODES,
    handle: async ({ params }, { desk }) => ({ nodes: await desk.nodes.boards(at(params, {})) }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/nodes/{node}/settings',
    summary: 'the settings of a node that may be changed from afar',
    params: AT,
    query: THROUGH,
    answer: NODE_SETTINGS,
    handle: async ({ params, query }, { desk }) => ({
      settings: await desk.nodes.settings(at(params, query)),
    }),
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/nodes/{node}/settings',
    summary: 'change settings of a node, all of them or none',
    params: AT,
    query: THROUGH,
    body: object<{ changes: Record<string, unknown> }>({ changes: CHANGES }),
    answer: NODE_SETTINGS,
    handle: async ({ params, query, body }, { desk }) => ({
      settings: await desk.nodes.change(at(params, query), body.changes),
    }),
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/nodes/{node}/peers/{id}',
    summary: 'what a bridge thinks of a peer, and how much it lets him say',
    params: object<Node & { id: string }>({ node: NODE, id: ID }),
    body: CHANGE,
    answer: NODE_PEER,
    handle: ({ params, body }, { desk }) =>
      desk.nodes.judge(at(params, {}), params.id, changeOf(body)),
  }),
  route({
    method: 'POST',
    path: '/api/v1/nodes/{node}/log',
    summary:
      'how much a node says in its log: silent, error, info or debug; a bridge also trace, warn',
    params: AT,
    query: THROUGH,
    body: object<{ level: string }>({ level: text({ minLength: 1, maxLength: LEVEL_MAX }) }),
    handle: ({ params, query, body }, { desk }) => desk.nodes.log(at(params, query), body.level),
  }),
  route({
    method: 'POST',
    path: '/api/v1/nodes/{node}/restart',
    summary: 'have a node start again, where something starts it again',
    params: AT,
    query: THROUGH,
    handle: ({ params, query }, { desk }) => desk.nodes.restart(at(params, query)),
  }),
  route({
    method: 'POST',
    path: '/api/v1/nodes/{node}/identify',
    summary: 'have a board show which one it is, by its lamp',
    params: AT,
    query: THROUGH,
    handle: ({ params, query }, { desk }) => desk.nodes.identify(at(params, query)),
  }),
];

function at({ node: who }: Node, { through = null }: { through?: string | null }): NodeAt {
  return { who, through };
}
