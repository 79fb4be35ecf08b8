/**
 * A node of the plain UDP chat: what it shows, what it passes on and to whom, what it forgets, and how it
 * finds others (WIRE §25, DEFAULTS §7).
 */
import { describe, expect, it } from 'vitest';
import { TICK } from '../../../protocol/core/machine.ts';
import { ANSWER_MS, ChatNode, NOTE_MS } from '../../../protocol/udp-chat/chat-node.ts';
import type {
  ChatNodeInput,
  ChatNodeOutput,
  ChatNodeSettings,
} from '../../../protocol/udp-chat/contract.ts';
import type { Message } from '../../../protocol/udp-chat/message.ts';
import { DATAGRAM_MAX, decodeMessage, encodeMessage } from '../../../protocol/udp-chat/message.ts';
import { FOUND_MAX } from '../../../protocol/udp-chat/neighbours.ts';
import { SEEN_MAX, SeenMids } from '../../../protocol/udp-chat/seen-mids.ts';
import { NODES_MAX, PING_MS, SILENT_MS } from '../../../protocol/udp-chat/sightings.ts';

const OWN = '10.0.0.1:9001';
const LEFT = '10.0.0.2:9001';
const RIGHT = '10.0.0.3:9001';
const EPOCH = 1_730_563_200_000;

describe('a node that hears something new', () => {
  it('shows it, and passes it on to every neighbour but the sender, with one hop less', () => {
    const { hear } = nodeOf();
    expect(hear(LEFT, message({ ttl: 3 }))).toEqual([
      'shows "hi" of 10.0.0.9:9001',
      `sends to ${RIGHT} ttl 2 "hi"`,
    ]);
  });

  it('passes it on to all when the sender is no neighbour', () => {
    const { hear } = nodeOf();
    expect(hear('10.0.0.7:1', message()).slice(1)).toEqual([
      `sends to ${LEFT} ttl 7 "hi"`,
      `sends to ${RIGHT} ttl 7 "hi"`,
    ]);
  });

  it('shows what is for it alone, under any of its names, and passes it on all the same', () => {
    const { hear } = nodeOf({ aliases: ['0.0.0.0:9001'] });
    for (const dst of [OWN, '0.0.0.0:9001']) {
      const mid = `for-${dst}`;
      expect(hear(LEFT, message({ mid, dst }))).toHaveLength(2);
    }
  });

  it('does not show what is for another, nor a PING, but passes both on', () => {
    const { hear } = nodeOf();
    expect(hear(LEFT, message({ mid: 'a', dst: '10.0.0.8:9001' }))).toEqual([
      `sends to ${RIGHT} ttl 7 "hi"`,
    ]);
    expect(hear(LEFT, message({ mid: 'b', kind: 'PING', ttl: 4, body: '' }))).toEqual([
      'sees 10.0.0.9:9001 1 hops away',
      `sends to ${RIGHT} ttl 3 ""`,
    ]);
  });

  it('passes on what has one hop left, and nothing that has none', () => {
    const { hear, node } = nodeOf();
    expect(hear(LEFT, message({ mid: 'a', ttl: 1 }))).toContain(`sends to ${RIGHT} ttl 0 "hi"`);
    expect(hear(LEFT, message({ mid: 'b', ttl: 0 }))).toEqual([]);
    expect(node.statistics()).toMatchObject({ shown: 1, passedOn: 1, expired: 1 });
    // What came without a hop left was not met: it may come another way.
    expect(hear(RIGHT, message({ mid: 'b', ttl: 2 }))).toHaveLength(2);
  });

  it('has nobody to pass it on to when the sender is its one neighbour', () => {
    const { hear, node } = nodeOf({ neighbours: [LEFT] });
    expect(hear(LEFT, message())).toEqual(['shows "hi" of 10.0.0.9:9001']);
    expect(node.statistics()).toMatchObject({ passedOn: 0 });
  });
});

describe('a node that hears something again', () => {
  it('does nothing, whoever it comes from and whatever hops it has', () => {
    const { hear, node } = nodeOf();
    hear(LEFT, message());
    expect(hear(RIGHT, message({ ttl: 200 }))).toEqual([]);
    expect(hear(LEFT, message({ ttl: 0 }))).toEqual([]);
    expect(node.statistics()).toMatchObject({ duplicates: 2, expired: 0 });
  });

  it('knows it for 120 s, and not for ever', () => {
    const { hear, at } = nodeOf();
    hear(LEFT, message());
    at(119_999);
    expect(hear(LEFT, message())).toEqual([]);
    at(119_999 + 120_000);
    expect(hear(LEFT, message())).toHaveLength(2);
  });

  it('knows its own words when they come back, and what it was told of before', () => {
    const { say, step, hear } = nodeOf();
    const said = message({ mid: 'uuid-1', src: OWN });
    expect(say('', 'mine')).toContain(`sends to ${LEFT} ttl 8 "mine"`);
    expect(hear(LEFT, said)).toEqual([]);
    step({ kind: 'recall', mids: ['of-before'] });
    expect(hear(LEFT, message({ mid: 'of-before' }))).toEqual([]);
  });

  it('remembers so many at once, and then forgets the oldest', () => {
    const seen = new SeenMids(120_000, [1, 2]);
    for (let i = 0; i <= SEEN_MAX; i++) expect(seen.isNew(`m${i}`, 1)).toBe(true);
    expect(seen.has('m1', 1)).toBe(true);
    expect(seen.has('m0', 1)).toBe(false);
  });

  it('tells apart mids of which one begins the other', () => {
    const seen = new SeenMids(120_000, [1, 2]);
    for (const mid of ['abcd', 'abc', 'abcd\0', 'ab\u0163d']) {
      expect(seen.isNew(mid, 0)).toBe(true);
    }
  });
});

describe('a node whose owner speaks', () => {
  it('shows it, and sends it to every neighbour with its own TTL, address and time', () => {
    const { step } = nodeOf({ ttl: 5 });
    const outputs = step({ kind: 'say', to: RIGHT, text: 'psst' });
    expect(outputs.map(words)).toEqual([
      'shows own "psst"',
      `sends to ${LEFT} ttl 5 "psst"`,
      `sends to ${RIGHT} ttl 5 "psst"`,
    ]);
    const [, sent] = outputs;
    expect(sent.kind === 'send' && decodeMessage(sent.bytes)).toMatchObject({
      message: { mid: 'uuid-1', ts: EPOCH / 1000, kind: 'CHAT', src: OWN, dst: RIGHT },
    });
  });

  it('refuses what no datagram holds', () => {
    const { say, node } = nodeOf();
    expect(say('', 'x'.repeat(DATAGRAM_MAX))).toEqual(['refuses too-long']);
    // An é takes six bytes there.
    expect(say('', 'é'.repeat(DATAGRAM_MAX / 6))).toEqual(['refuses too-long']);
    expect(say('', 'x'.repeat(DATAGRAM_MAX - 200))).toHaveLength(3);
    expect(node.statistics().said).toBe(1);
  });
});

describe('a node that hears what is no message', () => {
  it('says so once a second, counts every one by its reason, and goes on', () => {
    const { step, node, at, hear } = nodeOf();
    const noise = (): ChatNodeOutput[] =>
      step({ kind: 'received', from: LEFT, bytes: new TextEncoder().encode('{}') });
    expect(noise()).toEqual([{ kind: 'note', from: LEFT, reason: 'no-mid', size: 2, more: 0 }]);
    expect(noise()).toEqual([]);
    expect(step({ kind: 'received', from: LEFT, bytes: new Uint8Array([0xff]) })).toEqual([]);
    at(NOTE_MS);
    expect(noise()).toEqual([{ kind: 'note', from: LEFT, reason: 'no-mid', size: 2, more: 2 }]);
    expect(node.statistics()).toMatchObject({
      malformed: 4,
      reasons: { 'no-mid': 3, 'not-utf8': 1 },
    });
    expect(hear(LEFT, message())).toHaveLength(2);
  });

  it('takes nothing of a port of 0, whom nobody can answer', () => {
    const { node, hear, meet } = nodeOf({ discovers: true });
    expect(hear('10.0.0.7:0', message())).toEqual(['notes from-nowhere']);
    expect(meet('[fe80::7]:0', message({ mid: 'new', kind: 'PING', body: '' }))).toEqual([]);
    expect(node.statistics()).toMatchObject({ malformed: 2, reasons: { 'from-nowhere': 2 } });
  });
});

describe('a node that pings', () => {
  it('does so at once and then every 10 s, with TTL 4', () => {
    const { node, at } = nodeOf();
    expect(at(PING_MS)).toEqual([`sends to ${LEFT} ttl 4 ""`, `sends to ${RIGHT} ttl 4 ""`]);
    expect(at(PING_MS + 1)).toEqual([]);
    expect(at(2 * PING_MS)).toHaveLength(2);
    expect(node.statistics().pings).toBe(3);
  });

  it('says who is about, how far he is, and when he is silent', () => {
    const { node, hear, at } = nodeOf();
    const ping = (mid: string): Message => message({ mid, kind: 'PING', ttl: 2, body: '' });
    expect(hear(LEFT, ping('a'))[0]).toBe('sees 10.0.0.9:9001 3 hops away');
    at(10_000);
    expect(hear(LEFT, ping('b'))).toHaveLength(1);
    expect(node.about()).toEqual([{ address: '10.0.0.9:9001', hops: 3, heardAt: 10_000 }]);
    expect(at(10_000 + SILENT_MS - 1).filter((word) => word.startsWith('loses'))).toEqual([]);
    expect(node.deadline()).toBe(10_000 + SILENT_MS);
    expect(at(10_000 + SILENT_MS)).toContain('loses sight of 10.0.0.9:9001');
    expect(node.about()).toEqual([]);
  });

  it('does not take its own PING for another node', () => {
    const { hear, node } = nodeOf();
    hear(LEFT, message({ kind: 'PING', src: OWN }));
    expect(node.about()).toEqual([]);
  });

  it('knows so many nodes at once', () => {
    const { hear, node } = nodeOf();
    for (let i = 0; i <= NODES_MAX; i++) {
      hear(LEFT, message({ mid: `m${i}`, kind: 'PING', src: `10.1.0.1:${i + 1}` }));
    }
    expect(node.about()).toHaveLength(NODES_MAX);
    expect(node.about()[0].address).toBe('10.1.0.1:2');
  });
});

describe('a node that finds others', () => {
  const ping = (mid: string, from = ''): Message =>
    message({ mid, kind: 'PING', ttl: 0, src: from || '10.0.0.9:9001', body: '' });

  it('says that it is there with every PING, and that goes no further', () => {
    const { at } = nodeOf({ discovers: true, neighbours: [] });
    expect(at(PING_MS)).toEqual(['announces ttl 0']);
  });

  it('takes whoever says so in the group for a neighbour, answers him, and sends to him', () => {
    const { meet, say, node } = nodeOf({ discovers: true, neighbours: [] });
    expect(meet('10.0.0.9:9001', ping('a'))).toEqual(['finds 10.0.0.9:9001']);
    expect(node.deadline()).toBe(ANSWER_MS);
    expect(say('', 'hi')).toContain('sends to 10.0.0.9:9001 ttl 8 "hi"');
    expect(meet('10.0.0.9:9001', ping('b'))).toEqual([]);
  });

  it('answers at most once a second', () => {
    const { meet, at } = nodeOf({ discovers: true, neighbours: [] });
    meet('10.0.0.9:9001', ping('a'));
    expect(at(ANSWER_MS)).toEqual(['announces ttl 0']);
    expect(meet('10.0.0.8:9001', ping('b'))).toEqual(['finds 10.0.0.8:9001']);
    expect(at(2 * ANSWER_MS - 1)).toEqual([]);
    expect(at(2 * ANSWER_MS)).toEqual(['announces ttl 0']);
  });

  it('loses him when he is silent, but never a neighbour it was given', () => {
    const { meet, hear, at, node } = nodeOf({ discovers: true });
    meet('10.0.0.9:9001', ping('a'));
    at(30_000);
    hear('10.0.0.9:9001', message({ mid: 'word' }));
    expect(at(30_000 + SILENT_MS - 1)).not.toContain('loses 10.0.0.9:9001');
    expect(at(30_000 + SILENT_MS)).toContain('loses 10.0.0.9:9001');
    expect(node.allNeighbours().map(({ address }) => address)).toEqual([LEFT, RIGHT]);
  });

  it('does not find itself, nor anybody by what is no PING, nor unless it was asked to', () => {
    const { meet, at } = nodeOf({ discovers: true, neighbours: [] });
    at(PING_MS);
    expect(meet('10.0.0.1:9001', ping('uuid-1', OWN))).toEqual([]);
    expect(meet('10.0.0.9:9001', message({ ttl: 0 }))).toEqual([]);
    expect(nodeOf().meet('10.0.0.9:9001', ping('a'))).toEqual([]);
  });

  it('makes a neighbour of nobody who sends to it alone', () => {
    const { hear, node } = nodeOf({ discovers: true, neighbours: [] });
    hear('10.0.0.9:9001', message({ kind: 'PING', ttl: 4 }));
    expect(node.allNeighbours()).toEqual([]);
  });

  it('finds so many at once, and counts the others', () => {
    const { meet, node } = nodeOf({ discovers: true, neighbours: [] });
    for (let i = 0; i <= FOUND_MAX; i++) meet(`10.0.1.1:${i + 1}`, ping(`m${i}`));
    expect(node.allNeighbours()).toHaveLength(FOUND_MAX);
    expect(node.statistics().crowdedOut).toBe(1);
  });
});

type Rig = {
  node: ChatNode;
  step(input: ChatNodeInput): ChatNodeOutput[];
  hear(from: string, message: Message): string[];
  meet(from: string, message: Message): string[];
  say(to: string, text: string): string[];
  /** It is that time now; what is due is done. */
  at(now: number): string[];
};

/** A node between two neighbours that has said its first PING. */
function nodeOf(settings: Partial<ChatNodeSettings> = {}): Rig {
  let [now, uuids] = [0, 0];
  const usual = { address: OWN, aliases: [], neighbours: [LEFT, RIGHT], ttl: 8 };
  const node = new ChatNode(
    { ...usual, seenTtlMs: 120_000, discovers: false, ...settings },
    { uuid: () => `uuid-${uuids++}`, seenKey: [1, 2] },
    now,
  );
  const step = (input: ChatNodeInput): ChatNodeOutput[] => node.step(input, now);
  step({ kind: 'clock', offsetMs: EPOCH });
  uuids = 1;
  return {
    node,
    step,
    hear: (from, said) => step({ kind: 'received', from, bytes: encodeMessage(said) }).map(words),
    meet: (from, said) =>
      step({ kind: 'announced', from, bytes: encodeMessage(said) })
        .map(words)
        .filter((word) => !word.startsWith('announces')),
    say: (to, text) => step({ kind: 'say', to, text }).map(words),
    at(time) {
      now = time;
      return node.step(TICK, now).map(words);
    },
  };
}

function message(fields: Partial<Message> = {}): Message {
  const plain = { mid: 'mid', ts: 5.5, ttl: 8, kind: 'CHAT', dst: '', body: 'hi' } as const;
  return { ...plain, src: '10.0.0.9:9001', ...fields };
}

function words(output: ChatNodeOutput): string {
  switch (output.kind) {
    case 'send':
      return `sends to ${output.to} ${inside(output.bytes)}`;
    case 'announce':
      return `announces ${inside(output.bytes).replace(' ""', '')}`;
    case 'show':
      return `shows ${output.isOwn ? 'own ' : ''}"${output.message.body}"${
        output.isOwn ? '' : ` of ${output.message.src}`
      }`;
    case 'node':
      return output.isHere
        ? `sees ${output.address} ${output.hops} hops away`
        : `loses sight of ${output.address}`;
    case 'neighbour':
      return `${output.isHere ? 'finds' : 'loses'} ${output.address}`;
    case 'refuse':
      return `refuses ${output.why}`;
    case 'note':
      return `notes ${output.reason}`;
  }
}

function inside(bytes: Uint8Array): string {
  const decoded = decodeMessage(new Uint8Array(bytes));
  return decoded.ok ? `ttl ${decoded.message.ttl} "${decoded.message.body}"` : decoded.reason;
}
