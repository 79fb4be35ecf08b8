/**
 * Curve: points as the path of an SVG, with gaps where nothing was measured. Shared by the page and the
 * reports that tools write.
 */

/** In whatever unit; null where nothing was measured. */
export type CurvePoint = readonly [x: number, y: number | null];

/** The path, and the points without neighbours, of which a path shows nothing. */
export type CurvePath = { path: string; alone: [x: number, y: number][] };

export function curveOf(
  points: readonly CurvePoint[],
  toX: (x: number) => number,
  toY: (y: number) => number,
): CurvePath {
  let path = '';
  let isDrawing = false;
  const alone: [number, number][] = [];
  points.forEach(([x, y], at) => {
    if (y === null) return void (isDrawing = false);
    const [left, top] = [rounded(toX(x)), rounded(toY(y))];
    if (!isDrawing && (points[at + 1]?.[1] ?? null) === null) alone.push([left, top]);
    path += `${isDrawing ? 'L' : 'M'}${left} ${top}`;
    isDrawing = true;
  });
  return { path, alone };
}

function rounded(place: number): number {
  return Math.round(place * 10) / 10;
}
