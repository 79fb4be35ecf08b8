/**
 * Upload: a file into a board's Storage, in one of two ways. Packets are fast and carry no check of
 * their own, so the whole file is judged at its end; lines are slow, each checked before it touches
 * the flash, and get through a cable that changes one bit in ten thousand.
 */
import { Asker, literal } from './checked.ts';
import type { Board } from './recognise.ts';
import { sumOf } from './slots.ts';
import { bytesOf } from './talk.ts';
import type { Script } from '../../protocol/admin/script.ts';
import type { Speaker } from './talk.ts';

export type Way = 'packets' | 'lines';

/** How an upload went. `damaged` may be tried again from its start, `full` may not. */
export type Uploaded = 'whole' | 'damaged' | 'full';

/** Packet types (DEVICE). */
const FILE_SEND = 0x6000;
const DATA = 0x8000;
const ACK = '\x06';
const NAK = '\x15';
/** The longest packet there is (DEVICE), in whole words of flash. */
const PACKET_MAX = 8188;
/** Of a board's memory for one packet: a sixth, where a variable holds 12 bytes. */
const BYTES_PER_VARIABLE = 2;
/**
 * Bytes of the next packet that go out before the last one is answered, so that the wire does not rest
 * meanwhile. They wait in the board's input, and are less than makes it say XOFF.
 */
const AHEAD = 512;
/** How long a packet may be on its way. Boards give up after 2 s (DEVICE), some releases after 1. */
const PACKET_MS = 800;
/** After so long every release has given up a packet that is not whole. */
const PACKET_END_MS = 5500;
/** Bytes of a file per line, halved when one is damaged, down to the least. */
const LINE_SIZE = 512;
const LINE_SIZE_LEAST = 64;

export type Cargo = {
  /** Must not exist on the board. */
  name: string;
  file: string;
  /** Is told how many bytes have arrived, 0 first. */
  progress(done: number): void;
};

export function* upload<Remark>(
  asker: Asker<Remark>,
  speaker: Speaker<Remark>,
  way: Way,
  board: Board,
  cargo: Cargo,
): Script<Uploaded> {
  const { name, file } = cargo;
  const sent =
    way === 'packets'
      ? yield* byPackets(asker, speaker, packetSize(board), cargo)
      : yield* byLines(asker, cargo);
  if (sent !== 'whole') return sent;
  const code = `(f=>f&&[f.length,E.CRC32(f)])(require("Storage").read(${literal(name)}))`;
  const answer = yield* asker.run(code, '', 5000);
  const isWhole = answer.ok && String(answer.value) === `${file.length},${sumOf(file)}`;
  return isWhole ? 'whole' : 'damaged';
}

function packetSize({ freeVariables, baud }: Board): number {
  const inTime = (baud / 10_000) * PACKET_MS;
  return Math.floor(Math.min(PACKET_MAX, freeVariables * BYTES_PER_VARIABLE, inTime)) & ~3;
}

function* byPackets<Remark>(
  asker: Asker<Remark>,
  speaker: Speaker<Remark>,
  size: number,
  { name, file, progress }: Cargo,
): Script<Uploaded> {
  // A damaged name would be a file that nobody looks for again.
  const before = yield* asker.run('hopFiles=require("Storage").list(),1');
  if (!before.ok) return 'damaged';
  progress(0);
  const packets = packetsOf(name, file, size);
  let isAccepted = true;
  for (let i = 0; i < packets.length && isAccepted; i++) {
    const isFirst = i === 0;
    if (isFirst) speaker.line.heard = '';
    speaker.line.say(packets[i].subarray(isFirst ? 0 : AHEAD));
    if (i + 1 < packets.length) speaker.line.say(packets[i + 1].subarray(0, AHEAD));
    isAccepted = (yield* speaker.reply(answerIn, PACKET_END_MS)) === ACK;
    speaker.line.heard = afterAnswer(speaker.line.heard);
    if (isAccepted && !isFirst) progress(Math.min(file.length, i * size));
  }
  if (!isAccepted) {
    // The board may still wait for the rest of a packet, and takes nothing else meanwhile.
    speaker.line.hush();
    yield* speaker.ask('', (heard) => (heard.includes(NAK) ? true : null), PACKET_END_MS);
    yield* speaker.interrupt();
  }
  const strays =
    '(s=>{s.list().forEach(n=>{if(hopFiles.indexOf(n)<0&&n!==d)s.erase(n)});return 1})';
  const swept = yield* asker.run(`${strays}(require("Storage"))`, name);
  return isAccepted && swept.ok ? 'whole' : 'damaged';
}

/** The first says what comes, the others bring it. */
function packetsOf(name: string, file: string, size: number): Uint8Array[] {
  const packets = [packetOf(FILE_SEND, `{fn:${literal(name)},s:${file.length}}`)];
  for (let at = 0; at < file.length; at += size) {
    packets.push(packetOf(DATA, file.slice(at, at + size)));
  }
  return packets;
}

function packetOf(type: number, body: string): Uint8Array {
  const head = String.fromCharCode((type | body.length) >> 8, body.length & 0xff);
  return bytesOf(`\x10\x01${head}${body}`);
}

function answerIn(heard: string): string | null {
  return /[\x06\x15]/.exec(heard)?.[0] ?? null;
}

function afterAnswer(heard: string): string {
  return heard.slice(heard.search(/[\x06\x15]/) + 1);
}

function* byLines<Remark>(asker: Asker<Remark>, { name, file, progress }: Cargo): Script<Uploaded> {
  let size = LINE_SIZE;
  let at = 0;
  progress(0);
  while (at < file.length) {
    const piece = file.slice(at, at + size);
    const repeats = asker.repeats;
    const where = `${literal(name)},${at}`;
    // Done twice it must find what it did, for Storage refuses to write twice.
    const code =
      `(s=>s.read(${where},${piece.length})===d||s.write(${literal(name)},d,` +
      `${at},${file.length}))(require("Storage"))`;
    const answer = yield* asker.run(code, piece);
    if (!answer.ok) return answer.reason === 'threw' ? refusal(answer.message) : 'damaged';
    if (answer.value !== true) return 'damaged';
    at += piece.length;
    progress(at);
    // What an answer waits for costs more on a good line, and a long line more on a bad one.
    if (asker.repeats > repeats) size = Math.max(LINE_SIZE_LEAST, size / 2);
    else size = Math.min(LINE_SIZE, size * 2);
  }
  return 'whole';
}

/** Storage's own words for a lack of room. */
function refusal(message: string): Uploaded {
  return /Unable to find or create file/.test(message) ? 'full' : 'damaged';
}
