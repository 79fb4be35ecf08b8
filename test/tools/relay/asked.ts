/**
 * Asked: a status socket with the answers of a relay that is none, and commands that ask it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  FrameEvent,
  PingAnswer,
  ScanAnswer,
  StatusAnswer,
  TraceAnswer,
} from '../../../device/pi/relay-service.ts';
import { openStatusSocket } from '../../../device/pi/status-socket.ts';
import type { LinkSnapshot, PeerSnapshot } from '../../../protocol/peer/snapshot.ts';
import type { Commands } from '../../../tools/dispatch.ts';
import { dispatch } from '../../../tools/dispatch.ts';
import type { TestIo } from '../io.ts';
import { testIo } from '../io.ts';

export type Answers = {
  status: StatusAnswer;
  scan: ScanAnswer;
  ping: PingAnswer;
  trace: TraceAnswer;
};

export const ANNA = '1111111111111111';
export const CELLAR = '2222222222222222';

export type AskedRelay = {
  socket: string;
  folder: string;
  answers: Answers;
  /** To all that follow packets. */
  push(event: FrameEvent): void;
  followers(): number;
  close(): Promise<void>;
};

export async function askedRelay(): Promise<AskedRelay> {
  const folder = mkdtempSync(join(tmpdir(), 'hopline-asked-'));
  const socket = join(folder, 'relay.sock');
  const answers: Answers = {
    status: statusAnswer(),
    scan: [],
    ping: null,
    trace: { hops: [], choice: null, shunned: null },
  };
  const pushes = new Set<(event: unknown) => void>();
  const server = await openStatusSocket(socket, {
    ask: (question) =>
      Object.hasOwn(answers, question) ? Promise.resolve(answers[question as keyof Answers]) : null,
    follow(what, _values, event) {
      if (what === 'events') return () => {};
      if (what !== 'packets') return null;
      pushes.add(event);
      return () => pushes.delete(event);
    },
  });
  return {
    socket,
    folder,
    answers,
    push: (event) => pushes.forEach((push) => push(event)),
    followers: () => pushes.size,
    async close() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs a command line against it. */
export async function ask(
  relay: Pick<AskedRelay, 'socket'>,
  commands: Commands,
  words: string[],
  change: (io: TestIo) => void = () => {},
) {
  const io = testIo();
  change(io);
  io.env = { HOPLINE_SOCKET: relay.socket, ...io.env };
  const status = await dispatch(words, commands, '0', io);
  return { status, outs: io.outs, errs: io.errs };
}

export function statusAnswer(): StatusAnswer {
  return {
    version: '0.1.0',
    pid: 77,
    startedAt: 1_700_000_000_000,
    rssBytes: 61_000_000,
    radio: { state: 'on', adapter: null, isAdvertising: true, isScanning: true },
    wires: [{ link: 7, port: 'ttyUSB0', state: 'well' }],
    clock: { isKnown: true, aheadMs: 300, senders: 4 },
    station: {
      id: '4c0ff1cd9cd844b0',
      name: 'attic',
      uptimeMs: 11_520_000,
      unixMs: 1_700_000_000_000,
      islandSize: 5,
      links: [
        linkSnapshot({ link: 0, way: 'in', medium: 'phone', peer: ANNA, name: 'anna', rssi: -61 }),
        linkSnapshot({ link: 1, way: 'out', peer: CELLAR, name: 'cellar', mode: 'full' }),
        linkSnapshot({ link: 2, way: 'out', drops: { 'over-limit': 2 } }),
      ],
      peers: [peerSnapshot(ANNA, 'anna'), peerSnapshot(CELLAR, 'cellar')],
      historySize: 12,
      historyFrom: 0,
      heard: 1204,
      sent: 3310,
      delivered: 88,
      drops: { stale: 3, duplicate: 812 },
    },
  };
}

export function linkSnapshot(differs: Partial<LinkSnapshot>): LinkSnapshot {
  return {
    link: 1,
    medium: 'node',
    way: 'out',
    mode: null,
    peer: null,
    name: null,
    rssi: null,
    payloadMax: 512,
    roundTripMs: null,
    openMs: 61_000,
    silentMs: 500,
    heard: 10,
    sent: 20,
    drops: {},
    ...differs,
  };
}

export function peerSnapshot(id: string, name: string): PeerSnapshot {
  const [isDirect, isHere, silentMs] = [true, true, 2000];
  return {
    id,
    name,
    link: 1,
    isDirect,
    isHere,
    hops: 1,
    silentMs,
    neighbours: [],
    capabilities: [],
  };
}
