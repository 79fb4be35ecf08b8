/**
 * Map lens: how the map is looked at: drawn closer, moved, and walked from node to node. Both pictures of
 * it share this: the drawing of few nodes, and the painting of many.
 */
import { useMemo, useRef } from 'preact/hooks';
import type { MapNode, MapView } from '../views.ts';
import type { Size } from './hooks.ts';
import { shorten, titleMiddle } from './labels.ts';
import { layOut, SHORE } from './layout.ts';
import type { Chart, Point } from './layout.ts';
import { islandName } from './node-list.tsx';
import { shortId } from './words.ts';

/** How the picture is looked at: enlarged beyond fitting, and moved, in pixels. */
export type Lens = { zoom: number; x: number; y: number };

export const FIT: Lens = { zoom: 1, x: 0, y: 0 };
const ZOOM_MAX = 12;
export const ZOOM_STEP = 1.4;
/** A small mesh is not blown up to the size of the paper. */
const SCALE_MAX = 1.5;
/** Left free around the picture, in pixels: names stand there. */
const MARGIN = 24;
/** What the name of an island takes above it. */
const TITLE = 8;
/** Below this scale nodes shrink with the picture, down to a share of their size. */
const SHRINK_FROM = 0.6;
const SHRINK_TO = 0.4;

/** What a picture of the map is drawn from. */
export type Picture = {
  map: MapView;
  chart: Chart;
  view: View;
  placed: Placed[];
  chosen: string | null;
};
export type Placed = { node: MapNode; at: Point };

export function pictureOf(map: MapView, chart: Chart, view: View, chosen: string | null): Picture {
  const nodes = map.islands.flatMap((island) => island.nodes);
  const placed = nodes.map((node) => ({ node, at: view.put(chart.places.get(node.id)!) }));
  return { map, chart, view, placed, chosen };
}

/** The shores of the islands: their outlines, how wide, what they are called and where that stands. */
export type Shore = { id: string; hull: Point[]; width: number; title: string; top: Point };

export function shoresOf({ map, chart, view }: Picture): Shore[] {
  return chart.islands.map(({ id, isHere, hull: points }, at) => {
    const hull = points.map(view.put);
    const nodes = map.islands.find((island) => island.id === id)!.nodes;
    const title = isHere ? 'This island' : islandName(nodes, at);
    const top = topOf(hull, SHORE * view.scale);
    const shown = { x: titleMiddle(top.x, title, view.width), y: top.y };
    return { id, hull, width: 2 * SHORE * view.scale, title, top: shown };
  });
}

/** How much smaller nodes are drawn where the picture is small. */
export function shrinkOf({ scale }: View): number {
  return Math.max(SHRINK_TO, Math.min(1, scale / SHRINK_FROM));
}

/** The last layout. It outlives the view, so that whoever comes back finds everything where it was. */
let laid: { shape: string; chart: Chart } | null = null;

/** Laid out again only when who is there, or who hears whom, changed. */
export function useChart(map: MapView, isTall: boolean): Chart {
  return useMemo(() => {
    const shape = JSON.stringify([
      map.islands.map(({ id, nodes }) => [id, nodes.map((node) => node.id)]),
      map.links.map(({ a, b, kind }) => [a, b, kind]),
      isTall,
    ]);
    if (laid?.shape !== shape) laid = { shape, chart: layOut(map, isTall, laid?.chart.places) };
    return laid.chart;
  }, [map, isTall]);
}

/** `width` is that of the picture, in pixels. */
export type View = { scale: number; width: number; put(point: Point): Point };

export function viewOf({ box }: Chart, { width, height }: Size, lens: Lens): View {
  const fit = Math.min(
    (width - 2 * MARGIN) / Math.max(1, box.width),
    (height - 2 * MARGIN) / Math.max(1, box.height),
  );
  const scale = Math.max(0.05, Math.min(SCALE_MAX, fit)) * lens.zoom;
  const [middleX, middleY] = [box.left + box.width / 2, box.top + box.height / 2];
  return {
    scale,
    width,
    put: ({ x, y }) => ({
      x: (x - middleX) * scale + width / 2 + lens.x,
      y: (y - middleY) * scale + (height + TITLE) / 2 + lens.y,
    }),
  };
}

export function zoomed({ zoom, x, y }: Lens, factor: number): Lens {
  const next = Math.min(ZOOM_MAX, zoom * factor);
  if (next <= 1) return FIT;
  // What is in the middle stays there.
  return { zoom: next, x: (x * next) / zoom, y: (y * next) / zoom };
}

/** Moving by pointer, and drawing closer by wheel. */
export function useDrag(lens: Lens, setLens: (lens: Lens) => void) {
  const from = useRef<{ x: number; y: number; lens: Lens } | null>(null);
  return {
    onPointerDown: ({ clientX: x, clientY: y, button }: PointerEvent): void => {
      if (button === 0) from.current = { x, y, lens };
    },
    onPointerMove: ({ clientX, clientY, buttons }: PointerEvent): void => {
      if (buttons === 0) from.current = null;
      if (from.current === null || lens === FIT) return;
      const { x, y, lens: begun } = from.current;
      setLens({ ...begun, x: begun.x + clientX - x, y: begun.y + clientY - y });
    },
    onPointerUp: (): void => {
      from.current = null;
    },
    onWheel: (event: WheelEvent): void => {
      event.preventDefault();
      setLens(zoomed(lens, event.deltaY < 0 ? ZOOM_STEP ** 0.5 : ZOOM_STEP ** -0.5));
    },
    // A link is not carried away.
    onDragStart: (event: DragEvent): void => event.preventDefault(),
  };
}

export function hullPath(points: Point[]): string {
  return `M${points.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}Z`;
}

function topOf(points: Point[], shore: number): Point {
  const xs = points.map(({ x }) => x);
  return {
    x: (Math.min(...xs) + Math.max(...xs)) / 2,
    y: Math.min(...points.map(({ y }) => y)) - shore,
  };
}

/** Lines swing, so that nobody takes them for radio: where the curve between two ends is drawn to. */
export function linkCurve(from: Point, to: Point): Point {
  const [x, y] = [(from.x + to.x) / 2, (from.y + to.y) / 2];
  const [across, along] = [to.x - from.x, to.y - from.y];
  const swing = 0.16;
  return { x: x + along * swing, y: y - across * swing };
}

export function labelOf({ name, id }: MapNode): string {
  return shorten(name || shortId(id));
}

const WEIGHT: Record<MapNode['kind'], number> = { self: 4, gateway: 3, peer: 2, relay: 1 };

export function weightOf({ id, kind, isReachable }: MapNode, chosen: string | null): number {
  return id === chosen ? 10 : WEIGHT[kind] + (isReachable ? 0.5 : 0);
}

export const ARROWS: Record<string, Point> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/** The next one in a direction: what lies aside counts as farther. */
export function nearest(placed: Placed[], from: Point, direction: Point): string | null {
  let best: string | null = null;
  let least = Infinity;
  for (const { node, at } of placed) {
    const [x, y] = [at.x - from.x, at.y - from.y];
    const along = x * direction.x + y * direction.y;
    const aside = Math.abs(x * direction.y - y * direction.x);
    if (along <= 1 || along + 2 * aside >= least) continue;
    [best, least] = [node.id, along + 2 * aside];
  }
  return best;
}
