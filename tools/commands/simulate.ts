/**
 * hopline simulate [--seed <n>] [--seeds <n>] [--nodes <n>] [--topology <name>] ...
 *
 * Real bridges in virtual time, while everything goes wrong that the seed draws; then a core of them is
 * healed and must catch up. Laws are judged after every step, and one that is broken is an exit status.
 */
import { ROUTING_DEFAULTS } from '../../host/routing/routing.ts';
import { STRATEGY_NAMES } from '../../host/routing/strategy.ts';
import type { Command } from '../command.ts';
import { JSON_OPTION } from '../command.ts';
import { SHAPES } from '../simulate/shapes.ts';

export const simulate: Command = {
  name: 'simulate',
  summary: 'run a mesh of bridges in which everything goes wrong, and judge it',
  usage:
    'hopline simulate [--seed <n>] [--seeds <n>] [--nodes <n>] [--topology <which>] [--degree <n>] ' +
    '[--faults <which>] [--policy <name>] [--hours <n>] [--replay <capture>] [--out <report.html>] [--json]',
  options: {
    seed: { type: 'string', value: 'n', help: 'what all is drawn from (1)' },
    seeds: { type: 'string', value: 'n', help: 'so many runs, each with the next seed (1)' },
    nodes: { type: 'string', value: 'n', help: 'nodes of the mesh; without it the seed says' },
    topology: {
      type: 'string',
      value: 'which',
      help: `${SHAPES.join(', ')}, or a file; without it the seed says`,
    },
    degree: {
      type: 'string',
      value: 'n',
      help: 'neighbours of a node, where the shape has a choice',
    },
    faults: {
      type: 'string',
      value: 'which',
      help: 'none, all, some as loss=100,crashes=3, or a file; without it the seed says',
    },
    policy: {
      type: 'string',
      value: 'name',
      help: `how packets are routed: ${STRATEGY_NAMES.join(', ')}; without it ${ROUTING_DEFAULTS.strategy}, or what the seed says where it says the faults`,
    },
    hours: { type: 'string', value: 'n', help: 'for so long things go wrong; without it a minute' },
    replay: {
      type: 'string',
      value: 'capture',
      help: 'say the packets of a capture (pcapng) to node 1, and count whom they reach',
    },
    out: {
      type: 'string',
      value: 'file',
      help: 'a report with curves and a map to watch, as HTML',
    },
    json: JSON_OPTION,
  },
  notes: async () => (await import('./simulate-notes.ts')).NOTES,
  examples: [
    'hopline simulate',
    'hopline simulate --seed 7 --out report.html',
    'hopline simulate --topology geometric --nodes 60 --faults loss=100,partitions=2',
    'hopline simulate --seeds 100',
    'hopline simulate --replay capture.pcapng --topology grid --nodes 36',
  ],

  async run(args, io) {
    const { simulateFor } = await import('./simulate-run.ts');
    await simulateFor(args, io);
  },
};
