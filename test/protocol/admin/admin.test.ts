/**
 * Admin: the conversation alone, over a way that is no wire at all and that brings answers late.
 */
import { expect, it } from 'vitest';
import { IDENTIFY, OK } from '../../../protocol/core/control-codes.ts';
import { Control } from '../../../protocol/core/control.ts';
import { crc32 } from '../../../protocol/core/crc32.ts';
import { CONTROL, encodePacket, plainPacket } from '../../../protocol/core/packet.ts';
import { ADMIN_KEY } from '../../../protocol/core/settings-table.ts';
import type { Settings } from '../../../protocol/core/settings.ts';
import { openPacket } from '../../../protocol/wire/packet.ts';
import { Admin } from '../../../protocol/admin/admin.ts';
import type { Way } from '../../../protocol/admin/way.ts';
import { id } from '../../packets.ts';
import { hmac } from '../../provision/node-board.ts';

it('takes a late answer to an earlier try for what it is', () => {
  const key = Uint8Array.from({ length: 32 }, (_, i) => i * 5);
  const { way, identified } = lateNode(key);
  const admin = new Admin(way, id(1), hmac);
  admin.key = key;
  const asking = admin.ask(IDENTIFY);
  let step = asking.next();
  for (let steps = 0; !step.done && steps < 100; steps++) step = asking.next();
  expect(step.value).toMatchObject({ operation: IDENTIFY, status: OK });
  expect(identified()).toBe(1);
  expect(admin.nodeId).toEqual(id(9));
});

/** A node whose first answer is late: it comes just before that to the second try. */
function lateNode(key: Uint8Array): { way: Way; identified: () => number } {
  const settings: Settings = [];
  settings[ADMIN_KEY] = key;
  let drawn = 0;
  let identified = 0;
  const control = new Control(
    settings,
    { index: 0, generation: 1, fields: new Uint8Array() },
    {
      crc: crc32,
      draw: () => new Uint8Array(16).fill(++drawn),
      hmac,
      statistics: () => new Uint8Array(),
    },
  );
  const answers: Uint8Array[] = [];
  let isLate = true;
  const way: Way = {
    send(packet) {
      const opened = openPacket(packet);
      if (!opened.ok) return;
      const { payload } = opened.packet;
      for (const output of control.step({ kind: 'request', link: 0, wired: false, payload })) {
        if (output.kind === 'identify') identified += 1;
        if (output.kind !== 'reply') continue;
        answers.push(encodePacket(plainPacket(CONTROL, 0, 0, id(9), output.payload)));
      }
    },
    *expect(find) {
      yield;
      if (isLate) {
        isLate = false;
        return null;
      }
      for (const answer of answers.splice(0)) {
        const found = find(answer);
        if (found !== null) return found;
      }
      return null;
    },
  };
  return { way, identified: () => identified };
}
