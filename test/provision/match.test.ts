/**
 * Match: each entry finds its board or says why not, and none is guessed. And a fleet file that export
 * writes says the same again.
 */
import { describe, expect, it } from 'vitest';
import { ALLOWED, NAME, NODE_ID, ROLE } from '../../protocol/core/settings-table.ts';
import type { Settings } from '../../protocol/core/settings.ts';
import { entryText } from '../../tools/provision/fleet-text.ts';
import type { Entry, Match } from '../../tools/provision/fleet.ts';
import { readFleet } from '../../tools/provision/fleet.ts';
import type { Port } from '../../tools/provision/match.ts';
import { placesOf, unnamedPorts, wantsIds } from '../../tools/provision/match.ts';
import type { NodeState } from '../../tools/provision/plan.ts';
import { openWishes } from '../../tools/provision/plan.ts';
import { id } from '../packets.ts';

const PORTS: Port[] = [
  { path: '/dev/a', serial: 'AAA', usbPath: '1-1' },
  { path: '/dev/b', serial: 'BBB', usbPath: '1-2' },
  { path: '/dev/c', serial: 'BBB', usbPath: '1-3' },
  { path: '/dev/d', serial: null, usbPath: null },
];

describe('an entry', () => {
  it.each([
    ['its serial number', { by: 'serial', text: 'AAA' }, { kind: 'found', path: '/dev/a' }],
    ['its socket', { by: 'usbPath', text: '1-3' }, { kind: 'found', path: '/dev/c' }],
    ['its port', { by: 'port', text: '/dev/d' }, { kind: 'found', path: '/dev/d' }],
    ['its id', { by: 'nodeId', text: '0'.repeat(16) }, { kind: 'found', path: '/dev/d' }],
    ['a part of a serial number', { by: 'serial', text: 'AA' }, { kind: 'absent', isDone: false }],
    ['the serial number of two', { by: 'serial', text: 'BBB' }, { kind: 'ambiguous' }],
    ['its turn', { by: 'next' }, { kind: 'next' }],
  ] as [string, Match, object][])('finds its board by %s, or says why not', (_, match, place) => {
    const ids = new Map([['/dev/d', '0'.repeat(16)]]);
    expect(placesOf([entry('x', match)], PORTS, ids)).toMatchObject([place]);
  });

  it('never has the board of another', () => {
    const entries = [
      entry('x', { by: 'serial', text: 'AAA' }),
      entry('y', { by: 'usbPath', text: '1-1' }),
    ];
    expect(placesOf(entries, PORTS, new Map())).toEqual([
      { kind: 'found', path: '/dev/a' },
      { kind: 'taken', path: '/dev/a', by: 'x' },
    ]);
  });

  it('leaves alone the ports that no entry names, unless somebody is looked for by his id', () => {
    const entries = [entry('x', { by: 'serial', text: 'BBB' })];
    expect(unnamedPorts(entries, PORTS).map(({ path }) => path)).toEqual(['/dev/a', '/dev/d']);
    expect(wantsIds(entries)).toBe(false);
    expect(wantsIds([entry('x', { by: 'nodeId', text: 'ab' })])).toBe(true);
  });
});

describe('an exported node', () => {
  const settings: Settings = [];
  settings[NAME] = Buffer.from('Tür: "A" #1');
  settings[ROLE] = Uint8Array.of(4);
  settings[NODE_ID] = id(0x12);
  settings[ALLOWED] = Uint8Array.from([...id(0x34), ...id(0xab)]);
  const state: NodeState = {
    id: id(0x12),
    board: null,
    hasAdmin: true,
    canHoldKeys: true,
    settings,
  };

  it('is read again as what it is', () => {
    const text = ['nodes:', ...entryText(state, PORTS[0])].join('\n');
    const [again] = readFleet('nodes.yaml', text);
    expect([again.name, again.match]).toEqual([
      'Tür: "A" #1',
      { by: 'nodeId', text: '12'.repeat(8) },
    ]);
    expect(again.wishes.length).toBeGreaterThan(10);
    expect(openWishes(again.wishes, state)).toEqual([]);
  });

  it.each([
    [PORTS[0], 'serial: AAA'],
    [{ ...PORTS[0], serial: null }, 'usbPath: "1-1"'],
    [PORTS[3], 'port: "/dev/d"'],
  ])('without an id is found by what the system knows of it', (port, match) => {
    const [name, where] = entryText({ ...state, settings: [] }, port);
    expect([name, where]).toEqual(['  - name: node-12121212', `    match: { ${match} }`]);
  });
});

function entry(name: string, match: Match): Entry {
  return { name, match, wishes: [] };
}
