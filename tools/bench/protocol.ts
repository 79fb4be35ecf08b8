/**
 * What one core of this machine does for the protocol: relaying, framing, and judging signatures
 * while somebody floods. Seconds are those of the processor, and every figure is the best of some
 * rounds: whoever shares the machine can only slow us down.
 */
import { crc32 } from 'node:zlib';
import { loadSodium, nativeCrypto } from '../../device/pi/crypto.ts';
import { Guard } from '../../protocol/core/buckets.ts';
import {
  blockSizeMax,
  BlockReader,
  PACKET_BLOCK,
  writeBlock,
} from '../../protocol/core/framing.ts';
import type { Random } from '../../protocol/core/machine.ts';
import { ANNOUNCE, encodePacket, MESSAGE, plainPacket } from '../../protocol/core/packet.ts';
import type { Admission } from '../../protocol/core/relay.ts';
import { Relay, RELAY_DEFAULTS } from '../../protocol/core/relay.ts';
import { ADMISSION_DEFAULTS, TrustAdmission } from '../../protocol/trust/admission.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import type { Identity } from '../../protocol/trust/identity.ts';
import { Pins } from '../../protocol/trust/pins.ts';
import { makeSeenHash } from '../../protocol/trust/seen-hash.ts';
import { encodeAnnounce } from '../../protocol/wire/announce.ts';
import { cutFrom } from '../../protocol/wire/slab.ts';
import { identityOf } from '../simulate/people.ts';
import { seededRandom } from '../simulate/random.ts';
import type { BenchArea } from './area.ts';
import type { Result } from './report.ts';
import { best, secondsSince } from './stopwatch.ts';

/** What the iOS app's own tests ask of its relay. */
const IOS_FLOOR = 9500;
const PACKET_SIZE = 200;
const ROUNDS = 5;
/** Packets made and then handled together: few enough to stay in the cache, as packets just heard. */
const BURST = 1000;
/** Rates that nothing here reaches, so that the work is measured and not the limit. */
const AMPLE = { perSecond: 4_000_000, burst: 3_900_000 };

export const area: BenchArea = {
  name: 'protocol',
  summary: 'the relay, framing and admission, on one core',
  takes: 'a minute or two',

  async run(seed, progress) {
    const random = seededRandom(seed);
    const results: Result[] = [];
    progress('relaying');
    results.push(...relaying(random));
    progress('framing');
    results.push(framing(random));
    progress('signatures');
    results.push(...admission(random));
    progress('a flood');
    results.push(...flood(random));
    return results;
  },
};

/** Public packets of 200 bytes, all new, heard on one of three links: by wire, and by air. */
function relaying(random: Random): Result[] {
  const wire = relayed(random, false);
  const air = relayed(random, true);
  return [
    { name: 'relay.packets_per_s', value: wire.rate, unit: 'packets/s', baseline: IOS_FLOOR },
    { name: 'relay.air_packets_per_s', value: air.rate, unit: 'packets/s', baseline: IOS_FLOOR },
    { name: 'relay.duplicates_per_s', value: duplicates(random), unit: 'packets/s' },
    { name: 'relay.bytes_per_packet', value: wire.bytesEach, unit: 'bytes of heap' },
  ];
}

function relayed(random: Random, air: boolean): { rate: number; bytesEach: number } {
  const relay = relayOf(random, new Guard(64, AMPLE, AMPLE, random(2 ** 32)));
  for (let link = 0; link < 3; link++) relay.step({ kind: 'linkUp', link, air }, 0);
  let fresh = 0;
  let bytesEach = Infinity;
  const rate = best(ROUNDS, () => {
    let seconds = 0;
    for (let burst = 0; burst < 50; burst++) {
      const packets = freshPackets(BURST, fresh, random);
      const heapBefore = process.memoryUsage().heapUsed;
      const began = process.cpuUsage();
      for (let i = 0; i < BURST; i++) {
        // Ten a millisecond: their pace decides how many wait on the air at once.
        relay.step({ kind: 'heard', link: 0, bytes: packets[i] }, (fresh + i) / 10);
      }
      seconds += secondsSince(began);
      fresh += BURST;
      // A collection in between would make it look thrifty.
      const grown = (process.memoryUsage().heapUsed - heapBefore) / BURST;
      if (grown > 0) bytesEach = Math.min(bytesEach, grown);
    }
    return (50 * BURST) / seconds;
  });
  return { rate, bytesEach };
}

/** One packet over and over: what a flood of copies costs, which never includes judging it again. */
function duplicates(random: Random): number {
  let judged = 0;
  const relay = relayOf(random, { admit: () => (judged++, null) });
  const [packet] = freshPackets(1, 0, random);
  relay.step({ kind: 'heard', link: 0, bytes: packet }, 0);
  const rate = best(ROUNDS, () => {
    const count = 200_000;
    const began = process.cpuUsage();
    for (let i = 0; i < count; i++) relay.step({ kind: 'heard', link: 1, bytes: packet }, 1);
    return count / secondsSince(began);
  });
  if (judged !== 1) throw new Error(`one packet was judged ${judged} times`);
  return rate;
}

/** 512-byte bodies of chance onto a line and off it again, in the pieces a port delivers. */
function framing(random: Random): Result {
  const size = 512;
  const body = Uint8Array.from({ length: size }, () => random(256));
  const count = 20_000;
  const line = Buffer.alloc(count * blockSizeMax(size));
  const rate = best(ROUNDS, () => {
    const began = process.cpuUsage();
    let end = 0;
    for (let i = 0; i < count; i++) end = writeBlock(line, end, PACKET_BLOCK, body, crc32);
    const reader = new BlockReader(size, crc32, cutFrom(16_384));
    let blocks = 0;
    for (let at = 0; at < end; at += 4096) {
      blocks += reader.feed(line.subarray(at, Math.min(at + 4096, end))).length;
    }
    if (blocks !== count) throw new Error(`${count} blocks went out and ${blocks} came back`);
    return (count * size) / 1e6 / secondsSince(began);
  });
  return { name: 'framing.mb_per_s', value: rate, unit: 'MB/s, there and back' };
}

/** Distinct signed messages of twenty known senders through the whole relay. */
function admission(random: Random): Result[] {
  const sodium = loadSodium();
  const plain = signedPerSecond(nativeCrypto(null), random);
  const results: Result[] = [];
  if (sodium !== null) {
    const fast = signedPerSecond(nativeCrypto(sodium), random);
    results.push({
      name: 'admission.signed_per_s',
      value: fast,
      unit: 'messages/s (sodium; baseline node:crypto)',
      baseline: plain,
    });
  } else {
    results.push({
      name: 'admission.signed_per_s',
      value: plain,
      unit: 'messages/s (node:crypto: sodium-native is not installed)',
    });
  }
  return results;
}

function signedPerSecond(crypto: Crypto, random: Random): number {
  const senders = Array.from({ length: 20 }, () => identityOf(crypto, random));
  const count = 4000;
  let timestamp = 1;
  return best(ROUNDS, () => {
    const { relay } = peerOf(crypto, senders, random, AMPLE);
    const frames = Array.from({ length: count }, (_, i) =>
      messageOf(senders[i % senders.length], timestamp++),
    );
    let delivered = 0;
    const began = process.cpuUsage();
    for (const bytes of frames) {
      for (const output of relay.step({ kind: 'heard', link: 0, bytes }, 1)) {
        if (output.kind === 'deliver') delivered += 1;
      }
    }
    const rate = count / secondsSince(began);
    if (delivered !== count) throw new Error(`${count} messages came and ${delivered} passed`);
    return rate;
  });
}

/**
 * Ten virtual seconds: 10,000 forgeries a second in an honest sender's name on one link, five messages
 * a second of his own on another. Delivery is what matters, and what share of a core it all took.
 */
function flood(random: Random): Result[] {
  const crypto = nativeCrypto();
  const honest = identityOf(crypto, random);
  const { relay } = peerOf(crypto, [honest], random, ADMISSION_DEFAULTS.messages);
  const seconds = 10;
  const forged = messageOf(honest, 1);
  let delivered = 0;
  let sent = 0;
  let sentOn = 0;
  let busy = 0;
  for (let ms = 0; ms < seconds * 1000; ms++) {
    const frames: { link: number; bytes: Uint8Array }[] = [];
    for (let i = 0; i < 10; i++) {
      const bytes = forged.slice();
      for (let at = 22; at < bytes.length; at++) bytes[at] = random(256);
      frames.push({ link: 0, bytes });
    }
    if (ms % 200 === 100) {
      sent += 1;
      frames.push({ link: 1, bytes: messageOf(honest, 1_000_000 + ms) });
    }
    const began = process.cpuUsage();
    for (const { link, bytes } of frames) {
      for (const output of relay.step({ kind: 'heard', link, bytes }, ms)) {
        if (output.kind === 'deliver' && link === 1) delivered += 1;
        if (output.kind === 'transmit' && link === 0) sentOn += 1;
      }
    }
    busy += secondsSince(began);
  }
  return [
    {
      name: 'admission.honest_delivery_under_flood',
      value: (100 * delivered) / sent,
      unit: '% (10,000 forgeries/s on another link)',
    },
    { name: 'admission.flood_passed_on', value: sentOn, unit: 'of 100,000 forgeries' },
    {
      name: 'admission.flood_core_share',
      value: (100 * busy) / seconds,
      unit: '% of a core',
    },
  ];
}

function relayOf(random: Random, admission: Admission): Relay {
  const id = Uint8Array.from({ length: 8 }, () => random(256));
  const hash = makeSeenHash(random(2 ** 32), random(2 ** 32));
  return new Relay({ ...RELAY_DEFAULTS, id }, random, hash, admission);
}

/** A peer with two wires that has met the senders. */
function peerOf(
  crypto: Crypto,
  senders: Identity[],
  random: Random,
  messages: { perSecond: number; burst: number },
): { relay: Relay } {
  const config = { ...ADMISSION_DEFAULTS, messages, perLinkAndSender: AMPLE };
  const limits = { linksMax: 3, ttlMax: RELAY_DEFAULTS.ttlMax };
  const admission = new TrustAdmission(crypto, new Pins(crypto), limits, config, random(2 ** 32));
  const relay = relayOf(random, admission);
  for (let link = 0; link < 3; link++) relay.step({ kind: 'linkUp', link, air: false }, 0);
  for (const sender of senders) {
    const announce = encodeAnnounce({
      name: 'bench',
      noiseKey: sender.noiseKey,
      signingKey: sender.signingKey,
      neighbours: [],
      capabilities: null,
      geohash: null,
      extras: [],
    });
    const bytes = sender.sealPacket(plainPacket(ANNOUNCE, 7, 1, sender.id, announce));
    relay.step({ kind: 'heard', link: 0, bytes }, 0);
  }
  return { relay };
}

function messageOf(sender: Identity, timestamp: number): Uint8Array {
  const text = new Uint8Array(PACKET_SIZE - 22 - 64).fill(0x61);
  return sender.sealPacket(plainPacket(MESSAGE, 7, timestamp, sender.id, text));
}

/** Each in memory of its own, as an adapter hands them over. */
function freshPackets(count: number, first: number, random: Random): Uint8Array[] {
  const sender = new Uint8Array(8).fill(3);
  const text = new Uint8Array(PACKET_SIZE - 22);
  return Array.from({ length: count }, (_, i) => {
    text[0] = random(256);
    return encodePacket(plainPacket(MESSAGE, 7, first + i, sender, text));
  });
}
