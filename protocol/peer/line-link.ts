/**
 * LineLink: one hop over a line, of which a record link does the work (WIRE §24): it shook hands, said
 * hello and carries whole frames. What it hears and is to send passes it by; this is what is known.
 */
import type { Machine, Millis } from '../core/machine.ts';
import type { Mode } from '../core/version.ts';

export class LineLink implements Machine<never, never> {
  mode: Mode;
  /** The last round trip, or -1. */
  roundTripMs: Millis = -1;

  constructor(mode: Mode) {
    this.mode = mode;
  }

  step(): never[] {
    return [];
  }

  deadline(): Millis {
    return Infinity;
  }
}
