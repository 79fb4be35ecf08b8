/**
 * Node answers: what a bridge elsewhere said to an order, read with care: it may be of another version,
 * and its texts go to a terminal or a page. Null where it is not what was asked for.
 */
import { printable } from '../../protocol/printable.ts';
import type { NodePeerView, NodeReportView, NodeSettingView, NodeView } from '../http/views.ts';

/** Items of an answer that are shown; nobody has more settings, boards or problems. */
const ITEMS_MAX = 500;

export function reportIn(value: unknown): NodeReportView | null {
  const { id, name, kind, version, startedAt, problems, figures } = fieldsOf(value);
  if (!isId(id) || !isText(name) || !isKind(kind) || !Array.isArray(problems)) return null;
  return {
    id,
    name: printable(name),
    kind,
    version: isText(version) ? printable(version) : null,
    startedAt: Number.isSafeInteger(startedAt) ? (startedAt as number) : null,
    problems: problems.slice(0, ITEMS_MAX).map((problem) => printable(String(problem))),
    figures: figuresIn(figures),
  };
}

export function settingsIn(value: unknown): NodeSettingView[] | null {
  return listIn(value, (each) => {
    const { name, value, isSet, needsRestart, isPending } = fieldsOf(each);
    if (!isText(name)) return null;
    const shown = typeof value === 'string' ? printable(value) : (value ?? null);
    const flags = { isSet, needsRestart, isPending };
    if (Object.values(flags).some((flag) => typeof flag !== 'boolean')) return null;
    return {
      name: printable(name),
      value: shown,
      ...(flags as Record<keyof typeof flags, boolean>),
    };
  });
}

/** The boards of that bridge: of whom else it tells is not its affair. */
export function boardsIn(value: unknown, host: string): NodeView[] | null {
  return listIn(value, (each) => {
    const { id, name, obeys } = fieldsOf(each);
    if (!isId(id) || !isText(name)) return null;
    const there = { host, isSelf: false, isReachable: true };
    const known = typeof obeys === 'boolean' ? obeys : null;
    return { id, name: printable(name), kind: 'board', ...there, obeys: known };
  });
}

export function peerIn(value: unknown): NodePeerView | null {
  const { id, name, standing, isDenied, isQuarantined, perMinute } = fieldsOf(value);
  if (!isId(id) || !isText(name) || typeof isDenied !== 'boolean') return null;
  const known = STANDINGS.find((each) => each === standing);
  if (known === undefined || typeof isQuarantined !== 'boolean') return null;
  const rate = Number.isInteger(perMinute) ? (perMinute as number) : null;
  return { id, name: printable(name), standing: known, isDenied, isQuarantined, perMinute: rate };
}

/** What went wrong there, by the code that it has here, too. */
export function failureIn(value: unknown): { code: string; message: string } {
  const { code, message } = fieldsOf(value);
  const text = isText(message) ? printable(message) : 'it does not say why';
  return { code: isText(code) ? code : '', message: text };
}

const STANDINGS = ['seen', 'contacted', 'verified', 'trusted'] as const;

function listIn<Item>(value: unknown, read: (each: unknown) => Item | null): Item[] | null {
  if (!Array.isArray(value)) return null;
  const items = value.slice(0, ITEMS_MAX).map(read);
  return items.includes(null) ? null : (items as Item[]);
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function figuresIn(value: unknown): Record<string, number> {
  const figures = Object.entries(fieldsOf(value)).slice(0, ITEMS_MAX);
  return Object.fromEntries(
    figures.flatMap(([name, figure]) =>
      Number.isFinite(figure) ? [[printable(name), figure as number]] : [],
    ),
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isId(value: unknown): value is string {
  return isText(value) && /^[0-9a-f]{16}$/.test(value);
}

function isKind(value: unknown): value is NodeView['kind'] {
  return value === 'bridge' || value === 'board';
}
