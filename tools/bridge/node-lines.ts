/**
 * Node lines: nodes that can be administered, their statistics and settings, as a person reads them.
 */
import type { NodeReportView, NodeSettingView, NodeView } from '../../host/http/views.ts';
import { printable } from '../../protocol/printable.ts';
import { tableOf } from '../relay/words.ts';
import { fullTime } from './paints.ts';

export function nodeTable(nodes: NodeView[]): string[] {
  const rows = nodes.map(({ id, name, kind, isSelf, isReachable, obeys }) => {
    const where = isSelf ? 'this bridge' : kind === 'board' ? 'on a wire' : isReachable ? 'in reach' : 'out of reach'; // prettier-ignore
    const word = obeys === null ? 'not known' : obeys ? 'yes' : 'no';
    return [printable(name), id, kind, where, word];
  });
  return tableOf(['name', 'id', 'kind', 'where', 'obeys'], rows);
}

export function reportLines({ id, name, version, startedAt, ...more }: NodeReportView): string[] {
  const { kind, problems, figures } = more;
  const head = [`${printable(name)}  ${id}  ${kind}${version === null ? '' : ` ${version}`}`];
  if (startedAt !== null) head.push(`  started at ${fullTime(startedAt)}`);
  const wrong = problems.map((problem) => `  wrong: ${printable(problem)}`);
  const rows = Object.entries(figures).map(([label, figure]) => [`  ${printable(label)}`, figure]);
  return [...head, ...wrong, ...tableOf(['  statistics', ''], rows)];
}

/** `* ` marks what is not as usual, and is explained where there is any. */
export function settingLines(settings: NodeSettingView[]): string[] {
  const isAny = settings.some(({ isSet }) => isSet);
  const note = isAny ? ['* was set; `hopline node set NODE NAME=` makes it as usual again'] : [];
  const rows = settings.map(({ name, value, isSet, isPending }) => [
    `${isSet ? '*' : ' '} ${printable(name)}`,
    `${valueText(value)}${isPending ? '  (from its next start on)' : ''}`,
  ]);
  return [...tableOf(['  setting', 'value'], rows), ...note];
}

/** What became another, from what it was. */
export function changeLines(before: NodeSettingView[], after: NodeSettingView[]): string[] {
  return after.flatMap(({ name, value, isPending }) => {
    const was = before.find((each) => each.name === name);
    const [from, to] = [valueText(was?.value ?? null), valueText(value)];
    const note = isPending ? '  (from its next start on)' : '';
    return from === to ? [] : [`${printable(name)}: ${from} -> ${to}${note}`];
  });
}

function valueText(value: unknown): string {
  if (value === null) return 'as the machine has it';
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}
