/**
 * Two whole bridges, each a process, joined by a line and under load, and either is killed at random
 * moments: what was acknowledged arrives, and nothing arrives twice.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nativeCrypto } from '../../device/pi/crypto.ts';
import { createKeyFile } from '../../device/pi/key-file.ts';
import type { MessageView } from '../../host/http/views.ts';
import { Identity } from '../../protocol/trust/identity.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import { runs, SEED, xorshift } from '../seed.ts';
import { freePort } from '../free-port.ts';
import { until } from '../patience.ts';
import { BridgeProcess, buildBridge, pause } from './bridge-process.ts';

const KILLS = runs(12, 300);
/** Between two messages of one bridge: a peer may say 60 in a minute, and bursts above it. */
const TALK_MS = 150;
/**
 * For history to be asked for and for the last tries of what was not acknowledged; begun anew while
 * something still comes. On a busy machine hundreds of letters wait when the last kill is over.
 */
const SETTLE_MS = 180_000;

let home: string;
let bridges: Side[];

type Side = { bridge: BridgeProcess; id: string; told: Map<string, number>; acked: MessageView[] };

beforeAll(async () => {
  buildBridge();
  home = mkdtempSync(join(tmpdir(), 'hopline-kill-'));
  bridges = await pair(home);
});
afterAll(async () => {
  await Promise.all(bridges.map(({ bridge }) => bridge.kill()));
  rmSync(home, { recursive: true, force: true });
});

describe('two bridges that are killed under load', () => {
  it(`lose nothing they acknowledged and deliver nothing twice (seed ${SEED})`, async () => {
    const random = xorshift(SEED);
    const [one, two] = bridges;
    let isOver = false;
    const talking = [talk(one, two), talk(two, one)];
    async function talk(from: Side, to: Side): Promise<void> {
      for (let at = 0; !isOver; at++) {
        const isPublic = at % 2 === 0;
        try {
          const sent = await from.bridge.send(isPublic ? 'public' : to.id, `message ${at}`);
          from.acked.push(sent);
        } catch {
          // Not acknowledged: it may arrive, or not.
        }
        await pause(TALK_MS);
      }
    }

    for (let kill = 0; kill < KILLS; kill++) {
      await pause(random(600));
      const victim = bridges[random(2)];
      await victim.bridge.kill();
      await pause(random(100));
      await restart(victim);
    }
    isOver = true;
    await Promise.all(talking);

    expect(one.acked.length + two.acked.length).toBeGreaterThan(KILLS);
    await expectArrived(one, two);
    await expectArrived(two, one);
    for (const { told } of bridges) {
      expect([...told].filter(([, times]) => times > 1)).toEqual([]);
    }
  }, 3_600_000);
});

async function expectArrived(from: Side, to: Side): Promise<void> {
  let until = Date.now() + SETTLE_MS;
  let fewest = Infinity;
  for (;;) {
    const lost = await lostBetween(from, to);
    if (lost.length === 0) return;
    if (lost.length < fewest) until = Date.now() + SETTLE_MS;
    fewest = Math.min(fewest, lost.length);
    if (Date.now() > until) return expect(lost).toEqual([]);
    await pause(500);
  }
}

/** What was acknowledged and is not there, or is not known to be there. */
async function lostBetween(from: Side, to: Side): Promise<string[]> {
  const there = new Set(
    [...(await to.bridge.messages('public')), ...(await to.bridge.messages(from.id))].map(nameOf),
  );
  const kept = new Map(
    [...(await from.bridge.messages('public')), ...(await from.bridge.messages(to.id))].map(
      (message) => [nameOf(message), message],
    ),
  );
  return from.acked.flatMap((message) => {
    const name = nameOf(message);
    const mine = kept.get(name);
    if (mine === undefined) return [`${name} is gone from its sender`];
    if (!there.has(name)) return [`${name} (${mine.state} ${mine.reason}) never arrived`];
    const isKnown = message.conversation === 'public' || mine.state === 'delivered';
    return isKnown ? [] : [`${name} arrived and is still ${mine.state}`];
  });
}

/** Conversations have another name at each end. */
function nameOf({ sender, id }: MessageView): string {
  return `${sender} ${id}`;
}

async function restart(side: Side): Promise<void> {
  await side.bridge.start();
  side.bridge.listen((event) => {
    if (event.kind !== 'message' || event.message.isOwn) return;
    const name = nameOf(event.message);
    side.told.set(name, (side.told.get(name) ?? 0) + 1);
  });
}

/** Two that dial each other, and have met. */
async function pair(folder: string): Promise<Side[]> {
  const names = ['hill', 'dale'];
  const draw = (size: number): Uint8Array => new Uint8Array(randomBytes(size));
  const ids = names.map((name) => {
    const secrets = createKeyFile(join(folder, `${name}.keys`), draw);
    return toHex(new Identity(nativeCrypto(), secrets).id);
  });
  const ports = [await freePort(), await freePort()];
  const sides = names.map((name, at): Side => {
    const other = 1 - at;
    const settings = `
name: ${name}
key-file: ${join(folder, `${name}.keys`)}
radio: { on: false }
serial: none
listen: { host: 127.0.0.1, port: ${ports[at]} }
peers: [{ address: 127.0.0.1:${ports[other]}, node: "${ids[other]}" }]
http: { port: 0 }
log: warn
`;
    const bridge = new BridgeProcess(join(folder, name), settings);
    return { bridge, id: ids[at], told: new Map(), acked: [] };
  });
  await Promise.all(sides.map(restart));
  for (const [at, { bridge }] of sides.entries()) {
    const isMet = async (): Promise<boolean> =>
      (await bridge.peers()).some(({ id }) => id === ids[1 - at]);
    await until(isMet, () => `they meet; ${bridge.said}`);
  }
  return sides;
}
