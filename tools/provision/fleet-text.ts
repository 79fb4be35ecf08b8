/**
 * Fleet text: nodes as a fleet file that `apply` takes again. Keys are never in it.
 */
import type { Match } from './fleet.ts';
import type { NodeState } from './plan.ts';
import {
  idOf,
  idsIn,
  isList,
  valueIn,
  WRITABLE,
  writeSetting,
} from '../../protocol/admin/setting-text.ts';
import { NAME, NODE_ID } from '../../protocol/core/settings-table.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { Port } from './match.ts';

/** A node with an id is found by it, wherever it is plugged in. */
function matchFor(state: NodeState, port: Port): Match & { text: string } {
  if (state.settings[NODE_ID]) return { by: 'nodeId', text: toHex(state.id) };
  if (port.serial !== null) return { by: 'serial', text: port.serial };
  if (port.usbPath !== null) return { by: 'usbPath', text: port.usbPath };
  return { by: 'port', text: port.path };
}

/** One entry of `nodes:`, as lines. A node without a name gets one from its id. */
export function entryText(state: NodeState, port: Port): string[] {
  const { settings } = state;
  const match = matchFor(state, port);
  const name = settings[NAME] ? nameIn(settings[NAME]) : `node-${toHex(state.id).slice(0, 8)}`;
  const lines = [`  - name: ${quoted(name)}`, `    match: { ${match.by}: ${quoted(match.text)} }`];
  for (const setting of WRITABLE) {
    const id = idOf(setting);
    const value = valueIn(settings, id);
    if (id === NAME || value.length === 0) continue;
    const text = isList(id) ? `[${idsIn(value).map(quoted).join(', ')}]` : writeSetting(id, value);
    lines.push(`    ${setting}: ${text}`);
  }
  return lines;
}

function nameIn(value: Uint8Array): string {
  return new TextDecoder().decode(value);
}

/** JSON's quotes are YAML's, too. */
function quoted(text: string): string {
  return /^[a-z][a-z0-9-]*$/i.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text);
}
