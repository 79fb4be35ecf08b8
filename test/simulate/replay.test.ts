/**
 * What was captured in one mesh, said again in another.
 */
import { expect, it } from 'vitest';
import { MESSAGE } from '../../protocol/core/packet.ts';
import { MESH_EPOCH_MS } from '../../tools/simulate/mesh.ts';
import { replay } from '../../tools/simulate/replay.ts';
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
