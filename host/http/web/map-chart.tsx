/**
 * Map chart: the map as a picture that can be moved, drawn closer, and walked with the arrow keys. Few
 * nodes are drawn, each a link; many are painted, because a browser is slow at a thousand links.
 */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { MapView } from '../views.ts';
import { useSize } from './hooks.ts';
import { MapDrawing } from './map-drawing.tsx';
import { FIT, pictureOf, useChart, useDrag, viewOf, zoomed, ZOOM_STEP } from './map-lens.ts';
import { MapPainting } from './map-painting.tsx';

/** From this many nodes on they are painted. */
const PAINTED_FROM = 200;

type Props = { map: MapView; chosen: string | null; children: ComponentChildren };

/** `children`: what stands below it. */
export function MapChart({ map, chosen, children }: Props) {
  const count = map.islands.reduce((sum, { nodes }) => sum + nodes.length, 0);
  const isPainted = count >= PAINTED_FROM;
  const [svg, svgSize] = useSize<SVGSVGElement>(isPainted);
  const [canvas, canvasSize] = useSize<HTMLCanvasElement>(isPainted);
  const size = isPainted ? canvasSize : svgSize;
  const [lens, setLens] = useState(FIT);
  const chart = useChart(map, size.height > size.width);
  const drag = useDrag(lens, setLens);
  const picture = pictureOf(map, chart, viewOf(chart, size, lens), chosen);
  const isZoomed = lens.zoom > 1;
  return (
    <>
      {isPainted ? (
        <MapPainting {...{ picture, canvas, size, isZoomed, drag }} />
      ) : (
        <MapDrawing {...{ picture, svg, isZoomed, drag }} />
      )}
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
