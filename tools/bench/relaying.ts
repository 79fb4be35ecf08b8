/**
 * Relaying: how many packets a second the firmware passes from one wire to the other, on a real
 * Espruino and in Node: one program, one work, in one process each, with wires that cost nothing.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { crc32 } from 'node:zlib';
import { encodeBlock, PACKET_BLOCK } from '../../protocol/core/framing.ts';
import { encodePacket, MESSAGE, plainPacket } from '../../protocol/core/packet.ts';
import type { Settings } from '../../protocol/core/settings.ts';
import { encodeSlot } from '../../protocol/core/settings.ts';
import {
  LINK_BURST,
  LINK_RATE,
  SENDER_BURST,
  SENDER_RATE,
} from '../../protocol/core/settings-table.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { runInterpreter } from '../build/measure.ts';
import { seededRandom } from '../simulate/random.ts';

const PAYLOAD_SIZE = 60;

/** What there is to do, and with what: files of a board's Storage. */
type Work = { packets: number; files: Record<string, Uint8Array> };

/** Wires that cost nothing, packets that came over one, and settings whose rates are not reached. */
export function workOf(packets: number, seed: number): Work {
  const random = seededRandom(seed);
  const blocks = Array.from({ length: packets }, (_, at) => {
    const payload = Uint8Array.from({ length: PAYLOAD_SIZE }, () => random(256));
    const sender = Uint8Array.of(1, 1, 1, 1, 1, 1, 1, random(8));
    const frame = encodePacket(plainPacket(MESSAGE, 7, 1000 + at, sender, payload));
    return encodeBlock(PACKET_BLOCK, frame, crc32);
  });
  const size = blocks[0].length;
  const script = `var WIRE_PATHS = ['a', 'b'], heard = [], relayed = 0, storage = require('Storage');
function wire(at) {
  return {
    setup: function() {},
    on: function(event, run) { heard[at] = run; },
    write: function(bytes) { if (at === 1 && bytes.length === ${size}) relayed++; }
  };
}
var Serial1 = wire(0), Serial2 = wire(1);
function work() {
  var spent = 0;
  for (var at = 0; at < ${packets}; at++) {
    var block = storage.read('blocks', at * ${size}, ${size});
    var began = getTime();
    heard[0](block);
    spent += getTime() - began;
  }
  print('RELAYED ' + relayed + ' IN ' + Math.round(spent * 1000000));
}
`;
  const settings: Settings = [];
  settings[LINK_RATE] = settings[SENDER_RATE] = Uint8Array.of(3, 232);
  settings[LINK_BURST] = settings[SENDER_BURST] = Uint8Array.of(15, 160);
  const files = {
    '.boot0': Buffer.from(script),
    blocks: Buffer.concat(blocks),
    hop0: encodeSlot(settings, 1, crc32),
  };
  return { packets, files };
}

/** Packets a second; `code` is the firmware for \`linux\`, here and below. */
export async function relayedOnEspruino(binary: string, code: string, work: Work): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'hopline-relaying-'));
  try {
    const files = { ...work.files, '.bootcde': Buffer.from(code, 'latin1') };
    let put = "echo(0);var fs=require('fs'),s=require('Storage');";
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(folder, name), content);
      put += `s.write('${name}',fs.readFileSync('${name}'));`;
    }
    await writeFile(join(folder, 'put.js'), `${put}setTimeout(quit,1)\n`);
    await runInterpreter(binary, ['put.js'], folder, '');
    const typed = 'echo(0)\nwork()\nsetTimeout(quit, 1)';
    return rateIn(await runInterpreter(binary, [], folder, typed), work);
  } finally {
    await rm(folder, { recursive: true });
  }
}

export function relayedInNode(code: string, work: Work): number {
  let said = '';
  const modules: Record<string, object> = {
    Storage: {
      readArrayBuffer: (name: string) => {
        const bytes = work.files[name];
        return bytes && new Uint8Array(bytes).buffer;
      },
      read: (name: string, at: number, size: number) =>
        Buffer.from(work.files[name].subarray(at, at + size)).toString('latin1'),
      write: () => true,
    },
    crypto: { SHA256: sha256 },
  };
  let chance = 1;
  const soon: (() => void)[] = [];
  const require = (name: string): object => modules[name];
  const context = createContext({
    require,
    global: { require },
    E: {
      CRC32: crc32,
      hwRand: () => (chance = Math.imul(chance, 16_807)),
      toUint8Array: (text: string) => new Uint8Array(Buffer.from(text, 'latin1')),
      enableWatchdog() {},
    },
    getTime: () => performance.now() / 1000,
    setTimeout: (run: () => void, ms: number) => void (ms <= 1 && soon.push(run)),
    setInterval() {},
    clearTimeout() {},
    hopline: null,
    print: (line: string) => (said += line),
  });
  runInContext(String(work.files['.boot0']), context);
  runInContext(code, context);
  for (const run of soon.splice(0)) run();
  runInContext('work()', context);
  return rateIn(said, work);
}

function sha256(parts: Uint8Array[]): ArrayBuffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest()).buffer;
}

function rateIn(said: string, { packets }: Work): number {
  const [, relayed, micros] = /RELAYED (\d+) IN (\d+)/.exec(said) ?? [];
  if (Number(relayed) === packets) return (packets * 1_000_000) / Number(micros);
  const detail = `${relayed ?? 'none'} of ${packets} packets came out: ${said.slice(-200)}`;
  throw new HoplineError('CHECKS_FAILED', detail);
}
