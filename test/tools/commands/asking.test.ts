/**
 * hopline status, scan, ping, trace and monitor, as a person reads them and a program parses them.
 * That a real relay answers them is in test/device/pi/relay.test.ts.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HopView } from '../../../protocol/peer/hop-view.ts';
import { ANNOUNCE, encodePacket, MESSAGE, plainPacket } from '../../../protocol/core/packet.ts';
import { fromHex, toHex } from '../../../protocol/wire/hex.ts';
import { commands } from '../../../tools/commands/index.ts';
import { STATUS } from '../../../tools/dispatch.ts';
import { age } from '../../../tools/relay/words.ts';
import type { AskedRelay } from '../relay/asked.ts';
import { ANNA, ask, askedRelay, CELLAR, peerSnapshot } from '../relay/asked.ts';

let relay: AskedRelay;
beforeEach(async () => {
  relay = await askedRelay();
});
afterEach(() => relay.close());

describe('hopline status', () => {
  it('shows what a bridge carries, against its limits', async () => {
    const { status } = relay.answers;
    status.carried = [
      { by: 'clients', inMbps: 0.2, outMbps: 1, limitMbps: 10, slowed: 2 },
      { by: 'radios', inMbps: 0.01, outMbps: 0.02, limitMbps: 0.016, slowed: 0 },
    ];
    const { outs } = await ask(relay, commands, ['status']);
    expect(outs).toContain('  clients  0.2 Mbit/s in, 1 out, 10 at most; 2 congested');
    expect(outs).toContain('  radios   0.01 Mbit/s in, 0.02 out, of lines 0.016 at most');
  });

  it('shows how a bridge does, and which of its parts is not well', async () => {
    relay.answers.status.condition = {
      health: [
        { category: 'connectivity', score: 0.954 },
        { category: 'latency', score: null },
      ],
      components: [
        { name: 'resilience', state: 'running', why: null },
        { name: 'routing', state: 'running', why: 'ants do not suit' },
        { name: 'greeter', state: 'failed', why: 'it is made again in 8 s' },
      ],
      problems: ['the disk is full'],
    };
    const { outs } = await ask(relay, commands, ['status']);
    expect(outs).toContain('  health   connectivity 95 %, latency not known');
    expect(outs).toContain(
      '  parts    resilience well; routing: ants do not suit; greeter failed: it is made again in 8 s',
    );
    expect(outs).toContain('  wrong    the disk is full');
  });

  it('shows a relay at a glance', async () => {
    const { status, outs } = await ask(relay, commands, ['status']);
    expect([status, outs.join('\n')]).toEqual([
      0,
      `attic  4c0ff1cd9cd844b0
  relay    Hopline 0.1.0, up 3 h 12 min, 61 MB, process 77
  radio    on, advertising; 1 inbound, 2 outbound
  wires    ttyUSB0 well
  clock    set; 0.3 s ahead of 4 peers
  island   5 nodes, 2 peers in reach
  history  12 packets kept for who comes later
  packets  1204 heard, 3310 sent, 88 for us too
  dropped  duplicate 812, stale 3

link  way  medium  mode  peer              name    dBm  ms  open       heard  sent  dropped
   0  in   phone         ${ANNA}  anna    -61      1 min 1 s     10    20
   1  out  node    full  ${CELLAR}  cellar           1 min 1 s     10    20
   2  out  node                                             1 min 1 s     10    20  over-limit 2

peer              name    hops  link  silent
${ANNA}  anna       1     1  2 s
${CELLAR}  cellar     1     1  2 s`,
    ]);
  });

  it('gives programs all of it', async () => {
    const { outs } = await ask(relay, commands, ['status', '--json']);
    expect(outs.map((line) => JSON.parse(line))).toEqual([relay.answers.status]);
  });

  it('says what is not well', async () => {
    const { status } = relay.answers;
    status.station.islandSize = 1;
    const alone = await ask(relay, commands, ['status']);
    expect(alone.outs).toContain('  island   1 node, 2 peers in reach');
    const radioLine = async (): Promise<string> => (await ask(relay, commands, ['status'])).outs[2];
    status.radio.state = 'missing';
    expect(await radioLine()).toContain('there is no adapter; hopline doctor');
    status.radio.state = 'off';
    expect(await radioLine()).toContain('has no power; hopline doctor');
    status.radio.state = 'unwanted';
    status.clock = { isKnown: false, aheadMs: null, senders: 0 };
    status.station.links = [];
    status.station.peers = [];
    status.wires = [];
    const { outs } = await ask(relay, commands, ['status']);
    expect(outs[2]).toContain('off, as the settings say');
    expect(outs[3]).toContain('none');
    expect(outs[4]).toContain('not set: packets are relayed, and nothing is said');
    expect(outs.at(-1)).toBe('no links');
    status.clock = { isKnown: true, aheadMs: null, senders: 0 };
    expect((await ask(relay, commands, ['status'])).outs[4]).toContain('nobody was heard');
    status.clock = { isKnown: true, aheadMs: -150_000, senders: 2 };
    expect((await ask(relay, commands, ['status'])).outs[4]).toContain('150.0 s behind 2 peers');
  });

  it('shows no name that would steer the terminal', async () => {
    relay.answers.status.station.name = '\x1b[2Jattic\r';
    relay.answers.status.station.peers[0].name = 'a\nb\u202e';
    const { outs } = await ask(relay, commands, ['status']);
    expect(outs.join('')).not.toMatch(/[\x00-\x1f\u202e]/);
  });

  it('says where it looked when no relay runs', async () => {
    const socket = join(relay.folder, 'none.sock');
    const { status, errs } = await ask(relay, commands, ['status', '--socket', socket]);
    expect([status, errs[0]]).toEqual([12, expect.stringContaining(`${socket}: no relay runs`)]);
  });
});

describe('hopline scan', () => {
  it('lists who is near, the loudest first', async () => {
    const none = { id: null, name: '' };
    relay.answers.scan = [
      { address: 'aa:00', service: 'phone', rssi: -40, silentMs: 900, ...none },
      {
        address: 'bb:00',
        service: 'node',
        rssi: -71,
        silentMs: 4000,
        id: CELLAR,
        name: 'cel\x07lar',
      },
    ];
    const { outs } = await ask(relay, commands, ['scan']);
    expect(outs).toEqual([
      'address  kind   dBm  silent  id                name',
      'aa:00    phone  -40  0 s',
      `bb:00    node   -71  4 s     ${CELLAR}  cel?lar`,
    ]);
    expect(JSON.parse((await ask(relay, commands, ['scan', '--json'])).outs[0])).toEqual(
      relay.answers.scan,
    );
  });

  it('says that nobody is', async () => {
    expect((await ask(relay, commands, ['scan'])).outs).toEqual([
      'nobody was heard in the last minute',
    ]);
  });
});

describe('hopline ping', () => {
  it('finds a peer by its name, and says how far it is', async () => {
    relay.answers.ping = { roundTripMs: 61.25, hops: 2 };
    const { status, outs } = await ask(relay, commands, ['ping', 'cellar', '--count', '2']);
    expect([status, outs]).toEqual([0, Array(2).fill(`${CELLAR}: 61.3 ms, 2 hops`)]);
    const { outs: json } = await ask(relay, commands, ['ping', ANNA.toUpperCase(), '--json']);
    expect(JSON.parse(json[0])).toEqual({ id: ANNA, pong: { roundTripMs: 61.25, hops: 2 } });
  });

  it.each([
    ['in other letters', 'CELLAR'],
    ['as it was printed', 'the ?mill'],
    ['the beginning of an id', CELLAR.slice(0, 5)],
    ['of the node itself', 'Attic'],
  ])('takes a name %s', async (_, word) => {
    const { station } = relay.answers.status;
    station.peers.push(peerSnapshot('3333333333333333', 'the \u2060mill '));
    const ids: Record<string, string> = { 'the ?mill': '3333333333333333', Attic: station.id };
    const { outs } = await ask(relay, commands, ['ping', word]);
    expect(outs).toEqual([`${ids[word] ?? CELLAR}: nothing came back`]);
  });

  it('fails when nothing came back', async () => {
    const { status, outs, errs } = await ask(relay, commands, ['ping', 'anna']);
    expect([status, outs]).toEqual([1, [`${ANNA}: nothing came back`]]);
    expect(errs[0]).toContain('[CHECKS_FAILED]');
  });

  it('asks which one is meant where two have a name (S25), and suggests where none has', async () => {
    relay.answers.status.station.peers.push(peerSnapshot('3333333333333333', 'anna'));
    const two = await ask(relay, commands, ['ping', 'anna']);
    expect([two.status, two.errs[0]]).toEqual([
      STATUS.AMBIGUOUS_NAME,
      expect.stringContaining(
        `2 peers may be meant by anna: ${ANNA}, 3333333333333333; give the id`,
      ),
    ]);
    const none = await ask(relay, commands, ['ping', 'celar']);
    expect(none.errs[0]).toContain('nobody here is called celar; did you mean cellar?');
    expect(none.status).toBe(STATUS.PEER_UNKNOWN);
  });
});

describe('hopline trace', () => {
  const hops: HopView[] = [
    { id: ANNA, distance: 0, medium: 'air', rssi: -50, roundTripMs: 12, via: [] },
    { id: CELLAR, distance: 1, medium: 'wire', rssi: null, roundTripMs: null, via: [ANNA] },
  ];

  it('shows the way, node by node', async () => {
    const choice = 'packets to it are flooded: the strategy is to flood';
    relay.answers.trace = { hops, choice, shunned: null };
    const { status, outs } = await ask(relay, commands, ['trace', 'cellar']);
    expect([status, outs]).toEqual([
      0,
      [
        'hop  node              name    over  dBm  ms',
        `  1  ${ANNA}  anna    air   -50  12`,
        `  2  ${CELLAR}  cellar  wire`,
        choice,
      ],
    ]);
    const { outs: json } = await ask(relay, commands, ['trace', 'cellar', '--json']);
    expect(JSON.parse(json[0])).toEqual({ id: CELLAR, hops, choice, shunned: null });
  });

  it('fails where the peer did not answer itself', async () => {
    relay.answers.trace = { hops: [hops[0]], choice: null, shunned: null };
    const part = await ask(relay, commands, ['trace', 'cellar']);
    expect([part.status, part.errs[0]]).toEqual([
      1,
      expect.stringContaining('did not answer itself'),
    ]);
    relay.answers.trace = { hops: [], choice: null, shunned: null };
    expect((await ask(relay, commands, ['trace', 'cellar'])).errs[0]).toContain('no node answered');
    const shunned = `${CELLAR} is blocked here: hopline peers unblock ${CELLAR}`;
    relay.answers.trace = { hops: [], choice: null, shunned };
    const blocked = await ask(relay, commands, ['trace', 'cellar']);
    expect(blocked.errs[0]).toContain(`cellar: no node answered; ${shunned}`);
  });

  it('tells the way to the peer apart from all others that heard a flooded trace', async () => {
    const [mill, hut] = ['3333333333333333', '4444444444444444'];
    const heard = { medium: 'air', rssi: -70, roundTripMs: 30 } as const;
    const flooded: HopView[] = [
      { id: mill, distance: 0, ...heard, via: [] },
      ...hops,
      { id: hut, distance: 1, ...heard, via: [ANNA] },
    ];
    relay.answers.trace = { hops: flooded, choice: null, shunned: null };
    const reached = await ask(relay, commands, ['trace', 'cellar']);
    expect(reached.outs).toEqual([
      'the way by which it was reached:',
      'hop  node              name    over  dBm  ms',
      `  1  ${ANNA}  anna    air   -50  12`,
      `  2  ${CELLAR}  cellar  wire`,
      '',
      'no single way was taken; these heard the trace, too:',
      'hop  node              name  over  dBm  ms  heard it from',
      `  1  ${mill}        air   -70  30  here`,
      `  2  ${hut}        air   -70  30  anna`,
    ]);
    const missed = flooded.filter(({ id }) => id !== CELLAR);
    relay.answers.trace = { hops: missed, choice: null, shunned: null };
    const lost = await ask(relay, commands, ['trace', 'cellar']);
    expect(lost.outs[0]).toBe('it was not reached; these heard the trace:');
    expect(lost.outs).toHaveLength(5);
  });
});

describe('hopline monitor', () => {
  it('shows packets as they pass', async () => {
    const going = ask(relay, commands, ['monitor', '--count', '2']);
    await follows();
    relay.push(event({ way: 'heard', link: 3 }));
    relay.push(event({ way: 'sent', link: 12, frame: 'ff00' }));
    const { status, outs } = await going;
    expect([status, outs]).toEqual([
      0,
      [
        `22:13:20.000  link  3 < announce, TTL 7, from ${ANNA}, 22 bytes`,
        '22:13:20.000  link 12 > not a packet, 2 bytes',
      ],
    ]);
  });

  it('shows only what was asked for', async () => {
    for (const [words, shown] of [
      [['--type', 'message'], [1]],
      [['--type', '0x02'], [1]],
      [['--link', '0'], [2]],
      [['--sender', 'cellar'], [3]],
      [['--sender', CELLAR], [3]],
      [['--way', 'sent'], [2]],
    ] as [string[], number[]][]) {
      const stop = new AbortController();
      const going = ask(relay, commands, ['monitor', '--json', ...words], (io) => {
        io.stopping = () => stop.signal;
      });
      await follows();
      relay.push(event({ link: 5 }));
      relay.push(event({ frame: frame(ANNA, MESSAGE), link: 5 }));
      relay.push(event({ way: 'sent', link: 0 }));
      relay.push(event({ frame: frame(CELLAR), link: 5 }));
      await wait(50);
      stop.abort();
      const { outs } = await going;
      expect(outs.map((line) => JSON.parse(line))).toEqual([
        expect.objectContaining(
          [
            {},
            { type: 'message' },
            { way: 'sent', link: 0 },
            { sender: CELLAR, size: 22, ttl: 7, type: 'announce' },
          ][shown[0]],
        ),
      ]);
      await unfollowed();
    }
  });

  it('writes a capture with an interface for each link', async () => {
    const file = join(relay.folder, 'it.pcapng');
    const going = ask(relay, commands, ['monitor', '--out', file, '--count', '3']);
    await follows();
    for (const link of [4, 9, 4]) relay.push(event({ link }));
    const { outs, errs } = await going;
    expect([outs, errs]).toEqual([[], [`3 packets are in ${file}`]]);
    const bytes = readFileSync(file);
    expect(bytes.readUInt32LE(0)).toBe(0x0a0d0d0a);
    expect(
      bytes
        .toString('latin1')
        .match(/link \d/g)!
        .filter((_, at) => at < 9),
    ).toEqual(expect.arrayContaining(['link 4', 'link 9']));
    const nowhere = join(relay.folder, 'none', 'x');
    const failed = await ask(relay, commands, ['monitor', '--out', nowhere]);
    expect([failed.status, existsSync(nowhere)]).toEqual([74, false]);
  });

  it.skipIf(!existsSync('/dev/full'))('ends and says so when the disk is full', async () => {
    const { status, errs } = await ask(relay, commands, ['monitor', '--out', '/dev/full']);
    expect([status, errs]).toEqual([
      74,
      ['hopline: the file cannot be written: /dev/full: the system says ENOSPC [FILE_UNWRITABLE]'],
    ]);
  });

  it('says what it could not show, and that the relay ended', async () => {
    const going = ask(relay, commands, ['monitor']);
    await follows();
    relay.push(event({ missed: 17 }));
    await wait(50);
    await relay.close();
    const { errs } = await going;
    expect(errs).toEqual(['17 packets were too many to show', 'the relay has ended']);
    relay = await askedRelay();
  });

  it.each([
    [['--type', 'anounce'], 'there is no type "anounce"; did you mean announce?'],
    [['--way', 'up'], '--way is heard or sent, not "up"'],
    [['--link', '256'], '--link takes a whole number from 0 to 255'],
    [['--sender', 'nobody'], 'nobody here is called nobody', STATUS.PEER_UNKNOWN],
  ])('refuses %j', async (words, told, code = STATUS.USAGE) => {
    const { status, errs } = await ask(relay, commands, ['monitor', ...words]);
    expect([status, errs[0]]).toEqual([code, expect.stringContaining(told)]);
  });
});

describe('an age', () => {
  it.each([
    [0, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_661_000, '1 h 1 min'],
    [90_000_000, '1 d 1 h'],
    [86_400_000, '1 d'],
  ])('of %i ms is %s', (ms, words) => {
    expect(age(ms)).toBe(words);
  });
});

function frame(sender: string, type = ANNOUNCE): string {
  return toHex(encodePacket(plainPacket(type, 7, 1000, fromHex(sender)!, new Uint8Array(0))));
}

function event(differs: object) {
  const way = 'heard' as const;
  const seen = { unixMs: 1_700_000_000_000, link: 1, way, frame: frame(ANNA) };
  return { ...seen, dropped: null, missed: 0, ...differs };
}

async function follows(): Promise<void> {
  for (let tries = 0; relay.followers() === 0 && tries < 1000; tries++) await wait(5);
}

async function unfollowed(): Promise<void> {
  for (let tries = 0; relay.followers() > 0 && tries < 1000; tries++) await wait(5);
}
