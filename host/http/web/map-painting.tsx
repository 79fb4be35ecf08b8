/**
 * Map painting: the same map for many nodes, on a canvas. It is one stop for the tab key; the arrow keys
 * hold one node after the other, which is said aloud, and Enter opens it.
 */
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import type { MapNode } from '../views.ts';
import type { Size } from './hooks.ts';
import { fitLabels, LABEL_DROP } from './labels.ts';
import type { Point } from './layout.ts';
import { ARROWS, labelOf, linkCurve, nearest, shoresOf, shrinkOf, weightOf } from './map-lens.ts';
import type { Picture, Placed } from './map-lens.ts';
import { hashOf } from './route.ts';
import { kindOf, plural, shortId } from './words.ts';

/** So near to a node, in pixels, a pointer means it. */
const NEAR = 14;

type Props = {
  picture: Picture;
  canvas: RefObject<HTMLCanvasElement | null>;
  size: Size;
  isZoomed: boolean;
  /** How a pointer moves it. */
  drag: DragEvents;
};
type DragEvents = {
  onPointerDown(event: PointerEvent): void;
  onPointerMove(event: PointerEvent): void;
};

export function MapPainting({ picture, canvas, size, isZoomed, drag }: Props) {
  const { placed, chosen, map } = picture;
  const [held, setHeld] = useState<string | null>(null);
  const [isFocused, setFocused] = useState(false);
  const [over, setOver] = useState<string | null>(null);
  const [pressed, setPressed] = useState<Point | null>(null);
  const colours = useColours(canvas);
  useLayoutEffect(() => {
    const element = canvas.current!;
    const ratio = devicePixelRatio;
    element.width = Math.round(size.width * ratio);
    element.height = Math.round(size.height * ratio);
    const brush = element.getContext('2d')!;
    brush.scale(ratio, ratio);
    paint(brush, picture, colours(), { held: isFocused ? held : null, over });
  });
  const heldNode = placed.find(({ node }) => node.id === (held ?? chosen ?? map.self));

  const walk = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && heldNode !== undefined) open(heldNode.node.id);
    const direction = ARROWS[event.key];
    if (direction === undefined || heldNode === undefined) return;
    event.preventDefault();
    setHeld(nearest(placed, heldNode.at, direction) ?? heldNode.node.id);
  };
  const click = (event: MouseEvent): void => {
    // What was moved was not clicked.
    const isMoved = pressed !== null && distance(pressed, pointOf(event)) > NEAR / 2;
    const id = isMoved ? null : idAt(placed, pointOf(event));
    if (id !== null) open(id);
  };
  return (
    <>
      <canvas
        ref={canvas}
        class={`chart${isZoomed ? ' zoomed' : ''}${over === null ? '' : ' over'}`}
        role="application"
        tabIndex={0}
        aria-label={`Map of ${plural(placed.length, 'node')}; the arrow keys lead from one to the next, Enter opens it`}
        onKeyDown={walk}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
        onClick={click}
        {...drag}
        onPointerDown={(event) => {
          setPressed(pointOf(event));
          drag.onPointerDown(event);
        }}
        onPointerMove={(event) => {
          drag.onPointerMove(event);
          if (event.buttons === 0) setOver(idAt(placed, pointOf(event)));
        }}
      />
      <p class="unseen" role="status">
        {held !== null && heldNode !== undefined && wordsOf(heldNode.node)}
      </p>
    </>
  );
}

function wordsOf(node: MapNode): string {
  const away = node.isReachable ? '' : ', out of reach';
  return `${node.name || shortId(node.id)}, ${kindOf(node.kind)}${away}`;
}

function open(id: string): void {
  location.hash = hashOf('map', id);
}

function pointOf({ offsetX: x, offsetY: y }: MouseEvent): Point {
  return { x, y };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** The node that a pointer means; null for none. */
function idAt(placed: Placed[], point: Point): string | null {
  let [best, least] = [null as string | null, NEAR];
  for (const { node, at } of placed) {
    const far = distance(at, point);
    if (far < least) [best, least] = [node.id, far];
  }
  return best;
}

type Colour = 'ink' | 'dim' | 'panel' | 'accent' | 'bad' | 'land' | 'shore';
type Colours = Record<Colour, string>;
const COLOURS: Colour[] = ['ink', 'dim', 'panel', 'accent', 'bad', 'land', 'shore'];

/** Those of the style; it is painted again when night falls. */
function useColours(canvas: RefObject<HTMLCanvasElement | null>): () => Colours {
  const [, turn] = useState(false);
  useEffect(() => {
    const night = matchMedia('(prefers-color-scheme: dark)');
    const turned = (): void => turn(night.matches);
    night.addEventListener('change', turned);
    return () => night.removeEventListener('change', turned);
  }, []);
  return () => {
    const style = getComputedStyle(canvas.current!);
    const named = COLOURS.map((name) => [name, style.getPropertyValue(`--${name}`)]);
    return Object.fromEntries(named) as Colours;
  };
}

type Brush = CanvasRenderingContext2D;
type Marks = { held: string | null; over: string | null };

function paint(brush: Brush, picture: Picture, colours: Colours, marks: Marks): void {
  brush.font = `11px ${getComputedStyle(brush.canvas).fontFamily}`;
  brush.textAlign = 'center';
  paintShores(brush, picture, colours);
  paintLinks(brush, picture, colours);
  const { placed, chosen, view } = picture;
  const shrink = shrinkOf(view);
  for (const each of placed) paintNode(brush, each, shrink, colours);
  for (const { node, at } of placed) {
    if (node.id !== chosen && node.id !== marks.held && node.id !== marks.over) continue;
    brush.strokeStyle = colours.accent;
    brush.lineWidth = node.id === marks.held ? 3 : 1.5;
    circle(brush, at, 15);
    brush.stroke();
  }
  paintLabels(brush, picture, colours, marks);
}

function paintShores(brush: Brush, picture: Picture, { land, shore, dim }: Colours): void {
  brush.lineJoin = brush.lineCap = 'round';
  const shores = shoresOf(picture);
  for (const [colour, more] of [
    [shore, 2],
    [land, 0],
  ] as const) {
    brush.strokeStyle = brush.fillStyle = colour;
    for (const { hull, width } of shores) {
      brush.lineWidth = width + more;
      brush.beginPath();
      hull.forEach(({ x, y }, at) => (at === 0 ? brush.moveTo(x, y) : brush.lineTo(x, y)));
      brush.closePath();
      brush.stroke();
      brush.fill();
    }
  }
  brush.fillStyle = dim;
  for (const { title, top } of shores) brush.fillText(title, top.x, top.y - 7);
}

/** One stroke for all that look alike: a thousand strokes are slow. */
function paintLinks(brush: Brush, picture: Picture, { dim, accent, bad }: Colours): void {
  const { map, chart, view, chosen } = picture;
  const looks = [
    { is: 'radio', colour: dim, width: 0.8, dashes: [] },
    { is: 'wire', colour: dim, width: 1.6, dashes: [] },
    { is: 'line', colour: accent, width: 2, dashes: [7, 4] },
    { is: 'down', colour: bad, width: 1.2, dashes: [2, 3] },
    { is: 'near', colour: accent, width: 1.8, dashes: [] },
  ];
  const lookOf = ({ a, b, kind, isUp }: (typeof map.links)[number]): string =>
    !isUp ? 'down' : kind !== 'line' && (a === chosen || b === chosen) ? 'near' : kind;
  for (const { is, colour, width, dashes } of looks) {
    brush.strokeStyle = colour;
    brush.lineWidth = width;
    brush.setLineDash(dashes);
    brush.beginPath();
    for (const link of map.links) {
      if (lookOf(link) !== is) continue;
      const [from, to] = [chart.places.get(link.a), chart.places.get(link.b)];
      if (from === undefined || to === undefined) continue;
      const [start, end] = [view.put(from), view.put(to)];
      brush.moveTo(start.x, start.y);
      if (link.kind !== 'line') brush.lineTo(end.x, end.y);
      else {
        const { x, y } = linkCurve(start, end);
        brush.quadraticCurveTo(x, y, end.x, end.y);
      }
    }
    brush.stroke();
  }
  brush.setLineDash([]);
}

function paintNode(brush: Brush, { node, at }: Placed, shrink: number, colours: Colours): void {
  const { kind, isReachable } = node;
  const { ink, dim, panel, accent } = colours;
  brush.lineWidth = 1.6;
  brush.strokeStyle = isReachable ? (kind === 'self' || kind === 'gateway' ? accent : ink) : dim;
  brush.fillStyle = isReachable && kind !== 'relay' && kind !== 'self' ? brush.strokeStyle : panel;
  const { x, y } = at;
  if (kind === 'relay')
    polygon(brush, [[x, y - 6 * shrink], [x + 5.6 * shrink, y + 4 * shrink], [x - 5.6 * shrink, y + 4 * shrink]]); // prettier-ignore
  else if (kind === 'gateway')
    polygon(brush, [[x, y - 8 * shrink], [x + 8 * shrink, y], [x, y + 8 * shrink], [x - 8 * shrink, y]]); // prettier-ignore
  else circle(brush, at, (kind === 'self' ? 8 : 6) * shrink);
  brush.fill();
  brush.stroke();
}

function paintLabels(brush: Brush, picture: Picture, colours: Colours, marks: Marks): void {
  const { placed, chosen } = picture;
  const isMarked = ({ id }: MapNode): boolean =>
    id === chosen || id === marks.held || id === marks.over;
  const labels = placed.map(({ node, at }) => {
    const weight = isMarked(node) ? 10 : weightOf(node, chosen);
    return { id: node.id, ...at, text: labelOf(node), weight };
  });
  const shown = fitLabels(labels);
  for (const { node, at } of placed) {
    if (!shown.has(node.id) && !isMarked(node)) continue;
    brush.fillStyle = node.isReachable ? colours.ink : colours.dim;
    brush.fillText(labelOf(node), at.x, at.y + LABEL_DROP + 4);
  }
}

function circle(brush: Brush, { x, y }: Point, radius: number): void {
  brush.beginPath();
  brush.arc(x, y, radius, 0, 2 * Math.PI);
}

function polygon(brush: Brush, corners: [x: number, y: number][]): void {
  brush.beginPath();
  corners.forEach(([x, y], at) => (at === 0 ? brush.moveTo(x, y) : brush.lineTo(x, y)));
  brush.closePath();
}
