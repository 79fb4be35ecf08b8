/**
 * Fleet: what a file says of many nodes. Each entry has a name, says how its board is found, and
 * wishes settings; what it leaves out stays on the node as it is. A mistake is one line with its
 * place in the file, and no device is touched before there is none.
 *
 *   defaults: { role: relay }
 *   nodes:
 *     - { name: gate, match: { serial: E661410403 }, ttl-max: 5 }
 *     - { name: door, match: next }
 */
import type { Wish } from '../../protocol/admin/staging.ts';
import type { Section } from '../../device/pi/yaml-file.ts';
import { readYaml } from '../../device/pi/yaml-file.ts';
import { NAME } from '../../protocol/core/settings-table.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import { SETTING_NAMES } from '../../protocol/wire/setting-names.ts';
import type { SettingName } from '../../protocol/admin/setting-text.ts';
import {
  DEFAULT,
  idOf,
  isList,
  nodeIdIn,
  readSetting,
  WRITABLE,
} from '../../protocol/admin/setting-text.ts';

/** How the board of an entry is known. `next` is the one that is plugged in when asked for. */
export type Match = { by: 'serial' | 'usbPath' | 'port' | 'nodeId'; text: string } | { by: 'next' };

export type Entry = { name: string; match: Match; wishes: Wish[] };

/** More nodes are refused; so is a file over YAML_SIZE_MAX. */
export const NODES_MAX = 1000;

const MATCHES = ['serial', 'usbPath', 'port', 'nodeId'] as const;
/** Ids of systems are not longer. */
const MATCH_MAX = 256;
/** The longest list of ids as text, and any other value. */
const TEXT_MAX = 1024;

/** The entries of a file; throws CONFIG_INVALID for the first mistake. */
export function readFleet(file: string, text: string): Entry[] {
  const top = readYaml(file, text);
  const defaults = top.section('defaults');
  const usual = wishesIn(defaults);
  if (usual.some(({ id }) => id === NAME)) defaults.fail('name', 'each node has a name of its own');
  defaults.done();
  const sections = top.sections('nodes');
  top.done();
  if (sections.length === 0) top.fail(null, 'it has no nodes; list them under "nodes:"');
  if (sections.length > NODES_MAX) top.fail('nodes', `a fleet has at most ${NODES_MAX} nodes`);
  const known = new Names();
  return sections.map((section) => {
    const own = wishesIn(section);
    const name = section.text('name', { most: TEXT_MAX });
    if (name === undefined) return section.fail(null, 'this node has no name');
    const match = matchIn(section);
    section.done();
    known.add(section, 'name', `the name ${name}`, name.toLowerCase());
    if (match.by !== 'next') {
      known.add(section, 'match', `${match.by} ${match.text}`, `${match.by} ${match.text}`);
    }
    const others = usual.filter(({ id }) => own.every((wish) => wish.id !== id));
    return { name, match, wishes: [...own, ...others].sort((a, b) => a.id - b.id) };
  });
}

/** Names and matches seen so far. Those that differ in case alone would confuse people (S5, S25). */
class Names {
  private readonly seen = new Set<string>();

  add(section: Section, setting: string, said: string, key: string): void {
    const known = `${setting} ${key}`;
    if (this.seen.has(known)) section.fail(setting, `${said} is taken by another node above`);
    this.seen.add(known);
  }
}

function wishesIn(section: Section): Wish[] {
  const wishes: Wish[] = [];
  for (const name of WRITABLE) {
    const text = textIn(section, name);
    if (text === undefined) continue;
    const read = readSetting(name, text);
    if (!read.ok) return section.fail(name, read.what);
    wishes.push({ id: idOf(name), value: read.value });
  }
  for (const name of section.names()) {
    if (name === 'node-id') section.fail(name, 'ids are drawn; find a node by match: { nodeId }');
    const isDrawn = (SETTING_NAMES as readonly string[]).includes(name);
    if (isDrawn && !WRITABLE.includes(name as SettingName)) {
      section.fail(name, 'keys are drawn into keys/ and never written here');
    }
  }
  return wishes;
}

function textIn(section: Section, name: SettingName): string | undefined {
  if (isList(idOf(name)) && section.kindOf(name) === 'list') {
    // A list of none is the default, which is none.
    return section.texts(name, { most: TEXT_MAX })?.join(' ') || DEFAULT;
  }
  const text = section.text(name, { most: TEXT_MAX });
  // What YAML takes for a switch is one.
  if (name === 'console-lock' && (text === 'true' || text === 'false')) {
    return text === 'true' ? 'on' : 'off';
  }
  return text;
}

function matchIn(section: Section): Match {
  switch (section.kindOf('match')) {
    case 'absent':
      return section.fail(
        null,
        `this node has no match; say one of ${MATCHES.join(', ')}, or next`,
      );
    case 'section':
      break;
    default: {
      section.oneOf('match', ['next']);
      return { by: 'next' };
    }
  }
  const match = section.section('match');
  const said = MATCHES.flatMap((by) => {
    const text = match.text(by, { most: MATCH_MAX });
    return text === undefined ? [] : [{ by, text }];
  });
  match.done();
  const [only, more] = said;
  if (only === undefined || more !== undefined) {
    return section.fail('match', `match takes one of ${MATCHES.join(', ')}`);
  }
  if (only.by !== 'nodeId') return only;
  const id = nodeIdIn(only.text);
  if (id === null) return match.fail('nodeId', 'nodeId takes 16 hex digits, as read shows them');
  return { by: 'nodeId', text: toHex(id) };
}
