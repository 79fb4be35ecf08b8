/**
 * Monitor: log, statistics, packets and a console's lines are told apart, in whatever pieces they
 * come, and no block is sent to a console that would take it for keys.
 */
import { describe, expect, it } from 'vitest';
import { STATISTICS } from '../../protocol/core/control-codes.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import { encodeFields } from '../../protocol/core/fields.ts';
import { BlockReader, encodeBlock, PACKET_BLOCK, TEXT_BLOCK } from '../../protocol/core/framing.ts';
import { decodeHello } from '../../protocol/core/hello.ts';
import { TICK } from '../../protocol/core/machine.ts';
import { CONTROL, HELLO, MESSAGE } from '../../protocol/core/packet.ts';
import { openPacket } from '../../protocol/wire/packet.ts';
import { Monitor } from '../../tools/flash/monitor.ts';
import type { Heard } from '../../tools/flash/monitor.ts';
import { bytesOf } from '../../tools/flash/talk.ts';
import { id, packet } from '../packets.ts';
import { SEED, xorshift } from '../seed.ts';

const log = encodeBlock(TEXT_BLOCK, bytesOf('first\nsecond'), crc32);
const message = packet({ type: MESSAGE, sender: id(5), payload: bytesOf('hi') });

describe('what a node says', () => {
  const said = [
    bytesOf('Espruino 2v29\r\n>print(1)\r\n'),
    log,
    encodeBlock(PACKET_BLOCK, message, crc32),
    statistics(0, 'uptime=7\nrelayed=3\nname=x'),
    statistics(1, ''),
    Uint8Array.of(0, 1, 2, 3, 65, 66, 10, 0),
    bytesOf('=undefined\r\n'),
  ];
  const whole = Uint8Array.from(said.flatMap((piece) => [...piece]));
  const expected: Heard['kind'][] = [
    'console',
    'console',
    'log',
    'packet',
    'statistics',
    'refused',
    'console',
  ];

  it('is told apart', () => {
    const heard = said.flatMap((bytes) => hear(new Monitor(id(1)), bytes));
    expect(heard.map(({ kind }) => kind)).toEqual(expected);
    expect(heard[0]).toEqual({ kind: 'console', text: 'Espruino 2v29' });
    expect(heard[2]).toEqual({ kind: 'log', text: 'first\nsecond' });
    expect(heard[3]).toMatchObject({ size: message.length, packet: { sender: id(5), ttl: 7 } });
    expect(heard[4]).toEqual({ kind: 'statistics', values: { uptime: 7, relayed: 3 } });
  });

  it('is the same in whatever pieces it comes', () => {
    const random = xorshift(SEED);
    for (let round = 0; round < 50; round++) {
      const monitor = new Monitor(id(1));
      const kinds: string[] = [];
      for (let at = 0; at < whole.length;) {
        const size = 1 + random(9);
        kinds.push(...hear(monitor, whole.subarray(at, at + size)).map(({ kind }) => kind));
        at += size;
      }
      expect(kinds.toSorted()).toEqual(expected.toSorted());
    }
  });

  it('is cut where a line never ends', () => {
    const monitor = new Monitor(id(1));
    for (let i = 0; i < 1000; i++) hear(monitor, bytesOf('x'.repeat(1000)));
    expect(hear(monitor, bytesOf('\n'))).toEqual([{ kind: 'console', text: 'x'.repeat(512) }]);
  });
});

describe('the monitor', () => {
  it('greets a node when it hears it, and asks for statistics every five seconds', () => {
    const monitor = new Monitor(id(1));
    expect(written(monitor.step(TICK, 0))).toEqual([]);
    const [hello, ask] = written(monitor.step({ kind: 'received', bytes: log }, 100));
    expect(hello).toMatchObject({ type: HELLO, ttl: 0, sender: id(1) });
    expect(decodeHello(hello.payload)).toMatchObject({ role: 2 });
    expect(ask).toMatchObject({ type: CONTROL, ttl: 0 });
    expect([monitor.deadline(), written(monitor.step(TICK, 9000))]).toEqual([Infinity, []]);
    monitor.step({ kind: 'written' }, 200 + 9000);
    expect(written(monitor.step(TICK, 9200)).length).toBe(0);
    monitor.step({ kind: 'written' }, 9300);
    expect(monitor.deadline()).toBeLessThanOrEqual(14_300);
    expect(written(monitor.step(TICK, 14_300)).map(({ type }) => type)).toEqual([CONTROL]);
  });

  it('greets what is silent, and never a console', () => {
    const silent = new Monitor(id(1));
    silent.step(TICK, 0);
    expect(silent.deadline()).toBe(2000);
    expect(written(silent.step(TICK, 2000)).map(({ type }) => type)).toEqual([HELLO, CONTROL]);
    const console = new Monitor(id(1));
    hear(console, bytesOf('>print(1)\r\n'));
    expect([console.deadline(), written(console.step(TICK, 60_000))]).toEqual([Infinity, []]);
  });
});

function hear(monitor: Monitor, bytes: Uint8Array): Heard[] {
  return monitor
    .step({ kind: 'received', bytes }, 0)
    .flatMap((output) => (output.kind === 'remark' ? [output.remark] : []));
}

function written(outputs: ReturnType<Monitor['step']>) {
  const reader = new BlockReader(4096, crc32, (size) => new Uint8Array(size));
  return outputs
    .flatMap((output) => (output.kind === 'write' ? reader.feed(output.bytes) : []))
    .map(({ body }) => {
      const opened = openPacket(body);
      if (!opened.ok) expect.fail(opened.reason);
      return opened.packet;
    });
}

function statistics(status: number, text: string): Uint8Array {
  const fields = [
    null,
    Uint8Array.of(0, 1),
    Uint8Array.of(STATISTICS),
    Uint8Array.of(status),
    bytesOf(text),
  ];
  const payload = encodeFields(fields, 2);
  return encodeBlock(PACKET_BLOCK, packet({ type: CONTROL, ttl: 0, payload }), crc32);
}
