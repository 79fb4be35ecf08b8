/**
 * Node: the parts of a small node work together: what it passes on, what it answers, whom it shuts
 * out. Its links are wires (link 1 and 2), except where a test opens air (link 0).
 */
import { describe, expect, it } from 'vitest';
import {
  ARGUMENT,
  COMMIT,
  LOG_LEVEL,
  OK,
  OPERATION,
  REQUEST_ID,
  STAGE,
  STATISTICS,
  STATUS,
} from '../../../protocol/core/control-codes.ts';
import { crc32 } from '../../../protocol/core/crc32.ts';
import type { Fields } from '../../../protocol/core/fields.ts';
import { bigEndian, encodeFields, readFields } from '../../../protocol/core/fields.ts';
import { BlockReader, encodeBlock, PACKET_BLOCK } from '../../../protocol/core/framing.ts';
import { decodeHello, encodeHello, TETHERED } from '../../../protocol/core/hello.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import type { NodeInput, NodeOutput } from '../../../protocol/core/node.ts';
import { COUNTER_PLACE, Node } from '../../../protocol/core/node.ts';
import {
  ANNOUNCE,
  CONTROL,
  encodePacket,
  HELLO,
  NOTE,
  plainPacket,
  TRACE,
} from '../../../protocol/core/packet.ts';
import type { Settings } from '../../../protocol/core/settings.ts';
import {
  ADVERTISE_DUTY,
  ALLOWED,
  DENIED,
  NAME,
  NODE_ID,
  NOTE_KEY,
  POWER_SOURCE,
  ROLE,
  SCAN_DUTY,
  SEEN_MAX,
  TTL_MAX,
} from '../../../protocol/core/settings-table.ts';
import { pureCrypto } from '../../../protocol/trust/pure-crypto.ts';
import { makeSeenHash } from '../../../protocol/trust/seen-hash.ts';
import { id, packet, withTtl } from '../../packets.ts';

describe('a node', () => {
  it('passes a packet from one wire to the other, and counts what it drops', () => {
    const node = small([]);
    expect(node.heard(1, packet())).toEqual([[2, withTtl(packet(), 6)]]);
    expect(node.heard(2, packet())).toEqual([]);
    expect(node.statistics()).toMatchObject({ 'drop.duplicate': 1, delivered: 1 });
  });

  it('replays fresh announces to a new link, and only once', () => {
    const node = small([]);
    const announce = packet({ type: ANNOUNCE, sender: id(7) });
    node.heard(1, announce);
    node.feed({ kind: 'opened', link: 3, payloadMax: 0 });
    expect(node.heard(3, hello())).toContainEqual([3, withTtl(announce, 6)]);
    expect(node.heard(3, hello()).filter(([, bytes]) => bytes[1] === ANNOUNCE)).toEqual([]);
  });

  it('shuts out whom its lists shut out', () => {
    const denied: Settings = [];
    denied[DENIED] = Uint8Array.of(...id(8), ...id(1));
    expect(small(denied).heard(1, packet())).toEqual([]);
    const allowed: Settings = [];
    allowed[ALLOWED] = id(2);
    const node = small(allowed);
    expect(node.heard(1, packet())).toEqual([]);
    expect(node.heard(1, packet({ sender: id(2) }))).toHaveLength(1);
    expect(node.statistics()).toMatchObject({ 'drop.denied': 1 });
  });

  it('obeys its admin: stores before it answers, and what it was told is in force', () => {
    const node = small([]);
    const wanted: Settings = [];
    wanted[TTL_MAX] = Uint8Array.of(3);
    expect(node.ask(STAGE, encodeFields(wanted, 2))[STATUS]).toEqual(Uint8Array.of(OK));
    node.outputs = [];
    expect(node.ask(COMMIT, null)[STATUS]).toEqual(Uint8Array.of(OK));
    expect(node.outputs.map(({ kind }) => kind)).toEqual(['store', 'settings', 'write']);
    expect(node.heard(1, packet())).toEqual([[2, withTtl(packet(), 2)]]);
  });

  for (const [setting, value] of [
    [ROLE, Uint8Array.of(0)],
    [ADVERTISE_DUTY, Uint8Array.of(50)],
    [SCAN_DUTY, Uint8Array.of(50)],
    [POWER_SOURCE, Uint8Array.of(1)],
    [SEEN_MAX, Uint8Array.of(0, 99)],
    [NODE_ID, id(77)],
  ] as const) {
    it(`starts anew for setting ${setting}, which it takes at a start only`, () => {
      const node = small([]);
      const wanted: Settings = [];
      wanted[setting] = value;
      node.ask(STAGE, encodeFields(wanted, 2));
      node.outputs = [];
      node.ask(COMMIT, null);
      expect(node.outputs.at(-2)).toEqual({ kind: 'reboot' });
    });
  }

  it('says its new name on every open link, at once and without a restart', () => {
    const node = small([]);
    const wanted: Settings = [];
    wanted[NAME] = Uint8Array.of(104, 105);
    node.ask(STAGE, encodeFields(wanted, 2));
    node.outputs = [];
    node.ask(COMMIT, null);
    const hellos = node.said.filter(([, bytes]) => bytes[1] === HELLO);
    expect(hellos.map(([link]) => link)).toEqual([1, 2]);
    for (const [, bytes] of hellos) {
      expect(decodeHello(bytes.subarray(22))).toMatchObject({ name: Uint8Array.of(104, 105) });
    }
    expect(node.outputs.map(({ kind }) => kind)).not.toContain('reboot');
  });

  it.each([
    [100, 0, 1000],
    [100, 1, 2000],
    [50, 0, 2000],
    [1, 0, 10_000],
    [0, 0, 10_000],
    [0, 1, 10_000],
  ])(
    'with an advertising duty of %i and power source %i advertises every %i ms',
    (duty, power, ms) => {
      const settings: Settings = [];
      settings[ADVERTISE_DUTY] = Uint8Array.of(duty);
      settings[POWER_SOURCE] = Uint8Array.of(power);
      expect(small(settings).node.advertiseMs).toBe(ms);
    },
  );

  it('tells how loud a neighbour is by its advertisements', () => {
    const node = small([], 0, 2);
    node.feed({ kind: 'opened', link: 0, payloadMax: 480 });
    expect(node.statistics()).toMatchObject({ 'link0.rssi': 0 });
    node.feed({ kind: 'received', link: 0, bytes: Uint8Array.of(0xc0, ...hello()) });
    const advertised = Uint8Array.of(0x48, 0x4c, 1, ...id(2), ...id(2), 1);
    node.feed({ kind: 'sighted', address: 'a2', rssi: -71, bytes: advertised });
    expect(node.statistics()).toMatchObject({ 'link0.rssi': -71 });
  });

  it('says what it logs on its wires, at the level asked for', () => {
    const node = small([]);
    node.feed({ kind: 'say', text: Uint8Array.of(104) });
    expect(node.texts).toEqual([]);
    node.ask(LOG_LEVEL, Uint8Array.of(1));
    node.feed({ kind: 'say', text: Uint8Array.of(104) });
    expect(node.texts).toEqual(['note-no-key', 'note-no-key']);
  });

  it('keeps its statistics within a frame', () => {
    const node = small([]);
    for (const reason of Array(60).keys()) node.node['count'](`some-reason-${reason}`);
    const fields = node.ask(STATISTICS, null);
    expect(fields[ARGUMENT]!.length).toBeLessThanOrEqual(400);
    expect(node.node.reasons).toHaveLength(49);
    expect([node.node.reasons[48], node.node.drops[48]]).toEqual(['other', 12]);
  });

  it('stores the counter of a note before it says it, to everyone', () => {
    const settings: Settings = [];
    settings[NOTE_KEY] = new Uint8Array(32);
    const node = small(settings);
    node.outputs = [];
    node.feed({ kind: 'say', text: Uint8Array.of(104) });
    expect(node.outputs[0]).toEqual({
      kind: 'store',
      slot: COUNTER_PLACE,
      bytes: Uint8Array.of(49, 54),
    });
    expect(node.outputs.slice(1).map(({ kind }) => kind)).toEqual(['write', 'write']);
  });

  it('answers a trace and passes it on', () => {
    const node = small([]);
    const request = Uint8Array.of(...id(3), ...id(99), 0);
    const out = node.heard(1, encodePacket(plainPacket(TRACE, 0, 0, id(2), request)));
    expect(out.map(([link, bytes]) => [link, bytes[1]])).toEqual([
      [1, TRACE],
      [2, TRACE],
    ]);
  });

  it('takes whatever a link brings without throwing', () => {
    const node = small([]);
    for (let type = 0; type < 256; type++) {
      for (const ttl of [0, 1, 7]) {
        for (const size of [0, 1, 12, 17, 29]) {
          const payload = new Uint8Array(size).fill(type);
          node.heard(1, packet({ type, ttl, payload, timestamp: type, recipient: id(5) }));
        }
      }
    }
    expect(node.heard(1, Uint8Array.of(1, 2, 3))).toEqual([]);
  });
});

describe('a tethered node', () => {
  it('tells its host every packet as it came, copies too, and relays no packet to it twice', () => {
    const node = tethered();
    node.feed({ kind: 'opened', link: 0, payloadMax: 480 });
    const copies = [1, 2].map(() => node.overAir(packet()));
    expect(copies).toEqual([[[1, packet()]], [[1, packet()]]]);
  });

  it('tells it as it came even what had to wait, while the relay changed its own', () => {
    const node = tethered();
    node.feed({ kind: 'opened', link: 0, payloadMax: 480 });
    for (let at = 0; at < 80; at++) node.overAir(packet({ timestamp: at }));
    node.outputs = [];
    for (let at = 0; at < 10; at++) node.feed({ kind: 'sent', link: 1 });
    const late = node.written();
    expect(late).toHaveLength(10);
    for (const [, bytes] of late) expect(bytes[2]).toBe(7);
  });

  it('lets its host speak by the radio, and keeps what is not for the air', () => {
    const node = tethered();
    node.feed({ kind: 'opened', link: 0, payloadMax: 480 });
    node.outputs = [];
    node.heard(1, packet());
    const [write] = node.outputs;
    expect(write).toMatchObject({ kind: 'write', link: 0 });
    expect((write as { bytes: Uint8Array }).bytes.subarray(1)).toEqual(packet());
    node.outputs = [];
    expect(
      node.heard(1, encodePacket(plainPacket(TRACE, 0, 0, id(2), new Uint8Array(17)))),
    ).toEqual([]);
    expect(node.heard(1, Uint8Array.of(9, 9, 9))).toEqual([]);
    expect(node.statistics()).toMatchObject({ 'drop.link-scope': 1, 'drop.too-short': 1 });
  });

  it('answers its host, and tells it its own notes', () => {
    const node = tethered();
    expect(node.ask(STATISTICS, null)[STATUS]).toEqual(Uint8Array.of(OK));
    node.outputs = [];
    node.feed({ kind: 'say', text: Uint8Array.of(104) });
    expect(node.written().map(([link, bytes]) => [link, bytes[1]])).toEqual([[1, NOTE]]);
  });
});

function tethered() {
  const settings: Settings = [];
  settings[ROLE] = Uint8Array.of(TETHERED);
  settings[NOTE_KEY] = new Uint8Array(32);
  return small(settings, 1);
}

/** A node with wires 1 to 3, of which `open` are open and have said hello. */
function small(settings: Settings, open = 2, outMax = 0) {
  let state = 1;
  const ports = {
    random: (below: number) => (state = (state * 16807) % 2147483647) % below,
    hash: makeSeenHash(1, 2),
    crc: crc32,
    hmac: pureCrypto.hmacSha256,
    draw: () => new Uint8Array(16),
  };
  const config = {
    id: id(5),
    board: 'test',
    outMax,
    wires: 3,
    frameMax: 600,
    seenMax: 64,
    waitingMax: 8,
    senderSets: 8,
    window: 64,
    packetsMax: 32,
    bytesMax: 10_000,
    announcesMax: 4,
    counter: 0,
  };
  const slot = { index: 1, generation: 0, fields: new Uint8Array(0) };
  const node = new Node(config, settings, slot, ports, 0);
  const reader = [0, 1, 2, 3].map(
    () => new BlockReader(700, crc32, (size) => new Uint8Array(size)),
  );
  const bench = {
    node,
    outputs: [] as NodeOutput[],
    texts: [] as string[],
    /** What the last packet it heard made it write to wires. */
    said: [] as [number, Uint8Array][],
    feed(input: NodeInput) {
      for (const output of [...node.step(input, 100), ...node.step(TICK, 100)]) {
        bench.outputs.push(output);
      }
      bench.texts.push(...bench.blocks(2).map((body) => new TextDecoder().decode(body)));
    },
    /** Bodies of a kind among the writes to wires that nobody has looked at. */
    blocks(kind: number): Uint8Array[] {
      return bench.outputs.flatMap((output) =>
        output.kind === 'write' && output.link > 0
          ? new BlockReader(700, crc32, (size) => new Uint8Array(size))
              .feed(output.bytes)
              .filter((block) => block.kind === kind)
              .map(({ body }) => body)
          : [],
      );
    },
    written(): [number, Uint8Array][] {
      return bench.outputs.flatMap((output): [number, Uint8Array][] => {
        if (output.kind !== 'write' || output.link === 0) return [];
        const blocks = reader[output.link].feed(output.bytes);
        return blocks
          .filter(({ kind }) => kind === PACKET_BLOCK)
          .map(({ body }) => [output.link, new Uint8Array(body)]);
      });
    },
    /** What a packet on a wire makes the node write to wires. */
    heard(link: number, bytes: Uint8Array): [number, Uint8Array][] {
      bench.outputs = [];
      bench.texts = [];
      bench.feed({ kind: 'received', link, bytes: encodeBlock(PACKET_BLOCK, bytes, crc32) });
      return (bench.said = bench.written());
    },
    overAir(bytes: Uint8Array): [number, Uint8Array][] {
      bench.outputs = [];
      bench.feed({ kind: 'received', link: 0, bytes: Uint8Array.of(0xc0, ...bytes) });
      return bench.written();
    },
    ask(operation: number, argument: Uint8Array | null): Fields {
      const fields: Fields = [];
      fields[REQUEST_ID] = bigEndian(7, 2);
      fields[OPERATION] = bigEndian(operation, 1);
      fields[ARGUMENT] = argument;
      const frame = encodePacket(plainPacket(CONTROL, 0, 0, id(9), encodeFields(fields, 2)));
      const answers = bench.heard(1, frame).filter(([, bytes]) => bytes[1] === CONTROL);
      expect(answers).toHaveLength(1);
      return readFields(answers[0][1].subarray(22), 2, [])!;
    },
    statistics(): Record<string, number> {
      const text = new TextDecoder().decode(node.statistics());
      return Object.fromEntries(
        text.split('\n').map((line) => {
          const [name, value] = line.split('=');
          return [name, Number(value)];
        }),
      );
    },
  };
  for (let link = 1; link <= open; link++) {
    bench.feed({ kind: 'opened', link, payloadMax: 0 });
    bench.heard(link, hello());
  }
  bench.outputs = [];
  return bench;
}

function hello(): Uint8Array {
  const none = new Uint8Array(0);
  const said = { version: Uint8Array.of(1, 0, 0), role: 1, features: 1, frameMax: 600 };
  const payload = encodeHello({ ...said, name: none, unixMs: null, board: none, token: none });
  return encodePacket(plainPacket(HELLO, 0, 0, id(2), payload));
}
