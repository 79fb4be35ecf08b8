/**
 * The whole way with real parts: a small node on a serial line, a relay, bridges with radios of their
 * own, a TCP line between two of them that is cut, and whoever reads it at the far end.
 *
 *   node - serial - relay - air - bridge - TCP - bridge - air - peer
 *                    near peer -'
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setTimeout as wait } from 'node:timers/promises';
import { HAS_LIBRARIES, openRig } from '../ble/rig.ts';
import type { Rig } from '../ble/rig.ts';
import { provisioned, startRelay, tempFolder } from '../device/pi/relay-rig.ts';
import { INTERPRETER, WITHOUT_INTERPRETER } from '../espruino/interpreter.ts';
import { freePort } from '../free-port.ts';
import { cable, SOCAT, WITHOUT_SOCAT } from '../pty.ts';
import { SOAK } from '../seed.ts';
import { hopline } from '../tools/built.ts';
import { Router } from './links/router.ts';
import { BridgeChild, plugInDouble, plugInEspruino } from './path-rig.ts';
import { until } from '../patience.ts';

const CUT_MS = SOAK ? 30_000 : 3000;
/** What is delivered twice would be so by then. */
const AFTERWARDS_MS = SOAK ? 60_000 : 1500;

const ends: (() => unknown)[] = [];
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

describe.skipIf(!HAS_LIBRARIES || !SOCAT)(`the way from a node to a page${WITHOUT_SOCAT}`, () => {
  let path: Path;
  beforeAll(async () => {
    await hopline(['--version']);
    path = await layPath();
  });

  it('brings what people and nodes say across once, and the answers back, though it is cut', async () => {
    const { near, far, line } = path;
    const [nearId, farId] = [await path.idOf(near), await path.idOf(far)];
    const [node] = path.nodes;

    // A node goes on to its next note once the first was noted, or after more than a minute.
    node.say('the door is open');
    node.say('the door is shut');
    await path.arrived(far, ['the door is open (from device door)']);
    await path.arrived(far, ['the door is shut (from device door)']);

    await near.say('is anybody there?');
    await path.arrived(far, ['is anybody there?']);
    await far.say('yes, over here');
    await path.arrived(near, ['yes, over here']);
    await near.tell(farId, 'for you alone');
    await path.state(near, farId, 'for you alone', 'delivered');
    const [letter] = await far.messages(nearId);
    expect(letter).toMatchObject({ text: 'for you alone', isOwn: false, isVerified: true });
    await far.read(nearId, letter.key);
    await path.state(near, farId, 'for you alone', 'read');

    line.darken();
    const said = ['one', 'two', 'three'].map((word) => `${word} into the dark`);
    for (const text of said) await near.say(text);
    await near.tell(farId, 'a letter into the dark');
    await far.tell(nearId, 'a letter out of the dark');
    await far.say('still here');
    node.say('it is dark');
    await wait(CUT_MS);
    expect(line.swallowed).toBeGreaterThan(0);
    line.mend();
    await path.arrived(far, [...said, 'it is dark (from device door)']);
    await path.arrived(near, ['still here']);
    await path.state(near, farId, 'a letter into the dark', 'delivered');
    await path.state(far, nearId, 'a letter out of the dark', 'delivered');

    await wait(AFTERWARDS_MS);
    const all = (await near.texts()).sort();
    expect(new Set(all).size).toBe(all.length);
    for (const one of [far, path.bridge, path.farBridge]) {
      expect((await one.texts()).sort(), one.name).toEqual(all);
    }
    const letters = ['a letter into the dark', 'a letter out of the dark', 'for you alone'];
    expect((await near.texts(farId)).sort()).toEqual(letters);
    expect((await far.texts(nearId)).sort()).toEqual(letters);
  });

  it.skipIf(INTERPRETER === null)(
    `takes the notes of a real Espruino, and the answers back to it${WITHOUT_INTERPRETER}`,
    async () => {
      const [, node] = path.nodes;
      node.say('the gate is open');
      node.say('the gate is shut');
      await path.arrived(path.far, ['the gate is open (from device gate)']);
      await path.arrived(path.far, ['the gate is shut (from device gate)']);
    },
  );
});

type Path = Awaited<ReturnType<typeof layPath>>;

/** Everything from a relay with two wires to the peer at the far end, joined. */
async function layPath() {
  const rig = await openRig(5);
  ends.push(() => rig.close());
  const [atRelay, atNear, atBridge, atFarBridge, atFar] = [0, 1, 2, 3, 4];
  part(rig, [atRelay, atNear, atBridge], [atFarBridge, atFar]);
  const folder = tempFolder(ends);
  const [door, gate] = [provisioned(folder, 'door'), provisioned(folder, 'gate')];
  const wires = [await cable(), await cable()];
  ends.push(() => Promise.all(wires.map((wire) => wire.pull())));
  const nodes = [await plugInDouble(wires[0].far, door.keys, ends)];
  if (INTERPRETER !== null) nodes.push(await plugInEspruino(wires[1].far, gate.keys, ends));
  const port = await freePort();
  const line = await Router.start(port);
  ends.push(() => line.close());
  const deaf = 'listen: { port: off }';
  const listening = `listen: { host: 127.0.0.1, port: ${port} }\nnotes: [${door.file}, ${gate.file}]`;
  // One after the other: an adapter that is not asked in time is taken for dead.
  const serial = `serial: [${wires.map(({ near }) => near).join()}]`;
  const relay = await startRelay(rig, atRelay, `name: relay\n${serial}`, ends);
  const bridge = await BridgeChild.start(rig, atBridge, 'bridge', deaf, ends);
  const farBridge = await BridgeChild.start(rig, atFarBridge, 'far-bridge', listening, ends);
  const near = await BridgeChild.start(rig, atNear, 'near', deaf, ends);
  const far = await BridgeChild.start(rig, atFar, 'far', deaf, ends);
  const invite = await farBridge.invite(`127.0.0.1:${line.port}`);
  await bridge.join(invite.line);
  const reaches = async (from: BridgeChild, to: BridgeChild): Promise<boolean> =>
    (await from.peers()).some(({ name, isReachable }) => name === to.name && isReachable);
  await until(async () => (await reaches(near, far)) && (await reaches(far, near)), 'they meet');

  await until(async () => {
    const { links } = (await relay.report()).station;
    return (
      links.filter(({ way, mode }) => way === 'wire' && mode === 'limited').length === nodes.length
    );
  }, 'the nodes are on their wires');

  return {
    nodes,
    line,
    near,
    bridge,
    farBridge,
    far,
    async idOf(whom: BridgeChild): Promise<string> {
      const all = await (whom === near ? far : near).peers();
      return all.find(({ name }) => name === whom.name)!.id;
    },
    /** In any order, each of them. */
    async arrived(at: BridgeChild, texts: string[]): Promise<void> {
      await until(
        async () => {
          const heard = await at.texts();
          return texts.every((text) => heard.includes(text));
        },
        `${at.name} hears "${texts.join('", "')}"`,
      );
    },
    /** How far one of `from`'s own came. */
    async state(from: BridgeChild, to: string, text: string, state: string): Promise<void> {
      await until(async () => {
        const message = (await from.messages(to)).find((one) => one.text === text);
        return message?.state === state;
      }, `"${text}" of ${from.name} is ${state}`);
    },
  };
}

/** Nobody of the one hears anybody of the other. */
function part(rig: Rig, one: number[], other: number[]): void {
  for (const a of one) {
    for (const b of other) rig.air.setReach(rig.controllers[a], rig.controllers[b], false);
  }
}
