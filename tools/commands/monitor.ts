/**
 * hopline monitor [--type <name>] [--link <n>] [--sender <peer>] [--way heard|sent] [--count <n>]
 *                 [--out <file.pcapng>] [--json]
 *
 * The packets of a running relay as they pass, on the screen or as a capture that Wireshark opens.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { FrameEvent } from '../../device/pi/relay-service.ts';
import type { StatusClient } from '../../device/pi/status-client.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { suggest } from '../../protocol/suggest.ts';
import type { FrameHead } from '../../protocol/wire/dissection.ts';
import { headOf } from '../../protocol/wire/dissection.ts';
import { fromHex } from '../../protocol/wire/hex.ts';
import { TYPE_NAMES, typeName, typeOf } from '../../protocol/wire/type-names.ts';
import type { Args, Command, Io } from '../command.ts';
import { has, JSON_OPTION, textOf, wholeNumberOf } from '../command.ts';
import { PLACE_OPTIONS, whoIs, withRelay } from '../relay/asking.ts';
import { interfaceBlock, packetBlock, sectionBlock } from '../relay/pcapng.ts';

/** Links are numbered below it. */
const LINK_MAX = 255;
const COUNT_MAX = 1_000_000_000;

export const monitor: Command = {
  name: 'monitor',
  summary: 'the packets of a running relay, live, or as a capture for Wireshark',
  usage:
    'hopline monitor [--type <name>] [--link <n>] [--sender <peer>] [--way heard|sent] ' +
    '[--count <n>] [--out <file.pcapng>] [--data <folder> | --socket <path>] [--json]',
  options: {
    type: { type: 'string', value: 'name', help: 'only packets of that type, as announce or 0x22' },
    link: { type: 'string', value: 'n', help: 'only that link' },
    sender: { type: 'string', value: 'peer', help: 'only what that peer sent, by id or name' },
    way: { type: 'string', value: 'way', help: 'only what was heard, or sent' },
    count: { type: 'string', value: 'n', help: 'end after so many (when it is stopped)' },
    out: { type: 'string', value: 'file', help: 'write a pcapng capture instead' },
    ...PLACE_OPTIONS,
    json: JSON_OPTION,
  },
  examples: ['hopline monitor --type message', 'hopline monitor --out capture.pcapng'],

  async run(args, io) {
    const stop = io.stopping();
    const filter = filterOf(args);
    const count = wholeNumberOf(args, 'count', { least: 1, most: COUNT_MAX }, COUNT_MAX);
    await withRelay(args, io, async (client) => {
      const sender = textOf(args, 'sender');
      const from = sender === null ? null : await whoIs(client, sender);
      const file = textOf(args, 'out');
      const capture = file === null ? null : await Capture.open(file);
      try {
        await watch(client, stop, count, io, capture?.failed ?? null, (event, frame) => {
          if (!fits(frame, { ...filter, sender: from })) return false;
          if (capture === null) io.out(has(args, 'json') ? jsonOf(frame) : lineOf(frame));
          else capture.add(event, frame);
          return true;
        });
      } finally {
        await capture?.close();
      }
      if (capture !== null) io.err(`${capture.packets} packets are in ${file}`);
    });
  },
};

type Filter = { type: number | null; link: number | null; way: string | null };

/** A frame and what its header says; null for what does not parse. */
type Frame = FrameEvent & { bytes: Uint8Array; packet: FrameHead | null };

function filterOf(args: Args): Filter {
  const name = textOf(args, 'type');
  const type = name === null ? null : typeOf(name);
  if (name !== null && type === null) {
    const near = suggest(name, TYPE_NAMES) || `; there are ${TYPE_NAMES.join(', ')}`;
    throw new HoplineError('USAGE', `there is no type "${name}"${near}`);
  }
  const way = textOf(args, 'way');
  if (way !== null && way !== 'heard' && way !== 'sent') {
    throw new HoplineError('USAGE', `--way is heard or sent, not "${way}"`);
  }
  const link = wholeNumberOf(args, 'link', { least: 0, most: LINK_MAX }, -1);
  return { type, link: link < 0 ? null : link, way };
}

function fits(frame: Frame, filter: Filter & { sender: string | null }): boolean {
  const { type, link, way, sender } = filter;
  if (link !== null && frame.link !== link) return false;
  if (way !== null && frame.way !== way) return false;
  if (type !== null && frame.packet?.type !== type) return false;
  return sender === null || frame.packet?.sender === sender;
}

/** Until the relay ends, the person stops it, `failed` rejects, or `show` has taken `count`. */
async function watch(
  client: StatusClient,
  stop: AbortSignal,
  count: number,
  io: Io,
  failed: Promise<never> | null,
  show: (event: FrameEvent, frame: Frame) => boolean,
): Promise<void> {
  let shown = 0;
  let unfollow = (): void => {};
  let isOver = false;
  const over = new Promise<void>((resolve, reject) => {
    stop.addEventListener('abort', () => resolve());
    failed?.catch(reject);
    client
      .follow(
        'packets',
        {},
        {
          event(value) {
            const event = value as FrameEvent;
            if (event.missed > 0) io.err(`${event.missed} packets were too many to show`);
            if (shown < count && show(event, frameOf(event))) shown++;
            if (shown >= count) resolve();
          },
          missed: (missed) => io.err(`${missed} packets were missed: this reader is too slow`),
          ended() {
            if (!isOver) io.err('the relay has ended');
            resolve();
          },
        },
      )
      .then((end) => (unfollow = end), reject);
    if (stop.aborted) resolve();
  });
  await over.finally(() => {
    isOver = true;
    unfollow();
  });
}

function frameOf(event: FrameEvent): Frame {
  const bytes = fromHex(event.frame) ?? new Uint8Array(0);
  return { ...event, bytes, packet: headOf(bytes) };
}

function lineOf({ unixMs, link, way, bytes, packet, dropped }: Frame): string {
  const clock = new Date(unixMs).toISOString().slice(11, 23);
  const arrow = way === 'heard' ? '<' : '>';
  const end = dropped === null ? '' : `, dropped: ${dropped}`;
  return `${clock}  link ${String(link).padStart(2)} ${arrow} ${wordsOf(packet)}, ${bytes.length} bytes${end}`;
}

function wordsOf(packet: FrameHead | null): string {
  if (packet === null) return 'not a packet';
  const { type, ttl, sender, recipient } = packet;
  const to = recipient === null || /^f+$/.test(recipient) ? '' : ` to ${recipient}`;
  return `${typeName(type)}, TTL ${ttl}, from ${sender}${to}`;
}

function jsonOf({ unixMs, link, way, bytes, packet, dropped, frame }: Frame): string {
  const type = packet === null ? null : typeName(packet.type);
  const size = bytes.length;
  return JSON.stringify({ unixMs, link, way, ...packet, type, size, dropped, frame });
}

/** A capture file that grows as packets come. */
class Capture {
  packets = 0;
  /** Rejects when the file takes no more. */
  readonly failed: Promise<never>;
  private readonly file: WriteStream;
  /** Links in the order in which they were met: the numbers of their interfaces. */
  private readonly links: number[] = [];

  private constructor(file: WriteStream, failed: Promise<never>) {
    this.file = file;
    this.failed = failed;
    this.file.write(sectionBlock('hopline monitor'));
  }

  static async open(path: string): Promise<Capture> {
    const file = createWriteStream(path);
    const failed = new Promise<never>((_, reject) => {
      file.on('error', (cause: NodeJS.ErrnoException) => {
        const detail = `${path}: the system says ${cause.code}`;
        reject(new HoplineError('FILE_UNWRITABLE', detail, { cause }));
      });
    });
    // A disk may be full before anybody waits for it.
    failed.catch(() => {});
    await Promise.race([once(file, 'open'), failed]);
    return new Capture(file, failed);
  }

  add({ unixMs, link, way }: FrameEvent, { bytes, packet }: Frame): void {
    let at = this.links.indexOf(link);
    if (at < 0) {
      at = this.links.push(link) - 1;
      this.file.write(interfaceBlock(`link ${link}`));
    }
    const comment = `${way} on link ${link}: ${wordsOf(packet)}`;
    this.file.write(packetBlock({ at, unixMs, way, frame: bytes, comment }));
    this.packets++;
  }

  async close(): Promise<void> {
    this.file.end();
    await finished(this.file).catch(() => this.failed);
  }
}
