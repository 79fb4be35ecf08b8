/**
 * Transcript: a run as lines that a person reads from top to bottom: what was done to it, what was said
 * and where it came, which links came and went, and which law was broken.
 *
 *     12.345 s  node 3   is told "word 4 of 1"
 */
import type { StationEvent } from '../../protocol/peer/contract.ts';
import type { Millis } from '../../protocol/core/machine.ts';
import type { SimOutput } from './sim-node.ts';
import type { Deed } from './deeds.ts';
import type { Breach } from './laws.ts';
import type { RunWatch } from './run.ts';

/** Lines that are kept; then the first are left out, since a breach is at the end. */
export const LINES_MAX = 400;
/** Characters of what somebody said. */
const TEXT_MAX = 40;

export class Transcript implements RunWatch {
  private readonly kept: string[] = [];
  private missed = 0;

  did(deed: Deed, isOver: boolean, at: Millis): void {
    this.add(at, 0, isOver ? `over: ${deed.kind}${whereOf(deed)}` : describeDeed(deed));
  }

  told(node: number, what: string, at: Millis): void {
    this.add(at, node, `is told ${quoted(what)}`);
  }

  stepped(node: number, _input: unknown, outputs: readonly SimOutput[], at: Millis): void {
    for (const output of outputs) {
      if (output.kind === 'answer') this.add(at, node, `is answered ${output.answer.kind}`);
      if (output.kind !== 'told' || !('of' in output) || output.of !== 'station') continue;
      const line = lineOf(output.event);
      if (line !== null) this.add(at, node, line);
    }
  }

  broke({ law, at, node, what }: Breach): void {
    this.add(at, node, `BREAKS ${law}: ${what}`);
  }

  get lines(): string[] {
    const head = this.missed > 0 ? [`(${this.missed} lines before these are left out)`] : [];
    return [...head, ...this.kept];
  }

  private add(at: Millis, node: number, what: string): void {
    const time = (at / 1000).toFixed(3).padStart(9);
    this.kept.push(`${time} s  ${node > 0 ? `node ${node}`.padEnd(8) : '        '} ${what}`);
    if (this.kept.length <= LINES_MAX) return;
    this.kept.shift();
    this.missed++;
  }
}

function lineOf(event: StationEvent): string | null {
  switch (event.kind) {
    case 'link-settled':
      return `link ${event.link} is ${event.mode}`;
    case 'link-closed':
      return `link ${event.link} is gone`;
    case 'peer-seen':
      return `sees ${event.name}`;
    case 'peer-left':
      return `misses ${event.name}: ${event.reason}`;
    case 'alarm':
      return 'is shown a second key';
    default:
      return null;
  }
}

/** What is done, as a sentence without a subject. */
export function describeDeed(deed: Deed): string {
  switch (deed.kind) {
    case 'say':
      return `node ${deed.node} says ${quoted(deed.text)}`;
    case 'tell':
      return `node ${deed.node} tells node ${deed.to} ${quoted(deed.text)}`;
    case 'crash':
      return `node ${deed.node} loses its power for ${deed.forMs} ms, noticed after ${deed.noticeMs}`;
    case 'pause':
      return `node ${deed.node} stands still for ${deed.forMs} ms`;
    case 'cut':
      return `cut for ${deed.forMs} ms:${whereOf(deed)}`;
    case 'deafen':
      return `node ${deed.to} does not hear node ${deed.from} for ${deed.forMs} ms`;
    case 'clock':
      return `the clock of node ${deed.node} is off by ${deed.offMs} ms`;
    case 'disk':
      return `the disk of node ${deed.node}: ${deed.fault}`;
  }
}

function whereOf(deed: Deed): string {
  if (deed.kind === 'cut') return ` ${deed.pairs.map(([a, b]) => `${a}-${b}`).join(' ')}`;
  if (deed.kind === 'deafen') return ` ${deed.from} to ${deed.to}`;
  return ` node ${deed.node}`;
}

function quoted(text: string): string {
  return `"${text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}...` : text}"`;
}
