/**
 * Notes of `hopline simulate`: what its faults, its files and its verdict mean, for whoever asks for help.
 */
import type { Notes } from '../command.ts';
import { FAULT_NAMES, FAULTS } from '../simulate/faults.ts';
import { LAWS } from '../simulate/laws.ts';
import { DUE } from '../simulate/report/page.ts';
import { SIDE } from '../simulate/shapes.ts';

export const NOTES: Notes = {
  'faults, as name=number; 0 is none of it': FAULT_NAMES.map((name) => {
    const { unit, least = 1, most } = FAULTS[name];
    return [name, `${least} to ${most}: ${unit}`] as const;
  }),
  'files, as YAML or JSON (the README has whole ones)': [
    ['topology', 'nodes: 3, edges: [{ a: 1, b: 2 }, { a: 2, b: 3, wire: true }]'],
    ['', `places: [{ x: 0, y: 0 }, ...], one for each node, up to ${SIDE}; only walkers need them`],
    ['faults', 'loss: 100, mtu: 60, crashes: 3'],
    ['', 'deeds: [{ at: 5000, do: crash, node: 2, for: 9000 }], in ms, in place of drawn ones'],
  ],
  'laws, judged after every step': [...Object.entries(LAWS), ['delivered', DUE]],
};
