/**
 * Provision: as a person meets it, over real pseudo-terminals with nodes at their far ends, each a
 * board that stores its settings and starts again.
 */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readNodeKeys } from '../../../device/pi/node-keys.ts';
import type { SerialListing } from '../../../device/pi/serial.ts';
import { ADMIN_KEY, NAME, NODE_ID, TTL_MAX } from '../../../protocol/core/settings-table.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { plugIn } from '../../../tools/bench/cable.ts';
import { provisionOf } from '../../../tools/commands/provision.ts';
import { dispatch } from '../../../tools/dispatch.ts';
import { Board, Flash, PUCK } from '../../../tools/simulate/board.ts';
import type { NodeBoardMake } from '../../provision/node-board.ts';
import { NodeBoard } from '../../provision/node-board.ts';
import type { Cable } from '../../pty.ts';
import { cable, SOCAT, WITHOUT_SOCAT } from '../../pty.ts';
import { runs, SEED, xorshift } from '../../seed.ts';
import { testIo } from '../io.ts';

let home: string;
let ends: (() => Promise<void>)[];
beforeEach(() => {
  home = fs.mkdtempSync(join(tmpdir(), 'hopline-fleet-'));
  ends = [];
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  fs.rmSync(home, { recursive: true, force: true });
});

describe('hopline provision, of one node', () => {
  it.skipIf(!SOCAT)(
    `gives it settings and keys once, reads it, and opens its console${WITHOUT_SOCAT}`,
    async () => {
      const { board, port } = await plugged();
      const dry = await run([port, '--name', 'gate', '--role', 'leaf', '--dry-run']);
      expect(dry.outs.slice(0, 2)).toEqual(['gate would change:', '  name          none -> gate']);
      expect([board.events, fs.existsSync(join(home, 'keys'))]).toEqual([[], false]);

      const first = await run([port, '--name', 'gate', '--role', 'leaf']);
      const id = toHex(board.settings[NODE_ID]!);
      expect([first.status, first.outs[0]]).toEqual([0, `gate (${id}) is provisioned`]);
      expect(first.outs).toContain('  admin-key     none -> new');
      const [keys] = readNodeKeys(join(home, 'keys'));
      expect(keys).toMatchObject({ name: 'gate', isPending: false, id: board.settings[NODE_ID] });
      expect(board.settings[ADMIN_KEY]).toEqual(keys.admin);
      expect(Math.abs(board.unixMs! - Date.now())).toBeLessThan(60_000);

      const again = await run([port, '--name', 'gate', '--role', 'leaf']);
      expect(again.outs).toEqual([`gate (${id}) is as it should be`]);
      const read = await run(['read', port, '--json']);
      expect(JSON.parse(read.outs[0])).toMatchObject({
        id,
        isNew: false,
        board: 'mdbt42q',
        name: 'gate',
        role: 'leaf',
        adminKey: 'set',
        'console-lock': 'on',
      });
      expect((await run(['identify', port])).outs[0]).toContain('gate blinks');
      const code = await run(['qr', port, '--json']);
      expect(JSON.parse(code.outs[0]).text).toBe(`hopline:${id}?name=gate&role=leaf`);
      const unlocked = await run(['unlock', port]);
      expect(unlocked.outs[0]).toContain(`the console of gate is open at ${port}`);
      expect(board.events).toEqual(['store', 'identify', 'console']);
      // Of a key nothing was ever said (S21).
      const said = [first, again, read, unlocked].flatMap(({ outs, errs }) => [...outs, ...errs]);
      for (const key of [keys.admin!, keys.note!]) {
        expect(said.join('\n')).not.toContain(toHex(key).slice(0, 8));
      }
    },
  );

  it.skipIf(!SOCAT)(
    `files the keys of a renamed node anew, and refuses to go without them${WITHOUT_SOCAT}`,
    async () => {
      const { board, port } = await plugged();
      await run([port, '--name', 'gate']);
      expect((await run([port, '--name', 'door'])).status).toBe(0);
      expect(fs.readdirSync(join(home, 'keys'))).toEqual(['door.key']);
      expect(text(board.settings[NAME])).toBe('door');
      const elsewhere = await run(['read', port, '--keys', join(home, 'none')]);
      expect([elsewhere.status, elsewhere.errs[0]]).toEqual([
        30,
        expect.stringMatching(/: \w+, [0-9a-f]{16}: its admin key is not in .*\[NODE_LOCKED\]$/),
      ]);
      const file = ['--keys', join(home, 'none'), '--key-file', join(home, 'keys', 'door.key')];
      expect((await run(['read', port, ...file])).status).toBe(0);
    },
  );

  it.skipIf(!SOCAT)(
    `works through a console, even one in its debugger${WITHOUT_SOCAT}`,
    async () => {
      const one = await plug();
      const flash = new Flash(PUCK.storageBytes);
      const board = new Board(PUCK, flash);
      board.breakIn();
      ends.push(await plugIn(board, one.near.replace('near', 'far'), PUCK.baud));
      const { status, outs } = await run([one.near, '--name', 'puck', '--ttl-max', '3']);
      expect([status, outs[0]]).toEqual([
        0,
        expect.stringMatching(/^puck \([0-9a-f]{16}\) is prov/),
      ]);
      expect(flash.list()).toEqual(['hop0']);
    },
  );

  it('wants to know what, where and in range', async () => {
    for (const [words, code, advice] of [
      [[], 'USAGE', 'which port, or one of plan, apply, read, identify, qr, unlock, export?'],
      [['/dev/x', '--scan-duty', '12.5'], 'USAGE', 'takes a whole number, 0 to 100 %, not "12.5"'],
      [['/dev/x'], 'USAGE', 'what shall it be? There are --name, --role'],
      [['/dev/x', '--role', 'rely'], 'USAGE', '--role takes leaf'],
      [['/dev/x', '--ttl-max', '65'], 'USAGE', '--ttl-max takes 1 to 64, not "65"'],
      [['read'], 'USAGE', 'read: which port?'],
      [['apply'], 'USAGE', 'apply: which file?'],
      [['aply', 'nodes.yaml'], 'USAGE', 'did you mean apply?'],
      [['read', 'a', 'b'], 'USAGE', '"b" is too much'],
      [['read', '/dev/ttyNOWHERE'], 'PORT_MISSING', 'flash --list'],
      [['read', ''], 'PORT_MISSING', 'its name is empty; hopline flash --list'],
      [['plan', 'none.yaml'], 'FILE_UNREADABLE', 'none.yaml'],
      [['/dev/x', '--name', 'a', '--ports', '/dev/y'], 'USAGE', 'has no use for --ports'],
      [['read', '/dev/x', '--ttl-max', '3'], 'USAGE', 'read has no use for --ttl-max'],
      [['unlock', '/dev/x', '--dry-run'], 'USAGE', 'unlock has no use for --dry-run'],
      [['export', '--json'], 'USAGE', 'export has no use for --json'],
      [['plan', 'nodes.yaml', '--ttl-max', '3'], 'USAGE', 'plan has no use for --ttl-max'],
      [['apply', 'nodes.yaml', '--dry-run'], 'USAGE', 'provision plan says what would change'],
    ] as const) {
      const { errs, outs, status } = await run([...words]);
      expect([errs.at(-1), outs, status > 0]).toEqual([
        expect.stringContaining(`[${code}]`),
        [],
        true,
      ]);
      expect(errs.at(-1)).toContain(advice);
    }
  });

  it('touches no port while the keys or the file are not in order (S5)', async () => {
    const keys = join(home, 'keys');
    fs.mkdirSync(keys, { mode: 0o755 });
    const open = await run(['read', '/dev/ttyNOWHERE']);
    expect(open.errs[0]).toContain('[KEY_FILE_INVALID]');
    const wrong = await run(['apply', 'nodes.yaml'], fleetOf([['gate', '/dev/ttyNOWHERE']], 99));
    expect(wrong.errs[0]).toMatch(/nodes\.yaml:3:\d+: ttl-max takes 1 to 64.*\[CONFIG_INVALID\]$/);
  });
});

describe('hopline provision, of a fleet', () => {
  it.skipIf(!SOCAT)(
    `plans, applies, goes on past one that fails, and is finished later${WITHOUT_SOCAT}`,
    async () => {
      const names = ['one', 'two', 'three', 'four', 'pixl'];
      const boards = await Promise.all(
        names.map((name, at) =>
          plugged(at + 1, name === 'pixl' ? { board: 'pixl', hasSha256: false } : {}),
        ),
      );
      // Somebody else's: its admin key is not ours.
      const theirs = await plugged(7);
      await run([theirs.port, '--name', 'theirs', '--keys', join(home, 'theirs')]);
      const spare = await plug();
      const ports: [string, string][] = names.map((name, at) => [name, boards[at].port]);
      const file = fleetOf([...ports, ['theirs', theirs.port], ['away', '/dev/ttyNOWHERE']], 5);
      const listed = [listing(spare.near, 'E66')];
      const planned = await run(['plan', 'nodes.yaml'], file, listed);
      expect(planned.outs).toEqual(
        expect.arrayContaining([
          `one     ${boards[0].port}  new`,
          '  ttl-max       7 -> 5',
          '  note-key      none -> new',
          '  no keys: pixl has no SHA-256',
          `not in the file: ${spare.near}  serial E66`,
        ]),
      );
      expect(planned.outs.at(-1)).toBe('5 of 7 nodes would change; 2 could not be read');
      expect(boards.map(({ board }) => board.events)).toEqual(names.map(() => []));

      const applied = await run(['apply', 'nodes.yaml'], file, listed);
      expect([applied.status, applied.errs.at(-1)]).toEqual([
        33,
        expect.stringMatching(/theirs, away; run this again for them \[FLEET_UNFINISHED\]$/),
      ]);
      expect(applied.outs[0]).toMatch(/^node +id +port +result$/);
      expect(applied.outs.slice(1, 8).map((row) => row.split(/ +/).slice(0, 1)[0])).toEqual([
        ...names,
        'theirs',
        'away',
      ]);
      expect(applied.outs[1]).toMatch(/^one +[0-9a-f]{16} +\S+ +provisioned$/);
      expect(applied.outs[5]).toMatch(/ provisioned, without keys: pixl has no SHA-256$/);
      expect(applied.outs[6]).toContain('FAILED: the node obeys its admin only');
      for (const { board } of boards) {
        expect(board.events).toEqual(['store']);
        expect(board.settings[TTL_MAX]).toEqual(Uint8Array.of(5));
      }
      fs.renameSync(join(home, 'theirs', 'theirs.key'), join(home, 'keys', 'theirs.key'));
      const rest = file.replace(/^.*away.*$/m, '');
      const again = await run(['apply', 'nodes.yaml'], rest, listed);
      expect([again.status, again.outs[1]]).toEqual([0, expect.stringMatching(/as it should be$/)]);
      expect(again.outs[6]).toMatch(/^theirs .* changed: ttl-max$/);
      expect(boards.map(({ board }) => board.events)).toEqual(names.map(() => ['store']));

      const exported = await run(['export', ...boards.map(({ port }) => port)]);
      expect([exported.status, exported.outs[0]]).toEqual([0, 'nodes:']);
      const ownIds = exported.outs.join('\n');
      const more = ['--ports', boards.map(({ port }) => port).join(',')];
      const same = await run(['apply', 'nodes.yaml', ...more], ownIds);
      expect([same.status, same.errs.sort()]).toEqual([
        0,
        names.map((name) => `${name}: as it should be`).sort(),
      ]);
      expect(boards.map(({ board }) => board.events)).toEqual(names.map(() => ['store']));
    },
  );

  it.skipIf(!SOCAT)(
    `is finished by another run when cables are pulled on the way${WITHOUT_SOCAT}`,
    async () => {
      const random = xorshift(SEED);
      for (let round = 0; round < runs(1, 10); round++) {
        const { board, port, one, unplug } = await plugged(round + 1);
        const name = `n${round}`;
        const going = run(['apply', 'nodes.yaml'], fleetOf([[name, port]], 5));
        setTimeout(() => void one.pull(), 200 + random(2500));
        await going;
        await unplug();
        const before = board.settings;
        expect([before[NAME] && text(before[NAME]), before[ADMIN_KEY]?.length]).toEqual(
          before[NAME] ? [name, 32] : [undefined, undefined],
        );
        const line = await plug();
        board.powerUp();
        ends.push(await plugIn(board, line.far, 115_200));
        const again = await run(['apply', 'nodes.yaml'], fleetOf([[name, line.near]], 5));
        expect([again.status, again.errs], `seed ${SEED}, round ${round}`).toEqual([
          0,
          [expect.stringMatching(/provisioned|as it should be/)],
        ]);
        const keys = readNodeKeys(join(home, 'keys')).find((each) => each.name === name)!;
        expect([board.settings[ADMIN_KEY], keys.isPending]).toEqual([keys.admin, false]);
      }
    },
  );

  it.skipIf(!SOCAT)(
    `refuses two boards with one id, before it changes either (S5)${WITHOUT_SOCAT}`,
    async () => {
      const [a, b] = await Promise.all([plugged(1), plugged(2)]);
      await run([a.port, '--name', 'a']);
      b.board.places.splice(0, 3, ...a.board.places);
      b.board.powerUp();
      const file = fleetOf(
        [
          ['a', a.port],
          ['b', b.port],
        ],
        5,
      );
      const { status, errs } = await run(['apply', 'nodes.yaml'], file);
      expect([status, errs.at(-1)]).toEqual([
        32,
        expect.stringMatching(/a and b are both [0-9a-f]{16}; erase one .*\[NODE_REFUSED\]$/),
      ]);
      expect([a.board.events, b.board.events]).toEqual([['store'], []]);
    },
  );

  it.skipIf(!SOCAT)(
    `knows a port by all its names, and gives its board to one entry${WITHOUT_SOCAT}`,
    async () => {
      const { board, port } = await plugged();
      const alias = join(home, 'by-id');
      fs.symlinkSync(port, alias);
      const file = fleetOf(
        [
          ['a', alias],
          ['b', port],
        ],
        5,
      );
      const { status, outs } = await run(['apply', 'nodes.yaml'], file, [listing(port, 'E66')]);
      expect([status, outs.length]).toEqual([33, 3]);
      expect(outs[1]).toContain(`${port}  provisioned`);
      expect(outs[2]).toContain(`FAILED: its board, at ${port}, is also that of a`);
      expect([text(board.settings[NAME]), board.events]).toEqual(['a', ['store']]);
      const exported = await run(['export', port, alias]);
      expect([exported.status, exported.outs.filter((line) => /name:/.test(line))]).toEqual([
        0,
        ['  - name: a'],
      ]);
    },
  );

  it.skipIf(!SOCAT)(`stops when it is told to, and says so${WITHOUT_SOCAT}`, async () => {
    const { port } = await plugged(1, { consoleMs: 60_000 });
    const { status, errs } = await run(['read', port], '', [], AbortSignal.timeout(300));
    expect([status, errs[0]]).toEqual([31, expect.stringContaining('stopped; run this again')]);
    expect(errs[0]).toContain('[NODE_LOST]');
    const file = 'nodes: [{ name: far, match: { nodeId: 00112233445566ff } }]';
    const stop = AbortSignal.timeout(300);
    const asking = await run(['plan', 'nodes.yaml'], file, [listing(port, 'E66')], stop);
    expect([asking.status, asking.outs]).toEqual([31, []]);
  });

  it.skipIf(!SOCAT)(
    `does not take a locked console for an empty port${WITHOUT_SOCAT}`,
    async () => {
      const { port } = await plugged();
      await run([port, '--name', 'gate']);
      const one = await plug();
      const flash = new Flash(PUCK.storageBytes);
      flash.write('.bootcde', Buffer.from('E.setPassword("sesame");E.lockConsole()'), 0, 0);
      ends.push(await plugIn(new Board(PUCK, flash), one.far, PUCK.baud));
      const file = 'nodes: [{ name: gate, match: next }]';
      const { status, outs } = await run(['apply', 'nodes.yaml', '--ports', one.near], file);
      expect([status, outs[1]]).toEqual([
        33,
        expect.stringContaining(`${one.near}: it may be gate; find gate by its port`),
      ]);
    },
  );

  it.skipIf(!SOCAT)(
    `gives a name to another board only once its keys are free (S5)${WITHOUT_SOCAT}`,
    async () => {
      const [a, b] = await Promise.all([plugged(1), plugged(2)]);
      await run([a.port, '--name', 'gate']);
      const file = fleetOf(
        [
          ['door', a.port],
          ['gate', b.port],
        ],
        5,
      );
      const first = await run(['apply', 'nodes.yaml'], file);
      expect([first.status, first.outs[1], first.outs[2]]).toEqual([
        33,
        expect.stringMatching(/^door .* changed: name, ttl-max$/),
        expect.stringMatching(/^gate .* which is here under another name; .*\[KEY_FILE_EXISTS\]$/),
      ]);
      expect(b.board.events).toEqual([]);
      expect((await run(['apply', 'nodes.yaml'], file)).status).toBe(0);
      expect(toHex(a.board.settings[NODE_ID]!)).not.toBe(toHex(b.board.settings[NODE_ID]!));
      expect(readNodeKeys(join(home, 'keys')).map(({ name }) => name)).toEqual(['door', 'gate']);
    },
  );

  it.skipIf(!SOCAT)(
    `asks for one board after the other, and takes none that has a name${WITHOUT_SOCAT}`,
    async () => {
      const [a, b] = await Promise.all([plugged(1), plugged(2)]);
      const file = 'nodes:\n- { name: first, match: next }\n- { name: second, match: next }';
      const looks = [[], [], [a], [a], [a], [], [a], [a], [a, b], [a, b]];
      let look = 0;
      const list = async (): Promise<SerialListing[]> =>
        looks[Math.min(look++, looks.length - 1)].map(({ port }) => listing(port, ''));
      const { status, outs, errs } = await run(['apply', 'nodes.yaml'], file, list);
      expect([status, outs.length]).toEqual([0, 3]);
      expect(errs).toEqual([
        expect.stringMatching(/^plug in the board for first/),
        'first: provisioned',
        expect.stringMatching(/^plug in the board for second/),
        `${a.port}: that is first; plug in another board for second`,
        'second: provisioned',
      ]);
      expect([text(a.board.settings[NAME]), text(b.board.settings[NAME])]).toEqual([
        'first',
        'second',
      ]);
      const later = await run(['apply', 'nodes.yaml'], file, [listing(b.port, '')]);
      expect([later.status, later.outs[1], later.outs[2]]).toEqual([
        0,
        expect.stringMatching(/^first .*provisioned before, not plugged in now$/),
        expect.stringMatching(/^second .*as it should be$/),
      ]);
    },
  );
});

async function plug(): Promise<Cable> {
  const one = await cable();
  ends.push(() => one.pull());
  return one;
}

async function plugged(seed = 1, differs: NodeBoardMake = {}) {
  const one = await plug();
  const board = new NodeBoard(seed, { consoleMs: 50, ...differs });
  const unplug = await plugIn(board, one.far, 115_200);
  ends.push(unplug);
  return { board, port: one.near, one, unplug };
}

function listing(path: string, serial: string): SerialListing {
  return {
    path,
    serial,
    usbPath: null,
    vendorId: '1915',
    productId: '520f',
    manufacturer: null,
  };
}

function fleetOf(nodes: [name: string, port: string][], ttl: number): string {
  const lines = nodes.map(([name, port]) => `- { name: ${name}, match: { port: ${port} } }`);
  return ['# ours', 'defaults:', `  ttl-max: ${ttl}`, 'nodes:', ...lines].join('\n');
}

function text(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}

async function run(
  words: string[],
  file = '',
  listed: SerialListing[] | (() => Promise<SerialListing[]>) = [],
  stop?: AbortSignal,
) {
  const io = testIo(file === '' ? {} : { 'nodes.yaml': file });
  if (stop !== undefined) io.stopping = () => stop;
  io.wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms / 50));
  const keys = words.includes('--keys') ? [] : ['--keys', join(home, 'keys')];
  const list = typeof listed === 'function' ? listed : async () => listed;
  const command = provisionOf(list);
  const all = ['provision', ...words, ...keys];
  const status = await dispatch(all, { provision: async () => command }, '0', io);
  return { status, outs: io.outs, errs: io.errs };
}
