/**
 * Timeline: what happened in the mesh since the start, the newest first, for whoever comes later.
 */
import type { TimelineEntry } from '../http/views.ts';

/** Entries kept; then the oldest go. */
export const TIMELINE_MAX = 500;

export class Timeline {
  private readonly entries: TimelineEntry[] = [];

  add(entry: TimelineEntry): void {
    this.entries.unshift(entry);
    if (this.entries.length > TIMELINE_MAX) this.entries.pop();
  }

  all(): TimelineEntry[] {
    return [...this.entries];
  }
}
