/**
 * Exercise: every part of the core put through its paces from one seed, each result a line. Run in
 * Node and in the interpreter it must print the same lines. Written in the device subset.
 */
import { Announces } from '../../protocol/core/announces.ts';
import { Buckets } from '../../protocol/core/buckets.ts';
import {
  CHALLENGE,
  COMMIT,
  READ_SETTINGS,
  ROLL_BACK,
  SET_CLOCK,
  STAGE,
} from '../../protocol/core/control-codes.ts';
import { Control } from '../../protocol/core/control.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import type { Drops } from '../../protocol/core/drops.ts';
import type { Fields } from '../../protocol/core/fields.ts';
import { bigEndian, encodeFields } from '../../protocol/core/fields.ts';
import { BlockReader, encodeBlock } from '../../protocol/core/framing.ts';
import { Heartbeat } from '../../protocol/core/heartbeat.ts';
import { decodeHello, encodeHello } from '../../protocol/core/hello.ts';
import type { Random } from '../../protocol/core/machine.ts';
import { TICK } from '../../protocol/core/machine.ts';
import {
  ANNOUNCE,
  encodePacket,
  encodePlain,
  PacketView,
  plainPacket,
} from '../../protocol/core/packet.ts';
import { priorityOf, SendQueue } from '../../protocol/core/queue.ts';
import { Seen } from '../../protocol/core/seen.ts';
import { SegmentReader, SegmentWriter } from '../../protocol/core/segments.ts';
import { chooseSlot, encodeSlot } from '../../protocol/core/settings.ts';
import { OUR_VERSION, settle } from '../../protocol/core/version.ts';
import { seededRandom } from '../../tools/simulate/random.ts';
import { hexOf } from './player.ts';

type Print = (line: string) => void;

export function exercise(seed: number, print: Print): void {
  const random = seededRandom(seed);
  packets(random, print);
  blocks(random, print);
  segments(random, print);
  memory(random, print);
  announces(random, print);
  queues(random, print);
  rates(random, print);
  hellos(random, print);
  heartbeats(random, print);
  administration(random, print);
}

function packets(random: Random, print: Print): void {
  const view = new PacketView();
  for (let i = 0; i < 12; i++) {
    const plain = plainPacket(
      random(256),
      random(8),
      random(4294967296),
      bytes(random, 8),
      bytes(random, random(40)),
    );
    const routed = i % 3 === 0;
    if (routed) {
      plain.version = 2;
      plain.route.push(bytes(random, 8));
      plain.recipient = bytes(random, 8);
    }
    if (i % 2 === 0) plain.signature = bytes(random, 64);
    const frame = encodePacket(plain);
    print('packet ' + hexOf(frame) + ' ' + where(view, frame));
    frame[random(frame.length)] = random(256);
    print('damaged ' + where(view, frame));
    print('cut ' + where(view, frame.subarray(0, random(frame.length))));
  }
}

function where(view: PacketView, frame: Uint8Array): string {
  const fault = view.read(frame, 512);
  if (fault !== null) return fault;
  return (
    view.version +
    ' ' +
    view.type +
    ' ' +
    view.ttl +
    ' ' +
    view.timestamp() +
    ' ' +
    view.flags +
    ' ' +
    view.senderAt +
    ' ' +
    view.recipientAt +
    ' ' +
    view.routeCount +
    ' ' +
    view.payloadAt +
    ' ' +
    view.payloadLength +
    ' ' +
    view.signatureAt +
    ' ' +
    view.length +
    ' ' +
    view.isBroadcast()
  );
}

function blocks(random: Random, print: Print): void {
  const reader = new BlockReader(600, crc32, (size) => new Uint8Array(size));
  for (let i = 0; i < 10; i++) {
    const body = bytes(random, i === 9 ? 560 : random(120));
    for (let at = 0; at < body.length; at++) if (random(3) === 0) body[at] = 0;
    const block = encodeBlock(1 + random(2), body, crc32);
    if (i % 4 === 3) block[random(block.length)] ^= 1 + random(255);
    const cut = random(block.length);
    const heard = reader.feed(block.subarray(0, cut));
    const rest = reader.feed(block.subarray(cut));
    for (let k = 0; k < rest.length; k++) heard.push(rest[k]);
    print('block ' + hexOf(block));
    for (let k = 0; k < heard.length; k++)
      print('heard ' + heard[k].kind + ' ' + hexOf(heard[k].body));
  }
  tellDrops(
    reader.drops,
    ['too-long', 'cut-short', 'too-short', 'bad-checksum', 'unknown-kind'],
    print,
  );
}

function segments(random: Random, print: Print): void {
  const writer = new SegmentWriter(20);
  const reader = new SegmentReader(128);
  for (let i = 0; i < 12; i++) {
    writer.begin(bytes(random, 1 + random(150)));
    for (;;) {
      const segment = writer.next();
      if (segment === null) break;
      const lost = random(12) === 0;
      const frame = lost ? null : reader.feed(segment);
      print(
        'segment ' +
          hexOf(segment) +
          (lost ? ' lost' : '') +
          (frame === null ? '' : ' ' + hexOf(frame)),
      );
    }
  }
  tellDrops(reader.drops, ['gap', 'too-long', 'no-first', 'empty'], print);
}

function tellDrops<Reason extends string>(
  drops: Drops<Reason>,
  reasons: Reason[],
  print: Print,
): void {
  let line = 'drops';
  for (let i = 0; i < reasons.length; i++) line += ' ' + (drops[reasons[i]] || 0);
  print(line);
}

function memory(random: Random, print: Print): void {
  const seen = new Seen(6, 40);
  let now = 4294967200;
  for (let i = 0; i < 80; i++) {
    now += random(60);
    const low = random(9);
    const met = seen.find(low, low * 7, now, 400);
    const slot = met >= 0 ? met : seen.add(low, low * 7, now, 400);
    seen.mark(slot, random(40));
    if (random(5) === 0) seen.forgetLink(random(40));
    print(
      'seen ' +
        low +
        ' ' +
        met +
        ' ' +
        (seen.marks(slot, 0) >>> 0) +
        ' ' +
        (seen.marks(slot, 1) >>> 0),
    );
  }
}

function announces(random: Random, print: Print): void {
  const kept = new Announces(4);
  const view = new PacketView();
  let now = 4294947200;
  for (let i = 0; i < 40; i++) {
    now += random(15000);
    const sender = new Uint8Array(8);
    sender.fill(1 + random(6));
    const packet = encodePlain(ANNOUNCE, 1 + random(7), i, sender, null, new Uint8Array(0));
    view.read(packet, 100);
    kept.keep(view, packet, now);
    let line = 'announces';
    const fresh = kept.fresh(now + random(2000));
    for (let k = 0; k < fresh.length; k++) line += ' ' + fresh[k][10];
    print(line);
  }
}

function queues(random: Random, print: Print): void {
  const queue = new SendQueue(12, 200);
  for (let i = 0; i < 80; i++) {
    if (random(3) > 0) {
      const type = random(256);
      const drops = queue.add(new Uint8Array([type, i]), priorityOf(type));
      print('queued ' + type + ' dropped ' + drops + ' waiting ' + queue.length());
    } else {
      const taken = queue.take();
      print('taken ' + (taken === null ? 'nothing' : hexOf(taken)));
    }
  }
}

function rates(random: Random, print: Print): void {
  const buckets = new Buckets(4, { perSecond: 20, burst: 3 }, random(4294967296));
  let now = 4294967000;
  let line = 'rates ';
  for (let i = 0; i < 200; i++) {
    now += random(20);
    line += buckets.take(random(24), 7, now) ? '1' : '0';
  }
  print(line);
}

function hellos(random: Random, print: Print): void {
  for (let i = 0; i < 8; i++) {
    const hello = {
      version: new Uint8Array([1 + random(2), random(5), random(9)]),
      role: random(5),
      features: random(4) === 0 ? 0 : random(4294967296),
      frameMax: random(4294967296),
      name: bytes(random, random(12)),
      unixMs: random(2) === 0 ? null : 1700000000000 + random(4294967296),
      board: bytes(random, random(6)),
      token: bytes(random, random(6)),
    };
    const payload = encodeHello(hello);
    const mode = settle({ version: OUR_VERSION, features: 1 }, hello);
    print('hello ' + hexOf(payload) + ' ' + mode.mode + ' ' + mode.features);
    const decoded = decodeHello(payload.subarray(0, random(payload.length + 1)));
    print(
      decoded === 'bad-field' || decoded === 'no-version'
        ? decoded
        : 'again ' + hexOf(encodeHello(decoded)),
    );
  }
}

function heartbeats(random: Random, print: Print): void {
  const ours = new Heartbeat(10000, 3, 0);
  const theirs = new Heartbeat(10000, 3, 0);
  let now = 0;
  for (let i = 0; i < 30; i++) {
    now = Math.max(now, Math.min(ours.deadline(), theirs.deadline()));
    const said = theirs.step(TICK, now);
    for (let k = 0; k < said.length; k++) {
      const beat = said[k];
      if (beat.kind === 'send' && random(4) > 0)
        tell('ours', ours.step({ kind: 'heard', payload: beat.payload }, now + random(9)), print);
    }
    now += 10;
    const answers = ours.step(TICK, now);
    tell('ours', answers, print);
    for (let k = 0; k < answers.length; k++) {
      const beat = answers[k];
      if (beat.kind === 'send')
        tell('theirs', theirs.step({ kind: 'heard', payload: beat.payload }, now + 7), print);
    }
    now += 10;
  }
}

function tell(
  who: string,
  outputs: { kind: string; ms?: number; payload?: Uint8Array }[],
  print: Print,
): void {
  for (let i = 0; i < outputs.length; i++) {
    const output = outputs[i];
    print(
      who +
        ' ' +
        output.kind +
        (output.ms === undefined ? '' : ' ' + output.ms) +
        (output.payload === undefined ? '' : ' ' + hexOf(output.payload)),
    );
  }
}

function administration(random: Random, print: Print): void {
  const ports = {
    crc: crc32,
    draw: () => bytes(random, 16),
    hmac: weakMac,
    statistics: () => new Uint8Array([1, 2, 3]),
  };
  const unwritten = chooseSlot([new Uint8Array(64), new Uint8Array(64)], crc32);
  const control = new Control([], unwritten, ports);
  const operations = [READ_SETTINGS, STAGE, COMMIT, ROLL_BACK, SET_CLOCK, CHALLENGE, 99];
  const first: Fields = [];
  first[1] = bytes(random, 5);
  first[17] = bytes(random, 32);
  ask(control, true, request(1, STAGE, encodeFields(first, 2)), print);
  ask(control, true, request(2, COMMIT, new Uint8Array(0)), print);
  for (let i = 0; i < 30; i++) {
    const fields: Fields = [];
    fields[1 + random(19)] = bytes(random, random(5));
    const operation = operations[random(operations.length)];
    ask(control, random(2) === 0, request(i, operation, encodeFields(fields, 2)), print);
  }
  const old = encodeSlot(first, 7, crc32);
  const newer = encodeSlot([], 8, crc32);
  for (let cut = 0; cut <= newer.length; cut++) {
    const place = new Uint8Array(newer.length);
    place.fill(255);
    place.set(newer.subarray(0, cut));
    print('slot ' + chooseSlot([old, place], crc32).generation);
  }
}

function ask(control: Control, wired: boolean, payload: Uint8Array, print: Print): void {
  const outputs = control.step({ kind: 'request', link: 0, wired: wired, payload: payload });
  for (let i = 0; i < outputs.length; i++) {
    const output = outputs[i];
    let said = 'control ' + output.kind;
    if (output.kind === 'reply') said += ' ' + hexOf(output.payload);
    if (output.kind === 'store') said += ' ' + output.slot + ' ' + hexOf(output.bytes);
    print(said);
  }
}

function request(id: number, operation: number, argument: Uint8Array): Uint8Array {
  const fields: Fields = [];
  fields[1] = bigEndian(id, 2);
  fields[2] = bigEndian(operation, 1);
  fields[4] = argument;
  return encodeFields(fields, 2);
}

/** Stands in for HMAC-SHA256, which a board has natively: only the same on both sides. */
function weakMac(key: Uint8Array, message: Uint8Array): Uint8Array {
  const mac = new Uint8Array(32);
  for (let i = 0; i < 32; i++) mac[i] = key[i] ^ (crc32(message) >>> (i % 25));
  return mac;
}

function bytes(random: Random, length: number): Uint8Array {
  const drawn = new Uint8Array(length);
  for (let i = 0; i < length; i++) drawn[i] = random(256);
  return drawn;
}
