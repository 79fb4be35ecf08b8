/**
 * Map drawing: the map as a picture of lines and shapes, in which every node is a link that can be
 * walked to with the arrow keys.
 */
import { useState } from 'preact/hooks';
import type { RefObject } from 'preact';
import { fitLabels, LABEL_DROP } from './labels.ts';
import type { Point } from './layout.ts';
import type { Picture } from './map-lens.ts';
import {
  ARROWS,
  hullPath,
  labelOf,
  linkCurve,
  nearest,
  shoresOf,
  shrinkOf,
  weightOf,
} from './map-lens.ts';
import { hashOf } from './route.ts';
import { kindOf, shortId } from './words.ts';
import type { MapNode } from '../views.ts';

type Props = {
  picture: Picture;
  svg: RefObject<SVGSVGElement | null>;
  isZoomed: boolean;
  /** How a pointer moves it. */
  drag: object;
};

export function MapDrawing({ picture, svg, isZoomed, drag }: Props) {
  const { map, view, placed, chosen } = picture;
  const [held, setHeld] = useState<string | null>(null);
  const shrink = shrinkOf(view).toFixed(2);
  // One stop for the tab key; from there on the arrows lead.
  const stop = placed.some(({ node }) => node.id === held) ? held : (chosen ?? map.self);
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
    <svg
      ref={svg}
      class={`chart${isZoomed ? ' zoomed' : ''}`}
      role="group"
      aria-label="Nodes; the arrow keys lead from one to the next"
      {...drag}
    >
      {shoresOf(picture).map(({ id, hull, width, title, top }) => (
        <Island key={id} path={hullPath(hull)} width={width} title={title} top={top} />
      ))}
      <Links picture={picture} />
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
  );
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

function Links({ picture: { map, view, chart, chosen } }: { picture: Picture }) {
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

function linkPath(from: Point, to: Point, isSwung: boolean): string {
  const ends = [from, to].map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`);
  if (!isSwung) return `M${ends[0]}L${ends[1]}`;
  const { x, y } = linkCurve(from, to);
  return `M${ends[0]}Q${x.toFixed(1)} ${y.toFixed(1)} ${ends[1]}`;
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
