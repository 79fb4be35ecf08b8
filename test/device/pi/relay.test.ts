/**
 * A relay from end to end: real processes of the built program over the virtual radio, with a phone,
 * another relay, and a board on a wire.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ANNOUNCE, LEAVE, MESSAGE } from '../../../protocol/core/packet.ts';
import { decodeAnnounce } from '../../../protocol/wire/announce.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { HAS_LIBRARIES, openRig } from '../../ble/rig.ts';
import type { Rig } from '../../ble/rig.ts';
import { person } from '../../protocol/trust/people.ts';
import { cable, SOCAT } from '../../pty.ts';
import { hopline, PROGRAM } from '../../tools/built.ts';
import {
  PhoneChild,
  provisioned,
  RelayChild,
  secretsOf,
  startRelay,
  tempFolder,
  textOf,
  WiredBoard,
  writeSettings,
} from './relay-rig.ts';
import { until } from '../../patience.ts';

let ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});
beforeAll(() => hopline(['--version']));

describe.skipIf(!HAS_LIBRARIES)('a relay on the air', () => {
  it.skipIf(!SOCAT)(
    'joins phones, relays and boards on wires, and says nothing of it in its log',
    async () => {
      const rig = await rigOf(4);
      rig.air.setReach(rig.controllers[0], rig.controllers[3], false);
      rig.air.setReach(rig.controllers[1], rig.controllers[2], false);
      rig.air.setReach(rig.controllers[2], rig.controllers[3], false);
      const wire = await cable();
      ends.push(() => wire.pull());
      const folder = tempFolder(ends);
      const { keys, file } = provisioned(folder, 'door');
      const one = await startRelay(
        rig,
        0,
        `name: attic\nserial: [${wire.near}]\nnotes: [${file}]`,
        ends,
      );
      const two = await startRelay(rig, 1, 'name: cellar\nserial: none', ends);
      const [anna, berta] = [
        await PhoneChild.start(rig, 2, person(1)),
        await PhoneChild.start(rig, 3, person(2)),
      ];
      await until(async () => isJoined(await one.report()), 'the relays are joined');
      await Promise.all([anna.isDialled(), berta.isDialled()]);

      // Announces ahead of messages, or a phone takes none (WIRE §12 i).
      const from = (who: PhoneChild) => toHex(who.identity.id);
      const announced = await berta.hears(
        ({ type, sender }) => type === ANNOUNCE && toHex(sender) === from(anna),
      );
      expect(announced.ttl).toBeLessThan(7);
      anna.say('is anybody there?');
      const heard = await berta.hears(({ type }) => type === MESSAGE);
      expect([textOf(heard), toHex(heard.sender)]).toEqual(['is anybody there?', from(anna)]);
      berta.say('yes, in the cellar');
      expect(textOf(await anna.hears(({ type }) => type === MESSAGE))).toBe('yes, in the cellar');

      const board = await WiredBoard.plugIn(wire.far, keys, ends);
      await until(async () => wireOf(await one.report())?.mode === 'limited', 'the board is there');
      board.say('the door is open');
      const note = await berta.hears(({ type }) => type === MESSAGE);
      expect(textOf(note)).toContain('the door is open');
      expect(textOf(note)).toContain('door');
      expect(toHex(note.sender)).toBe((await one.report()).station.id);

      const { station, radio } = await one.report();
      const ways = station.links.map(({ way }) => way);
      expect(ways.filter((way) => way === 'in').length).toBeLessThanOrEqual(1);
      expect(ways).toContain('wire');
      expect(radio.state).toBe('on');

      // What people ask of it, by the name of the other.
      const asks = (...words: string[]) =>
        hopline([...words, '--json'], { env: { HOPLINE_SOCKET: one.socket } });
      const pong = JSON.parse((await asks('ping', 'cellar')).out);
      expect(pong).toMatchObject({ pong: { roundTripMs: expect.any(Number) } });
      const way = JSON.parse((await asks('trace', 'cellar')).out);
      expect(way.hops).toContainEqual(
        expect.objectContaining({ id: pong.id, distance: 0, medium: 'air' }),
      );
      const around = JSON.parse((await asks('scan')).out);
      expect(around.map(({ service }: { service: string }) => service).sort()).toEqual([
        'node',
        'phone',
      ]);
      const watched = asks('monitor', '--type', 'message', '--way', 'heard', '--count', '1');
      await until(() => one.log.some(({ msg }) => msg === 'watched'), 'it is watched');
      anna.say('once more');
      const { status, out } = await watched;
      expect([status, JSON.parse(out)]).toEqual([
        0,
        expect.objectContaining({ type: 'message', sender: from(anna), way: 'heard' }),
      ]);

      // S21: at the level that says most, no key, no body.
      const logs = [one.out, one.err, two.out, two.err].join('');
      expect(one.log.some(({ msg }) => msg === 'message')).toBe(true);
      const words = ['is anybody there', 'in the cellar', 'the door is open', 'once more'];
      const secrets = [...secretsOf(one), ...secretsOf(two), toHex(keys.note!), toHex(keys.admin!)];
      for (const word of [...words, ...secrets]) {
        expect(logs).not.toContain(word);
        expect(logs).not.toContain(Buffer.from(word).toString('hex'));
        expect(logs).not.toContain(Buffer.from(word).toString('base64').slice(0, -4));
        if (secrets.includes(word)) {
          expect(logs).not.toContain(Buffer.from(word, 'hex').toString('base64').slice(0, -4));
        }
      }
    },
  );

  it('leaves cleanly when it is told to: a leave packet, nothing on the air, status 0', async () => {
    const rig = await rigOf(2);
    const relay = await startRelay(rig, 0, 'serial: none', ends);
    const phone = await PhoneChild.start(rig, 1, person(1));
    await relay.client();
    await phone.dial(rig.controllers[0].address);
    const announce = await phone.hears(({ type }) => type === ANNOUNCE);
    const { id } = (await relay.report()).station;
    expect(toHex(announce.sender)).toBe(id);
    expect(decodeAnnounce(announce.payload).ok).toBe(true);

    const began = performance.now();
    relay.signal('SIGTERM');
    const leave = await phone.hears(({ type }) => type === LEAVE);
    expect([toHex(leave.sender), leave.signature !== null]).toEqual([id, true]);
    expect(await relay.ends()).toBe(0);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(rig.controllers[0].advertising.isOn).toBe(false);
    expect([relay.err, existsSync(relay.socket)]).toEqual(['', false]);
  });

  it('ends by SIGINT as by SIGTERM, whatever noble and bleno make of it', async () => {
    const rig = await rigOf(1);
    const relay = await startRelay(rig, 0, 'serial: none', ends);
    await relay.client();
    await until(async () => (await relay.report()).radio.isAdvertising, 'it advertises');
    relay.signal('SIGINT');
    expect([await relay.ends(), relay.log.at(-1)?.['msg']]).toEqual([0, 'left']);
  });

  it('is the same peer after a restart, and refuses to be another (S24)', async () => {
    const rig = await rigOf(1);
    const relay = await startRelay(rig, 0, 'serial: none', ends);
    const { id } = (await relay.report()).station;
    relay.signal('SIGTERM');
    await relay.ends();
    const keys = join(relay.folder, 'data', 'keys');
    expect(statSync(keys).mode & 0o777).toBe(0o600);
    const config = join(relay.folder, 'relay.yaml');
    const shown = await hopline(['identity', keys, '--json']);
    expect(JSON.parse(shown.out).id).toBe(id);

    const whole = readFileSync(keys, 'utf8');
    writeFileSync(keys, whole.replace(/noise ./, 'noise x'));
    const corrupt = await hopline(['relay', '--config', config]);
    expect([corrupt.status, corrupt.err]).toEqual([
      78,
      expect.stringContaining('[KEY_FILE_INVALID]'),
    ]);
    rmSync(keys);
    const missing = await hopline(['relay', '--config', config]);
    expect([missing.status, missing.err]).toEqual([
      66,
      expect.stringContaining('[FILE_UNREADABLE]'),
    ]);
    expect(existsSync(keys)).toBe(false);
  });
});

describe('a relay without a radio', () => {
  it('says so and goes on with its wires, and one of it is enough', async () => {
    const folder = tempFolder(ends);
    const file = writeSettings(folder, 'serial: [nowhere]');
    const relay = new RelayChild(folder, [PROGRAM, 'relay', '--config', file], noAdapters(folder));
    ends.push(() => relay.end());
    await until(async () => (await relay.report()).wires[0].state !== 'opening', 'it was tried');
    const { radio, wires } = await relay.report();
    expect([radio.state, wires]).toEqual([
      'missing',
      [{ link: 1, port: 'nowhere', state: 'missing' }],
    ]);
    expect(relay.out).toContain('[RADIO_MISSING]');
    const second = await hopline(['relay', '--config', file], { env: noAdapters(folder) });
    expect([second.status, second.err]).toEqual([11, expect.stringContaining('[RELAY_RUNNING]')]);
    relay.signal('SIGTERM');
    expect(await relay.ends()).toBe(0);
  });

  it.skipIf(!SOCAT)('ends when it cannot store what it must, rather than forget it', async () => {
    const folder = tempFolder(ends);
    const wire = await cable();
    ends.push(() => wire.pull());
    const { keys, file } = provisioned(folder, 'door');
    const settings = `radio: { on: false }\nserial: [${wire.near}]\nnotes: [${file}]`;
    const config = writeSettings(folder, settings);
    const relay = new RelayChild(folder, [PROGRAM, 'relay', '--config', config], {});
    ends.push(() => relay.end());
    await relay.client();
    // Nothing can be written where a folder stands.
    mkdirSync(join(folder, 'data', 'counters.draft'));
    const board = await WiredBoard.plugIn(wire.far, keys, ends);
    await until(async () => wireOf(await relay.report())?.mode === 'limited', 'the board is there');
    board.say('the door is open');
    expect(await relay.ends()).toBe(17);
    expect(relay.err).toMatch(/^hopline: the relay has stopped: .*\[RELAY_BROKEN\]\n$/);
  });

  it('refuses where there is no wire either, with what to do', async () => {
    const folder = tempFolder(ends);
    const file = writeSettings(folder, 'serial: none');
    const { status, err } = await hopline(['relay', '--config', file], { env: noAdapters(folder) });
    expect([status, err]).toEqual([14, expect.stringMatching(/^hopline: .*plug one in.*\n$/)]);
  });

  it('refuses settings that hold a mistake, with its place', async () => {
    const folder = tempFolder(ends);
    const file = writeSettings(folder, 'tttl: 7');
    const { status, err } = await hopline(['relay', '--config', file]);
    expect([status, err]).toEqual([
      79,
      expect.stringContaining(`${file}:3:1: there is no setting`),
    ]);
    const absent = await hopline(['relay', '--config', `${file}.not`]);
    expect([absent.status, absent.err]).toEqual([66, expect.stringContaining('[FILE_UNREADABLE]')]);
  });
});

async function rigOf(count: number): Promise<Rig> {
  const rig = await openRig(count);
  ends.push(() => rig.close());
  return rig;
}

function noAdapters(folder: string): Record<string, string> {
  return { HOPLINE_ADAPTERS: join(folder, 'none') };
}

function isJoined({ station }: Awaited<ReturnType<RelayChild['report']>>): boolean {
  return station.links.some(({ medium, mode }) => medium === 'node' && mode === 'full');
}

function wireOf({ station }: Awaited<ReturnType<RelayChild['report']>>) {
  return station.links.find(({ way }) => way === 'wire');
}
