/**
 * Bridge, its pipeline: the whole way of a private packet through a bridge that joins two others, from
 * a sealed record on one line, over admission and relay, into a sealed record on the other. It takes
 * what one processor needs for it, without sockets; what the far ends do is not counted.
 */
import { nativeCrypto } from '../../device/pi/crypto.ts';
import { assert } from '../../protocol/core/assert.ts';
import { writeU32 } from '../../protocol/core/bytes.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import type { Random } from '../../protocol/core/machine.ts';
import { ENCRYPTED, encodePacket, plainPacket } from '../../protocol/core/packet.ts';
import { HIGH } from '../../protocol/core/queue.ts';
import type { RecordLink } from '../../protocol/peer/record-link.ts';
import { RECORD_LINK_DEFAULTS } from '../../protocol/peer/record-link.ts';
import { STATION_DEFAULTS } from '../../protocol/peer/settings.ts';
import { Station } from '../../protocol/peer/station.ts';
import { drawFrom, identityOf } from '../simulate/people.ts';
import { seededRandom } from '../simulate/random.ts';
import type { Part } from './bridge-part.ts';
import { LINE_HELLO, linePair } from './line-pair.ts';

/** Bytes of a packet, its header included. */
const PACKET_SIZE = 200;
const HEADER_SIZE = 22 + 8;
const WARM_UP = 100_000;
const MEASURED = 400_000;
const ROUNDS = 3;
const EPOCH = 1_700_000_000_000;
/** Packets that one sender says in a millisecond: nobody's rate is what is measured. */
const PER_MS = 100;
const SENDERS = 1000;
/** What fills a record. */
const PER_RECORD = 320;
/** Of a daemon: links on the air and wires come first. */
const FIRST_LINE = 1 + STATION_DEFAULTS.outMax + STATION_DEFAULTS.wires;

export const pipelineFigures: Part = async (progress, _isFull, seed) => {
  progress('a bridge between two lines');
  const bridge = new Between(seededRandom(seed));
  bridge.carry(WARM_UP);
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) best = Math.max(best, bridge.carry(MEASURED));
  return [{ name: 'pipeline.packets_per_s', value: best, unit: 'packets/s of a processor' }];
};

/** A station with a line to either side. */
class Between {
  private readonly random: Random;
  private readonly source: RecordLink;
  private readonly lineIn: RecordLink;
  private readonly lineOut: RecordLink;
  private readonly sink: RecordLink;
  private readonly station: Station;
  private now = 0;
  private sent = 0;
  /** Records of this round that have left. */
  private left = 0;

  constructor(random: Random) {
    const crypto = nativeCrypto();
    const people = Array.from({ length: 3 }, () => identityOf(crypto, random));
    const before = linePair(crypto, people[0], people[1], random);
    const behind = linePair(crypto, people[1], people[2], random);
    this.random = random;
    this.source = before.dialled;
    this.lineIn = before.opened;
    this.lineOut = behind.dialled;
    this.sink = behind.opened;
    const draw = (size: number): Uint8Array => drawFrom(random, size);
    const ports = { crypto, identity: people[1], random, draw, crc: crc32 };
    this.station = new Station({ ...STATION_DEFAULTS, lines: 2 }, ports, 0);
    this.station.step({ kind: 'clock', offsetMs: EPOCH }, 0);
    [people[0], people[2]].forEach(({ id }, at) => {
      const lined = { link: FIRST_LINE + at, id, mode: 'full', hello: LINE_HELLO } as const;
      this.station.step({ kind: 'lined', ...lined }, 0);
    });
  }

  /** Packets for each second of the processor. */
  carry(count: number): number {
    const records = this.sealed(count);
    const carried: Uint8Array[] = [];
    this.left = 0;
    const began = process.cpuUsage();
    for (const record of records) {
      this.now++;
      for (const output of this.lineIn.step({ kind: 'received', bytes: record }, this.now)) {
        if (output.kind === 'heard') this.relay(output.bytes, carried);
      }
      this.release(carried);
    }
    const { user, system } = process.cpuUsage(began);
    assert(this.arrived(carried) === count, 'every packet comes out at the other end');
    return (count * 1e6) / (user + system);
  }

  private relay(bytes: Uint8Array, carried: Uint8Array[]): void {
    for (const output of this.station.step(
      { kind: 'received', link: FIRST_LINE, bytes },
      this.now,
    )) {
      if (output.kind !== 'forward') continue;
      const { priority } = output;
      collect(
        this.lineOut.step({ kind: 'send', bytes: output.bytes, priority }, this.now),
        carried,
      );
    }
  }

  /** What was written has left: the next records are sealed. */
  private release(carried: Uint8Array[]): void {
    for (; this.left < carried.length; this.left++) {
      collect(this.lineOut.step({ kind: 'sent' }, this.now), carried);
    }
  }

  private sealed(count: number): Uint8Array[] {
    const records: Uint8Array[] = [];
    const payload = drawFrom(this.random, PACKET_SIZE - HEADER_SIZE);
    const recipient = new Uint8Array(8).fill(2);
    for (let i = 0; i < count; i++) {
      const sender = new Uint8Array(8).fill(1);
      new DataView(sender.buffer).setUint16(0, this.sent % SENDERS);
      writeU32(payload, 0, this.sent);
      const timestamp = EPOCH + Math.floor(this.sent++ / PER_MS);
      const packet = plainPacket(ENCRYPTED, 7, timestamp, sender, payload);
      const bytes = encodePacket({ ...packet, recipient });
      collect(this.source.step({ kind: 'send', bytes, priority: HIGH }, this.now), records);
      if (i % PER_RECORD === PER_RECORD - 1 || i === count - 1) {
        collect(this.source.step({ kind: 'sent' }, this.now), records);
      }
    }
    for (let i = 0; i < RECORD_LINK_DEFAULTS.window; i++) {
      collect(this.source.step({ kind: 'sent' }, this.now), records);
    }
    return records;
  }

  private arrived(records: Uint8Array[]): number {
    let count = 0;
    for (const bytes of records) {
      for (const output of this.sink.step({ kind: 'received', bytes }, this.now)) {
        if (output.kind === 'heard' && output.bytes[1] === ENCRYPTED) count++;
      }
    }
    return count;
  }
}

function collect(outputs: ReturnType<RecordLink['step']>, writes: Uint8Array[]): void {
  for (const output of outputs) if (output.kind === 'write') writes.push(output.bytes);
}
