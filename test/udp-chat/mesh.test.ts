/**
 * Python peers and ours in one mesh, over real sockets: each hears the other, each passes on for the
 * other, and neither can tell which of them did (WIRE §25).
 */
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { readAddress } from '../../protocol/udp-chat/address.ts';
import type { Told } from '../../tools/udp-chat/running-node.ts';
import { RunningNode } from '../../tools/udp-chat/running-node.ts';
import { SEED } from '../seed.ts';
import type { PythonPeer } from './peer.ts';
import { freeUdpPorts, PYTHON, pythonPeer, WITHOUT_PYTHON } from './peer.ts';

const opened: { end(): Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.end()));
});

describe.skipIf(!PYTHON)(`a mesh of Python peers and ours${WITHOUT_PYTHON}`, () => {
  it('brings what each says to all others once, though it comes from two sides', async () => {
    const { python, ours } = await ring();
    python[0].say('from python é🚀');
    ours[0].say('', 'from ours é🚀');
    const [first, second] = [
      `${python[0].address}: from python é🚀`,
      `${ours[0].address}: from ours é🚀`,
    ];
    await python[0].shows(second);
    await python[1].shows(first);
    await python[1].shows(second);
    await ours[0].shows(first);
    await ours[1].shows(first);
    await ours[1].shows(second);
    // Each of ours is brought one of the two by both its neighbours.
    const least = (): number => Math.min(...ours.map(({ node }) => node.statistics().duplicates));
    await expect.poll(least).toBeGreaterThan(0);
    await settled(ours);
    expect(python[0].shown).toEqual([second]);
    expect([...python[1].shown].sort()).toEqual([first, second].sort());
    expect(ours[0].shown).toEqual([first]);
    expect([...ours[1].shown].sort()).toEqual([first, second].sort());
  });

  it('shows what is for one node there alone, however many pass it on', async () => {
    const { python, ours } = await ring();
    python[0].say(`@${ours[1].address} for ours`);
    ours[0].say(python[1].address, 'for python');
    await ours[1].shows(`${python[0].address}: for ours`);
    await python[1].shows(`${ours[0].address}: for python`);
    await settled(ours);
    expect([python[0].shown, ours[0].shown]).toEqual([[], []]);
    expect(python[1].shown).toHaveLength(1);
    expect(ours[1].shown).toHaveLength(1);
  });

  it('carries what has TTL 1 to the neighbours and no further', async () => {
    const [a, b, c, d] = (await freeUdpPorts(4)).map((port) => `127.0.0.1:${port}`);
    const near = keep(await pythonPeer(a, [b], 1));
    const ours = await ourNode(b, [a, c], 1);
    const far = keep(await pythonPeer(c, [b, d]));
    const last = await ourNode(d, [c]);
    near.say('one hop');
    await ours.shows(`${a}: one hop`);
    ours.say('', 'one hop of ours');
    await near.shows(`${b}: one hop of ours`);
    await far.shows(`${b}: one hop of ours`);
    // What comes behind them gets through: they had time.
    far.say('a mark');
    await last.shows(`${c}: a mark`);
    await near.shows(`${c}: a mark`);
    expect(far.shown).toEqual([`${b}: one hop of ours`]);
    expect(last.shown).toEqual([`${c}: a mark`]);
    expect(last.node.statistics().expired).toBeGreaterThan(0);
  });

  it('drops what is malformed, alike, and goes on', async () => {
    const [a, b] = (await freeUdpPorts(2)).map((port) => `127.0.0.1:${port}`);
    const theirs = keep(await pythonPeer(a, [b]));
    const ours = await ourNode(b, [a]);
    const stranger = await socket();
    for (const bad of MALFORMED) {
      stranger.sendTo(a, bad);
      stranger.sendTo(b, bad);
    }
    const all = MALFORMED.length;
    const malformed = (): number => ours.node.statistics().malformed;
    await expect.poll(() => theirs.dropped.length).toBe(all);
    await expect.poll(malformed).toBe(all);
    theirs.say('still here');
    await ours.shows(`${a}: still here`);
    ours.say('', 'so are we');
    await theirs.shows(`${b}: so are we`);
    expect(ours.notes[0]).toMatch(/^127\.0\.0\.1:\d+ not-json$/);
  });

  it('passes on byte for byte the same, whichever of them does it', async () => {
    const [a, b] = (await freeUdpPorts(2)).map((port) => `127.0.0.1:${port}`);
    const [besideTheirs, besideOurs, source] = [await socket(), await socket(), await socket()];
    keep(await pythonPeer(a, [besideTheirs.address]));
    await ourNode(b, [besideOurs.address]);
    for (const datagram of datagrams()) {
      source.sendTo(a, datagram);
      source.sendTo(b, datagram);
      // One after the other: a burst might be lost.
      const [theirs, ours] = [await besideTheirs.next(), await besideOurs.next()];
      expect(ours).toBe(theirs);
    }
  });
});

describe('nodes in one network', () => {
  it('find each other by multicast, and lose nothing that is said then', async () => {
    const [port] = await freeUdpPorts(1);
    const group = { host: '239.255.25.26', port };
    const [one, two] = [await findingNode(group), await findingNode(group)];
    await one.finds(two.address);
    await two.finds(one.address);
    one.say('', 'so you are there');
    await two.shows(`${one.address}: so you are there`);
  });
});

const MALFORMED = [
  'hello',
  '{',
  '[]',
  '7',
  '{}',
  '{"mid":"a","ts":1.0,"ttl":8,"kind":"CHAT","src":"a:1","dst":""}',
  '{"mid":"a","ts":-1.0,"ttl":8,"kind":"CHAT","src":"a:1","dst":"","body":"x"}',
  '{"mid":"a","ts":"1","ttl":8,"kind":"CHAT","src":"a:1","dst":"","body":"x"}',
  '{"mid":"a","ts":1.0,"ttl":8.0,"kind":"CHAT","src":"a:1","dst":"","body":"x"}',
  '{"mid":"a","ts":1.0,"ttl":-1,"kind":"CHAT","src":"a:1","dst":"","body":"x"}',
  '{"mid":"a","ts":1.0,"ttl":8,"kind":"NOTE","src":"a:1","dst":"","body":"x"}',
  '{"mid":1,"ts":1.0,"ttl":8,"kind":"CHAT","src":"a:1","dst":"","body":"x"}',
].map((text) => Buffer.from(text));

/** Messages as a Python peer and as other programs write them. */
function datagrams(): Buffer[] {
  const text = fc.string({ unit: 'grapheme', maxLength: 30 });
  const message = fc.record({
    ...{ mid: fc.uuid(), ts: fc.integer({ min: 1, max: 2e9 }).map((seconds) => seconds + 0.125) },
    ...{ ttl: fc.integer({ min: 1, max: 1001 }), kind: fc.constantFrom('CHAT', 'PING') },
    ...{ src: fc.constant('10.0.0.1:9001'), dst: text, body: text },
  });
  return fc
    .sample(message, { seed: SEED, numRuns: 40 })
    .map((one, at) => Buffer.from(JSON.stringify(one, null, at % 3)));
}

type OurNode = {
  address: string;
  node: RunningNode['node'];
  say(to: string, text: string): void;
  shown: string[];
  notes: string[];
  shows(text: string): Promise<void>;
  finds(address: string): Promise<void>;
};

function ourNode(address: string, neighbours: string[], ttl = 8): Promise<OurNode> {
  const { host, port } = readAddress(address)!;
  const peers = neighbours.map((neighbour) => readAddress(neighbour)!);
  return started({ host, port, peers, ttl, discovers: false });
}

function findingNode(group: { host: string; port: number }): Promise<OurNode> {
  return started({ host: '127.0.0.1', port: 0, peers: [], ttl: 8, discovers: true, group });
}

async function started(
  options: Omit<Parameters<typeof RunningNode.start>[0], 'seenTtlMs'>,
): Promise<OurNode> {
  const [shown, notes, found]: [string[], string[], string[]] = [[], [], []];
  const told = (output: Told): void => {
    if (output.kind === 'note') notes.push(`${output.from} ${output.reason}`);
    if (output.kind === 'neighbour') found.push(output.address);
    if (output.kind !== 'show' || output.isOwn) return;
    shown.push(`${output.message.src}: ${output.message.body}`);
  };
  const running = await RunningNode.start(
    { ...options, seenTtlMs: 120_000 },
    { told, failed: (to, why) => void notes.push(`${to} ${why}`), halted: fail },
  );
  opened.push({ end: () => running.close() });
  return {
    address: running.address,
    node: running.node,
    say: (to, text) => running.say(to, text),
    shown,
    notes,
    shows: (text) => expect.poll(() => shown).toContain(text),
    finds: (address) => expect.poll(() => found).toContain(address),
  };
}

function fail(cause: unknown): void {
  throw cause;
}

/** Python, ours, Python, ours: each beside two of the other kind. */
async function ring(): Promise<{ python: PythonPeer[]; ours: OurNode[] }> {
  const [a, b, c, d] = (await freeUdpPorts(4)).map((port) => `127.0.0.1:${port}`);
  const ours = [await ourNode(b, [a, c]), await ourNode(d, [c, a])];
  const python = await Promise.all([pythonPeer(a, [b, d]), pythonPeer(c, [b, d])]);
  python.forEach(keep);
  return { python, ours };
}

/** Nothing is under way any more. */
async function settled(nodes: OurNode[]): Promise<void> {
  const received = (): number =>
    nodes.reduce((sum, { node }) => sum + node.statistics().received, 0);
  for (let before = -1; before !== received();) {
    before = received();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function keep<T extends { end(): Promise<unknown> }>(one: T): T {
  opened.push(one);
  return one;
}

type Plain = {
  address: string;
  sendTo(address: string, bytes: Buffer): void;
  /** The next chat or PING of another that came in, as text. */
  next(): Promise<string>;
};

async function socket(): Promise<Plain> {
  const plain: Socket = createSocket('udp4');
  plain.bind(0, '127.0.0.1');
  await once(plain, 'listening');
  const own = `127.0.0.1:${plain.address().port}`;
  const heard: string[] = [];
  // What the nodes say of their own is not what is compared.
  plain.on('message', (bytes) => {
    const text = bytes.toString();
    if (text.includes('"src":"10.0.0.1:9001"')) heard.push(text);
  });
  opened.push({ end: () => new Promise<void>((done) => plain.close(() => done())) });
  return {
    address: own,
    sendTo(address, bytes) {
      const { host, port } = readAddress(address)!;
      plain.send(bytes, port, host);
    },
    async next() {
      await expect.poll(() => heard.length, { interval: 2 }).toBeGreaterThan(0);
      return heard.shift()!;
    },
  };
}
