/**
 * Map chart: the map as a picture that can be moved, drawn closer, and walked with the arrow keys.
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { MapNode, MapView } from '../views.ts';
import { useSize } from './hooks.ts';
import type { Size } from './hooks.ts';
import { fitLabels, LABEL_DROP, shorten } from './labels.ts';
import { layOut, SHORE } from './layout.ts';
import type { Chart, Point } from './layout.ts';
import { islandName } from './node-list.tsx';
import { hashOf } from './route.ts';
import { kindOf, shortId } from './words.ts';

/** How the picture is looked at: enlarged beyond fitting, and moved, in pixels. */
type Lens = { zoom: number; x: number; y: number };

const FIT: Lens = { zoom: 1, x: 0, y: 0 };
const ZOOM_MAX = 12;
const ZOOM_STEP = 1.4;
/** A small mesh is not blown up to the size of the paper. */
const SCALE_MAX = 1.5;
/** Left free around the picture, in pixels: names stand there. */
const MARGIN = 24;
/** What the name of an island takes above it. */
const TITLE = 8;
/** Below this scale nodes shrink with the picture, down to a share of their size. */
const SHRINK_FROM = 0.6;
const SHRINK_TO = 0.4;

type Props = { map: MapView; chosen: string | null; children: ComponentChildren };

/** `children`: what stands below it. */
export function MapChart({ map, chosen, children }: Props) {
  const [svg, size] = useSize<SVGSVGElement>();
  const [lens, setLens] = useState(FIT);
  const chart = useChart(map, size.height > size.width);
  const drag = useDrag(lens, setLens);
  const view = viewOf(chart, size, lens);
  const nodes = map.islands.flatMap((island) => island.nodes);
  const shrink = Math.max(SHRINK_TO, Math.min(1, view.scale / SHRINK_FROM)).toFixed(2);
  const placed = nodes.map((node) => ({ node, at: view.put(chart.places.get(node.id)!) }));
  const [held, setHeld] = useState<string | null>(null);
  // One stop for the tab key; from there on the arrows lead.
  const stop = nodes.some(({ id }) => id === held) ? held : (chosen ?? map.self);
  const shown = fitLabels(
    placed.map(({ node, at }) => ({
      id: node.id,
      ...at,
      text: labelOf(node),
      weight: weightOf(node, chosen),
    })),
  );

  const walk = (event: KeyboardEvent, from: Point): void => {
    const direction = ARROWS[event.key];
    if (direction === undefined) return;
    event.preventDefault();
    const next = nearest(placed, from, direction);
    if (next === null) return;
    setHeld(next);
    svg.current?.querySelector<SVGAElement>(`[data-id="${CSS.escape(next)}"]`)?.focus();
  };

  return (
    <>
      <svg
        ref={svg}
        class={`chart${lens.zoom > 1 ? ' zoomed' : ''}`}
        role="group"
        aria-label="Nodes; the arrow keys lead from one to the next"
        {...drag}
      >
        {chart.islands.map((island, at) => (
          <Island
            key={island.id}
            path={hullPath(island.hull.map(view.put))}
            width={2 * SHORE * view.scale}
            title={
              island.isHere
                ? 'This island'
                : islandName(map.islands.find(({ id }) => id === island.id)!.nodes, at)
            }
            top={topOf(island.hull.map(view.put), SHORE * view.scale)}
          />
        ))}
        <Links map={map} view={view} chart={chart} chosen={chosen} />
        {placed.map(({ node, at }) => (
          <g key={node.id} transform={`translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})`}>
            <a
              data-id={node.id}
              href={hashOf('map', node.id)}
              class={`node ${node.kind}${node.isReachable ? '' : ' away'}${node.id === chosen ? ' chosen' : ''}`}
              tabIndex={node.id === stop ? 0 : -1}
              aria-label={`${node.name || shortId(node.id)}, ${kindOf(node.kind)}${node.isReachable ? '' : ', out of reach'}`}
              aria-current={node.id === chosen ? 'true' : undefined}
              onFocus={() => setHeld(node.id)}
              onKeyDown={(event) => walk(event, at)}
            >
              <circle class="halo" r="15" />
              <g transform={`scale(${shrink})`}>
                <Glyph kind={node.kind} />
              </g>
              <text
                class={shown.has(node.id) || node.id === chosen ? '' : 'hidden'}
                y={LABEL_DROP + 4}
              >
                {labelOf(node)}
              </text>
            </a>
          </g>
        ))}
      </svg>
      <div class="strip">
        {children}
        <div class="lens" role="group" aria-label="Size of the map">
          <button
            type="button"
            aria-label="Closer"
            onClick={() => setLens(zoomed(lens, ZOOM_STEP))}
          >
            +
          </button>
          <button
            type="button"
            aria-label="Farther"
            onClick={() => setLens(zoomed(lens, 1 / ZOOM_STEP))}
          >
            −
          </button>
          <button type="button" disabled={lens === FIT} onClick={() => setLens(FIT)}>
            All
          </button>
        </div>
      </div>
    </>
  );
}

/** Laid out again only when who is there, or who hears whom, changed. */
function useChart(map: MapView, isTall: boolean): Chart {
  const before = useRef<Map<string, Point>>(undefined);
  const shape = JSON.stringify([
    map.islands.map(({ id, nodes }) => [id, nodes.map((node) => node.id)]),
    map.links.map(({ a, b, kind }) => [a, b, kind]),
    isTall,
  ]);
  const chart = useMemo(() => layOut(map, isTall, before.current), [shape]);
  useEffect(() => {
    before.current = chart.places;
  }, [chart]);
  return chart;
}

type View = { scale: number; put(point: Point): Point };

function viewOf({ box }: Chart, { width, height }: Size, lens: Lens): View {
  const fit = Math.min(
    (width - 2 * MARGIN) / Math.max(1, box.width),
    (height - 2 * MARGIN) / Math.max(1, box.height),
  );
  const scale = Math.max(0.05, Math.min(SCALE_MAX, fit)) * lens.zoom;
  const [middleX, middleY] = [box.left + box.width / 2, box.top + box.height / 2];
  return {
    scale,
    put: ({ x, y }) => ({
      x: (x - middleX) * scale + width / 2 + lens.x,
      y: (y - middleY) * scale + (height + TITLE) / 2 + lens.y,
    }),
  };
}

function zoomed({ zoom, x, y }: Lens, factor: number): Lens {
  const next = Math.min(ZOOM_MAX, zoom * factor);
  if (next <= 1) return FIT;
  // What is in the middle stays there.
  return { zoom: next, x: (x * next) / zoom, y: (y * next) / zoom };
}

/** Moving by pointer, and drawing closer by wheel. */
function useDrag(lens: Lens, setLens: (lens: Lens) => void) {
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

type IslandProps = { path: string; width: number; title: string; top: Point };

/** A shore around the outermost nodes: a thick round pen around them, and the same again inside. */
function Island({ path, width, title, top }: IslandProps) {
  return (
    <g class="island">
      <path class="shore" d={path} stroke-width={width + 2} />
      <path class="land" d={path} stroke-width={width} />
      <text x={top.x} y={top.y - 7}>
        {title}
      </text>
    </g>
  );
}

function hullPath(points: Point[]): string {
  return `M${points.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}Z`;
}

function topOf(points: Point[], shore: number): Point {
  const xs = points.map(({ x }) => x);
  return {
    x: (Math.min(...xs) + Math.max(...xs)) / 2,
    y: Math.min(...points.map(({ y }) => y)) - shore,
  };
}

type LinksProps = { map: MapView; view: View; chart: Chart; chosen: string | null };

function Links({ map, view, chart, chosen }: LinksProps) {
  return (
    <g class="links">
      {map.links.map(({ a, b, kind, isUp }) => {
        const [from, to] = [chart.places.get(a), chart.places.get(b)];
        if (from === undefined || to === undefined) return null;
        const isNear = chosen === a || chosen === b;
        const path = linkPath(view.put(from), view.put(to), kind === 'line');
        return (
          <path
            key={`${kind}${a}${b}`}
            class={`link ${kind}${isUp ? '' : ' down'}${isNear ? ' near' : ''}`}
            d={path}
          />
        );
      })}
    </g>
  );
}

/** Lines swing, so that nobody takes them for radio. */
function linkPath(from: Point, to: Point, isSwung: boolean): string {
  const ends = [from, to].map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`);
  if (!isSwung) return `M${ends[0]}L${ends[1]}`;
  const [x, y] = [(from.x + to.x) / 2, (from.y + to.y) / 2];
  const [across, along] = [to.x - from.x, to.y - from.y];
  const swing = 0.16;
  return `M${ends[0]}Q${(x + along * swing).toFixed(1)} ${(y - across * swing).toFixed(1)} ${ends[1]}`;
}

function Glyph({ kind }: { kind: MapNode['kind'] }) {
  switch (kind) {
    case 'self':
      return (
        <>
          <circle class="body" r="8" />
          <circle class="core" r="3.5" />
        </>
      );
    case 'gateway':
      return <path class="body" d="M0 -8L8 0L0 8L-8 0Z" />;
    case 'peer':
      return <circle class="body" r="6" />;
    case 'relay':
      return <path class="body" d="M0 -6L5.6 4H-5.6Z" />;
  }
}

function labelOf({ name, id }: MapNode): string {
  return shorten(name || shortId(id));
}

const WEIGHT: Record<MapNode['kind'], number> = { self: 4, gateway: 3, peer: 2, relay: 1 };

function weightOf({ id, kind, isReachable }: MapNode, chosen: string | null): number {
  return id === chosen ? 10 : WEIGHT[kind] + (isReachable ? 0.5 : 0);
}

const ARROWS: Record<string, Point> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/** The next one in a direction: what lies aside counts as farther. */
function nearest(
  placed: { node: MapNode; at: Point }[],
  from: Point,
  direction: Point,
): string | null {
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
