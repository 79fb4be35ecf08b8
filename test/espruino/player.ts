/**
 * Player: steps relays by lines of text and says what they answer, so that the same bundle can be
 * asked in Node and in the interpreter. Written in the device subset, like what it plays.
 *
 *   node ID LINKS TTLMAX SEED      a new relay, from now on the one that is asked
 *   up LINK AIR NOW | down LINK NOW | near LINK ID NOW | tick NOW
 *   heard LINK BYTES NOW | send LINK BYTES NOW
 */
import { Guard } from '../../protocol/core/buckets.ts';
import type { Tick } from '../../protocol/core/machine.ts';
import { TICK } from '../../protocol/core/machine.ts';
import type { RelayInput, RelayOutput } from '../../protocol/core/relay.ts';
import { Relay } from '../../protocol/core/relay.ts';
import { seededRandom } from '../../tools/simulate/random.ts';
import { plainHash } from './plain-hash.ts';

const AMPLE = { perSecond: 1000, burst: 4000 };

let relay: Relay;

export function play(line: string): string {
  const words = line.split(' ');
  if (words[0] === 'node') {
    relay = relayOf(bytesOf(words[1]), Number(words[2]), Number(words[3]), Number(words[4]));
    return 'ok';
  }
  const outputs = relay.step(inputOf(words), Number(words[words.length - 1]));
  return 'next ' + relay.deadline() + say(outputs);
}

/** One step's outputs. */
export function say(outputs: RelayOutput[]): string {
  let said = '';
  for (let i = 0; i < outputs.length; i++) said += '; ' + sayOne(outputs[i]);
  return said;
}

function relayOf(id: Uint8Array, links: number, ttlMax: number, seed: number): Relay {
  const config = {
    id: id,
    ttlMax: ttlMax,
    frameMax: 512,
    linksMax: links,
    seenMax: 64,
    seenAgeMs: 600000,
    seenCriticalAgeMs: 300000,
    waitingMax: 16,
    thinned: false,
  };
  const chance = seededRandom(seed);
  // The world draws the key of its hash first.
  chance(2);
  chance(2);
  return new Relay(config, chance, plainHash, new Guard(8, AMPLE, AMPLE, seed));
}

function inputOf(words: string[]): RelayInput | Tick {
  const link = Number(words[1]);
  switch (words[0]) {
    case 'up':
      return { kind: 'linkUp', link: link, air: words[2] === '1' };
    case 'down':
      return { kind: 'linkDown', link: link };
    case 'near':
      return { kind: 'neighbour', link: link, id: bytesOf(words[2]) };
    case 'heard':
      return { kind: 'heard', link: link, bytes: bytesOf(words[2]) };
    case 'send':
      return { kind: 'send', link: link, bytes: bytesOf(words[2]) };
    default:
      return TICK;
  }
}

function sayOne(output: RelayOutput): string {
  switch (output.kind) {
    case 'transmit':
      return 'transmit ' + output.link + ' ' + output.priority + ' ' + hexOf(output.bytes);
    case 'deliver':
      return 'deliver ' + output.link + ' ' + output.ttl + ' ' + hexOf(output.bytes);
    case 'passed':
      return 'passed ' + output.link;
    case 'drop':
      return 'drop ' + output.link + ' ' + output.reason;
  }
}

export function hexOf(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += (bytes[i] + 256).toString(16).substr(1);
  return text;
}

function bytesOf(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(hex.substr(i * 2, 2), 16);
  return bytes;
}
