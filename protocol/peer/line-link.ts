/**
 * LineLink: one hop over a line, of which the record link does the work (WIRE §24): it shook hands,
 * said hello and carries whole frames. What is to be sent leaves it as it came.
 */
import type { Machine, Millis, Tick } from '../core/machine.ts';
import type { LinkInput } from '../core/link.ts';
import type { Mode } from '../core/version.ts';

export type LineLinkOutput =
  { kind: 'heard'; bytes: Uint8Array } | { kind: 'forward'; bytes: Uint8Array; priority: number };

export class LineLink implements Machine<LinkInput, LineLinkOutput> {
  mode: Mode;
  roundTripMs: Millis = -1;

  constructor(mode: Mode) {
    this.mode = mode;
  }

  step(input: LinkInput | Tick): LineLinkOutput[] {
    if (input.kind === 'received') return [{ kind: 'heard', bytes: input.bytes }];
    if (input.kind !== 'send') return [];
    return [{ kind: 'forward', bytes: input.bytes, priority: input.priority }];
  }

  deadline(): Millis {
    return Infinity;
  }
}
