/**
 * Fleet: what a person may write of his nodes, and the place of every mistake. All of it is judged
 * before any device is touched.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ALLOWED, NAME, ROLE, TTL_MAX } from '../../protocol/core/settings-table.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import { NODES_MAX, readFleet } from '../../tools/provision/fleet.ts';

describe('a fleet', () => {
  it('is written as the README shows one', () => {
    const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
    const [text] = /(?<=```yaml\n)defaults:[^]*?(?=```)/.exec(readme)!;
    expect(read(text).map(({ name }) => name)).toEqual(['gate', 'door']);
  });

  it('has nodes, each with a name, a match and wishes in the order of the table', () => {
    const [gate, door, barn] = read(`
defaults: { role: relay, ttl-max: 5 }
nodes:
  - name: gate
    match: { serial: 0660 }
    role: tethered
    allowed: [ 0102030405060708, 1111111111111111 ]
  - { name: 'door two', match: next }
  - { name: barn, match: { nodeId: AABBCCDDEEFF0011 }, ttl-max: default, allowed: [] }
`);
    expect(gate.match).toEqual({ by: 'serial', text: '0660' });
    expect(plain(gate.wishes)).toEqual([
      [NAME, '67617465'],
      [ROLE, '04'],
      [TTL_MAX, '05'],
      [ALLOWED, '01020304050607081111111111111111'],
    ]);
    expect([door.name, door.match]).toEqual(['door two', { by: 'next' }]);
    expect(plain(door.wishes).slice(1)).toEqual([
      [ROLE, '01'],
      [TTL_MAX, '05'],
    ]);
    expect(barn.match).toEqual({ by: 'nodeId', text: 'aabbccddeeff0011' });
    expect(plain(barn.wishes).slice(2)).toEqual([
      [TTL_MAX, ''],
      [ALLOWED, ''],
    ]);
  });

  it('may lock consoles in the words of YAML', () => {
    for (const [word, hex] of [
      ['true', '01'],
      ['on', '01'],
      ['false', '00'],
      ['off', '00'],
    ]) {
      const [{ wishes }] = read(`nodes: [{ name: a, match: next, console-lock: ${word} }]`);
      expect(toHex(wishes[1].value)).toBe(hex);
    }
  });

  it.each([
    ['no nodes', 'defaults: {}', '1:1: it has no nodes'],
    ['a name twice (S5)', node('a') + node('A'), '3:11: the name A is taken by another node'],
    [
      'a board twice',
      node('a', 'serial: x') + node('b', 'serial: x'),
      '3:21: serial x is taken by another node above',
    ],
    [
      'a node id twice, in whatever case (S5)',
      node('a', 'nodeId: 00000000000000Ab') + node('b', 'nodeId: 00000000000000aB'),
      '3:21: nodeId 00000000000000ab is taken',
    ],
    ['an id that is the broadcast address', node('a', `nodeId: ${'f'.repeat(16)}`), 'nodeId takes'],
    ['an id that is too short', node('a', 'nodeId: aabb'), '2:31: nodeId takes 16 hex digits'],
    ['no name', 'nodes: [{ match: next }]', '1:9: this node has no name'],
    ['a usual name', 'defaults: { name: x }\nnodes: []', '1:19: each node has a name of its own'],
    ['a name too long', node('x'.repeat(33)), '2:11: name takes 1 to 32 bytes, and this is 33'],
    [
      'a name that steers a terminal',
      'nodes:\n- { name: "a\\e[2J", match: next }',
      '2:11: name takes letters that can be seen',
    ],
    ['no match', 'nodes: [{ name: a }]', '1:9: this node has no match'],
    ['two matches', node('a', 'serial: x, port: y'), '2:21: match takes one of serial, usbPath'],
    [
      'a match unheard of',
      node('a', 'serail: x'),
      'there is no setting "serail"; did you mean serial?',
    ],
    ['a match in a word', 'nodes: [{ name: a, match: nxt }]', '1:27: match is one of next'],
    ['a setting nobody knows', wish('ttl-mx: 3'), 'no setting "ttl-mx"; did you mean ttl-max?'],
    ['a number out of range', wish('ttl-max: 65'), '2:43: ttl-max takes 1 to 64, not "65"'],
    ['a number that is none', wish('ttl-max: 0x5'), 'takes a whole number, 1 to 64, not "0x5"'],
    ['half a number', wish('ttl-max: 2.5'), 'ttl-max takes a whole number, 1 to 64'],
    ['a power out of range', wish('transmit-power: 21'), 'takes -40 to 20 dBm, not "21"'],
    ['a duty out of range', wish('scan-duty: -1'), 'scan-duty takes 0 to 100 %'],
    ['a role nobody has', wish('role: rely'), 'did you mean relay?'],
    ['a role by its number', wish('role: 1'), 'role takes leaf, relay, peer, gateway, tethered'],
    ['an id that is none', wish('denied: [12]'), 'ids of 16 hex digits, and "12" is none'],
    ['too many ids', wish(`denied: [${'0102030405060708, '.repeat(32)}]`), 'at most 31 ids'],
    ['an admin key', wish(`admin-key: ${'ab'.repeat(32)}`), 'keys are drawn into keys/'],
    ['a note key', wish('note-key: x'), 'keys are drawn into keys/ and never written here'],
    ['an id of its own', wish('node-id: 0102030405060708'), 'ids are drawn'],
  ])('is refused with %s', (_, text, complaint) => {
    expect(complaintOf(text)).toContain(complaint);
  });

  it('is refused beyond a thousand nodes', () => {
    const nodes = (count: number): string =>
      `nodes:\n${Array.from({ length: count }, (_, i) => `- {name: n${i}, match: next}\n`).join('')}`;
    expect(read(nodes(NODES_MAX))).toHaveLength(1000);
    expect(complaintOf(nodes(NODES_MAX + 1))).toContain('a fleet has at most 1000 nodes');
  });

  it('never repeats in its complaint what may be a key', () => {
    expect(complaintOf(wish(`admin-key: ${'ab'.repeat(32)}`))).not.toContain('abab');
  });
});

function read(text: string) {
  return readFleet('nodes.yaml', text);
}

function complaintOf(text: string): string {
  try {
    readFleet('nodes.yaml', text);
  } catch (failure) {
    expect(failure).toBeInstanceOf(HoplineError);
    expect((failure as HoplineError).code).toBe('CONFIG_INVALID');
    expect((failure as Error).message).toContain('nodes.yaml:');
    return (failure as Error).message;
  }
  return expect.fail('it was taken');
}

/** A node, as a line after `nodes:` where it is the first. */
function node(name: string, match = 'port: x', more = ''): string {
  const head = name.toLowerCase() === name && name !== 'b' ? 'nodes:\n' : '';
  return `${head}- { name: ${name}, match: { ${match} }${more} }\n`;
}

function wish(text: string): string {
  return node('a', 'port: x', `, ${text}`);
}

function plain(wishes: { id: number; value: Uint8Array }[]): [number, string][] {
  return wishes.map(({ id, value }) => [id, toHex(value)]);
}
