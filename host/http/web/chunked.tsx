/**
 * Chunked: a long list of which only what is in sight, and a little around it, is made. The rest is an
 * empty place of the same height, so that the scroll bar says how long the list is.
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Rows that are made or left out together. */
const CHUNK = 40;
/** What a row is thought to take, in pixels, until some were seen. */
const ROW_HEIGHT = 31;
/** So far around what is seen rows are made, in pixels. */
const AROUND = '600px';

type Props<Row> = { rows: Row[]; draw: (row: Row) => ComponentChildren };

/** `draw` gives a list item with a key. */
export function Chunked<Row>({ rows, draw }: Props<Row>) {
  const chunks = Array.from({ length: Math.ceil(rows.length / CHUNK) }, (_, at) =>
    rows.slice(at * CHUNK, (at + 1) * CHUNK),
  );
  return (
    <div class="chunks">
      {chunks.map((some, at) => (
        <Chunk key={at} rows={some} draw={draw} />
      ))}
    </div>
  );
}

function Chunk<Row>({ rows, draw }: Props<Row>) {
  const list = useRef<HTMLUListElement>(null);
  const [isNear, setNear] = useState(false);
  const height = useRef(0);
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => setNear(entry.isIntersecting), {
      rootMargin: AROUND,
    });
    observer.observe(list.current!);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    // Asking how high something is has all of it laid out: once is enough.
    if (isNear) height.current = list.current!.offsetHeight / rows.length;
  }, [isNear]);
  if (isNear) return <ul ref={list}>{rows.map(draw)}</ul>;
  return (
    <ul
      ref={list}
      aria-hidden="true"
      style={{ height: `${(height.current || ROW_HEIGHT) * rows.length}px` }}
    />
  );
}
