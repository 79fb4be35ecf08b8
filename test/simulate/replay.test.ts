/**
 * What was captured in one mesh, said again in another.
 */
import { expect, it } from 'vitest';
import { MESSAGE } from '../../protocol/core/packet.ts';
import { MESH_EPOCH_MS } from '../../tools/simulate/mesh.ts';
import { replay } from '../../tools/simulate/replay.ts';
import { replayPage } from '../../tools/simulate/report/replay-page.ts';
import type { ReplayedFrame } from '../../tools/simulate/replay.ts';
import { line } from '../../tools/simulate/shapes.ts';
import { stationMesh } from '../../tools/simulate/stations.ts';
import { crypto } from '../protocol/trust/ports.ts';

it('comes to all, by the real signatures and the time of the capture', () => {
  const frames = captured();
  const { types, drops, passedOver } = replay({ seed: 2, shape: line(10), crypto, frames });
  const message = types.find(({ type }) => type === 'message')!;
  // Six hops by its TTL, and from there on as history.
  expect(message).toMatchObject({ packets: 1, reachedPercent: 100 });
  expect(types.find(({ type }) => type === 'announce')!.packets).toBeGreaterThan(0);
  expect(passedOver).toBeGreaterThan(0);
  expect(drops['bad-signature']).toBeUndefined();
  expect(drops['forged']).toBeUndefined();
});

it('is dropped where it was changed, and counted', () => {
  const frames = captured().map(({ unixMs, frame }) => ({ unixMs, frame: changed(frame) }));
  const { drops, types } = replay({ seed: 2, shape: line(4), crypto, frames });
  // What was captured had been passed on already.
  expect(drops['forged']).toBeGreaterThan(0);
  expect(types.find(({ type }) => type === 'message')).toMatchObject({ reachedPercent: 25 });
});

it('is followed over time, and shown on a page of its own', () => {
  const frames = captured();
  const outcome = replay({ seed: 2, shape: line(4), crypto, frames });
  const { series, types, writes, drops } = outcome;
  const last = series.at(-1)!;
  const packets = types.reduce((all, type) => all + type.packets, 0);
  const dropped = Object.values(drops).reduce((all, count) => all + count, 0);
  expect(series[0]).toMatchObject({ at: 0, said: 0, reached: 0, dropped: 0 });
  expect(last).toMatchObject({ said: frames.length - outcome.passedOver, writes, dropped });
  expect(last.reached).toBe(packets * 4);
  for (const [at, sample] of series.slice(1).entries()) {
    expect(sample.reached).toBeGreaterThanOrEqual(series[at].reached);
  }
  const page = replayPage({
    ...{ about: 'a & b', notes: ['3 < 4'], command: 'hopline', nodes: 4, outcome },
  });
  for (const title of ['Packets', 'Reach', 'Writes']) expect(page).toContain(`>${title} `.trim());
  for (const [reason, count] of Object.entries(drops)) {
    expect(page).toContain(`<tr><th>${reason}</th><td>${count}</td></tr>`);
  }
  expect(page).toContain('<p>a &amp; b</p>');
  expect(page).toContain('<p>3 &lt; 4.</p>');
  expect(page).not.toMatch(/(src|href)=|https?:/);
});

/** What node 2 of three writes to node 3, when node 1 says a word; hellos and beats among it. */
function captured(): ReplayedFrame[] {
  const frames: ReplayedFrame[] = [];
  const { mesh } = stationMesh(
    { seed: 1, nodes: 3, edges: line(3).edges, crypto },
    {
      arrived(from, to, bytes, _type, at) {
        // Whole in one segment (WIRE §23).
        const isWhole = (bytes[0] & 0xc0) === 0xc0;
        if (from !== 2 || to !== 3 || !isWhole) return;
        frames.push({ unixMs: MESH_EPOCH_MS + at, frame: bytes.slice(1) });
      },
    },
  );
  mesh.runUntil(10_000);
  mesh.tell(1, { kind: 'say', text: 'is this being recorded?' });
  mesh.runUntil(20_000);
  expect(frames.some(({ frame }) => frame[1] === MESSAGE)).toBe(true);
  return frames;
}

/** One bit of the text is another. */
function changed(frame: Uint8Array): Uint8Array {
  const copy = frame.slice();
  if (copy[1] === MESSAGE) copy[24] ^= 1;
  return copy;
}
