/** Unvouched: what came before its sender was known waits for him, within limits, and is then history. */
import { describe, expect, it } from 'vitest';
import { stamp } from '../../../protocol/trust/stamp.ts';
import type { Packet } from '../../../protocol/wire/packet.ts';
import { openPacket } from '../../../protocol/wire/packet.ts';
import { Unvouched, UNVOUCHED_MAX } from '../../../protocol/peer/unvouched.ts';
import { STATION_DEFAULTS } from '../../../protocol/peer/settings.ts';
import { line } from '../../../tools/simulate/shapes.ts';
import { simulatedCrypto } from '../../../tools/simulate/simulated-crypto.ts';
import { stationMesh } from '../../../tools/simulate/stations.ts';
import { announceOf, messageOf, person } from '../trust/people.ts';
import { crypto } from '../trust/ports.ts';
import { phoneOf, stationOf, timeIn, Village } from './village.ts';

describe('what nobody vouches for yet', () => {
  it('is given out once, to whom it is of', () => {
    const unvouched = new Unvouched();
    for (const frame of [messageOf(person(1), 1), messageOf(person(2), 2)]) keep(unvouched, frame);
    expect(unvouched.take(person(1).id).map(({ packet }) => packet.timestamp)).toEqual([1]);
    expect(unvouched.take(person(1).id)).toEqual([]);
    expect(unvouched.take(person(2).id)).toHaveLength(1);
  });

  it('is no more than it has room for', () => {
    const unvouched = new Unvouched();
    for (let at = 0; at <= UNVOUCHED_MAX; at++) keep(unvouched, messageOf(person(1), at));
    const taken = unvouched.take(person(1).id);
    expect([taken.length, taken[0].packet.timestamp]).toEqual([UNVOUCHED_MAX, 1]);
  });

  it('is history for those who come later, once its sender has shown himself', () => {
    const heard: string[] = [];
    const { mesh } = stationMesh(
      { seed: 1, nodes: 3, edges: line(3).edges, crypto: simulatedCrypto(crypto) },
      {
        stepped(node, _input, outputs) {
          for (const output of outputs) {
            const isTold = node === 3 && output.kind === 'told' && !('of' in output);
            if (isTold && output.event.kind === 'message') heard.push(output.event.text);
          }
        },
      },
    );
    mesh.cut(2, 3);
    // Nobody has announced himself yet.
    mesh.tell(1, { kind: 'say', text: 'too soon' });
    mesh.runUntil(20_000);
    mesh.cut(1, 2);
    mesh.join({ a: 2, b: 3 });
    mesh.runUntil(100_000);
    expect(heard).toEqual(['too soon']);
  });

  it('is shown by a strict node once its sender has shown himself, and not before', () => {
    const village = new Village();
    const admission = { ...STATION_DEFAULTS.admission, level: 'strict' as const };
    const station = stationOf(village, 1, { admission });
    const speaker = phoneOf(village, 30);
    village.join(station, 0, speaker, 0, 'phone');
    const texts = (): string[] => village.told(station, 'message').map(({ text }) => text);
    const timestamp = timeIn(village);
    village.write(speaker, 0, messageOf(speaker.identity, timestamp));
    village.pass(100);
    expect(texts()).toEqual([]);
    const extras = [stamp(crypto, speaker.identity.id, timestamp)];
    village.write(speaker, 0, announceOf(speaker.identity, { timestamp, extras }));
    village.pass(100);
    expect(texts()).toEqual([`message ${timestamp}`]);
    expect(village.told(station, 'message')).toMatchObject([
      { isVerified: true, isHistory: false },
    ]);
  });
});

function keep(unvouched: Unvouched, frame: Uint8Array): void {
  unvouched.keep((openPacket(frame) as { packet: Packet }).packet, frame);
}
