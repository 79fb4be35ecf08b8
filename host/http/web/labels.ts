/**
 * Labels: which names of a map can be written without covering each other. The more important ones
 * are placed first; the others show when they are looked at.
 */
import type { Point } from './layout.ts';

export type Label = Point & { id: string; text: string; weight: number };

/** Letters of a label; then it is cut. */
export const LABEL_MAX = 18;
/** Of the type in which labels are set, in pixels: its width is an estimate on the safe side. */
const LETTER_WIDTH = 6.4;
const HEIGHT = 14;
/** Titles are bold, and set wider. */
const TITLE_LETTER_WIDTH = 7.4;
/** From the middle of a node to the middle of its label below. */
export const LABEL_DROP = 20;
/** Half of what a node takes. */
const NODE = 8;

type Box = { left: number; top: number; right: number; bottom: number };

/** The ids whose labels fit; places are in pixels. */
export function fitLabels(labels: Label[]): Set<string> {
  const taken = new Cells();
  for (const { x, y } of labels) {
    taken.add({ left: x - NODE, right: x + NODE, top: y - NODE, bottom: y + NODE });
  }
  const fitting = new Set<string>();
  const ranked = [...labels].sort((a, b) => b.weight - a.weight || (a.id < b.id ? -1 : 1));
  for (const { id, x, y, text } of ranked) {
    const half = (shorten(text).length * LETTER_WIDTH) / 2 + 2;
    const middle = y + LABEL_DROP;
    const box = {
      left: x - half,
      right: x + half,
      top: middle - HEIGHT / 2,
      bottom: middle + HEIGHT / 2,
    };
    if (taken.covers(box)) continue;
    taken.add(box);
    fitting.add(id);
  }
  return fitting;
}

/** The middle of a title above an island at `x`, so that neither end is cut off while that is in view. */
export function titleMiddle(x: number, title: string, width: number): number {
  const half = (title.length * TITLE_LETTER_WIDTH) / 2;
  const isSeen = x >= 0 && x <= width && 2 * half <= width;
  return isSeen ? Math.max(half, Math.min(width - half, x)) : x;
}

export function shorten(text: string): string {
  const letters = [...text];
  return letters.length <= LABEL_MAX ? text : `${letters.slice(0, LABEL_MAX - 1).join('')}…`;
}

/** Boxes by the cells of a grid that they touch, so that a thousand are not compared with each other. */
class Cells {
  private readonly cells = new Map<string, Box[]>();

  add(box: Box): void {
    for (const key of keysOf(box)) {
      const cell = this.cells.get(key);
      if (cell === undefined) this.cells.set(key, [box]);
      else cell.push(box);
    }
  }

  covers(box: Box): boolean {
    return keysOf(box).some((key) => this.cells.get(key)?.some((other) => overlap(box, other)));
  }
}

const CELL = 64;

function keysOf({ left, top, right, bottom }: Box): string[] {
  const keys: string[] = [];
  for (let x = Math.floor(left / CELL); x <= Math.floor(right / CELL); x++) {
    for (let y = Math.floor(top / CELL); y <= Math.floor(bottom / CELL); y++)
      keys.push(`${x}:${y}`);
  }
  return keys;
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
