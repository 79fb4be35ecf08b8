/**
 * Terminal: files and colours as the person's machine has them.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { askSecret, terminal, wantsColour } from '../../tools/terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'hopline-terminal-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a file', () => {
  it('is written and read back', async () => {
    const path = join(folder, 'a.txt');
    await terminal().writeText(path, 'grüß dich');
    expect(await terminal().readText(path)).toBe('grüß dich');
  });

  for (const [what, path, why] of [
    ['that is absent', 'none.txt', 'there is no such file or folder'],
    ['that is a folder', '.', 'it is a folder'],
    ['below a file', 'file/none.txt', 'part of the path is not a folder'],
  ]) {
    it(`${what} is unreadable in one line that names it`, async () => {
      writeFileSync(join(folder, 'file'), '');
      const full = join(folder, path);
      await expect(terminal().readText(full)).rejects.toThrow(`${full}: ${why} [FILE_UNREADABLE]`);
    });
  }

  it.runIf(process.platform === 'linux')(
    'that is a port or another device is not read',
    async () => {
      const refusal = '/dev/zero: it is a device, and no file [FILE_UNREADABLE]';
      await expect(terminal().readText('/dev/zero')).rejects.toThrow(refusal);
      await expect(terminal().readBytes('/dev/zero')).rejects.toThrow(refusal);
      expect(await terminal().readText('/dev/null')).toBe('');
    },
  );

  for (const [what, path, why] of [
    ['in no folder', 'none/a.txt', 'there is no such file or folder'],
    ['that is a folder', '.', 'it is a folder'],
  ]) {
    it(`${what} is unwritable in one line that names it, before and then`, async () => {
      const full = join(folder, path);
      const refusal = `${full}: ${why} [FILE_UNWRITABLE]`;
      await expect(terminal().mayWrite(full)).rejects.toThrow(refusal);
      await expect(terminal().writeText(full, '')).rejects.toThrow(refusal);
    });
  }

  it('may be written, and is left as it was', async () => {
    const [old, fresh] = [join(folder, 'old.txt'), join(folder, 'fresh.txt')];
    writeFileSync(old, 'as it was');
    const before = readdirSync(folder);
    await terminal().mayWrite(old);
    await terminal().mayWrite(fresh);
    expect(await terminal().readText(old)).toBe('as it was');
    expect(readdirSync(folder)).toEqual(before);
  });
});

it('a terminal that does not know how wide it is gets lines of 80', () => {
  const { columns } = process.stdout;
  try {
    for (const [said, taken] of [
      [0, 80],
      [132, 132],
    ]) {
      process.stdout.columns = said;
      expect(terminal().columns).toBe(taken);
    }
  } finally {
    process.stdout.columns = columns;
  }
});

it('what a person reads breaks between words at a terminal, and in no pipe', () => {
  const { columns, isTTY } = process.stderr;
  const written: unknown[] = [];
  const write = vi.spyOn(process.stderr, 'write');
  write.mockImplementation((text) => (written.push(text), true));
  try {
    for (const isTerminal of [true, false]) {
      Object.assign(process.stderr, { columns: 25, isTTY: isTerminal });
      terminal().err('the bridge is gone; it is looked for');
    }
  } finally {
    write.mockRestore();
    Object.assign(process.stderr, { columns, isTTY });
  }
  expect(written).toEqual([
    'the bridge is gone; it is\n',
    'looked for\n',
    'the bridge is gone; it is looked for\n',
  ]);
});

describe('a secret', () => {
  for (const [what, typed, expected] of [
    ['is the line that was typed', 'open sesame\r', 'open sesame'],
    ['may be corrected', 'opx\x7fen\n', 'open'],
    ['is given up by Ctrl-C', 'op\x03', null],
    ['is cut where it never ends', `${'x'.repeat(9999)}\r`, 'x'.repeat(256)],
  ] as const) {
    it(`${what}, and is never shown`, async () => {
      const { answer, shown, raw } = ask(true, typed);
      expect(await answer).toBe(expected);
      expect(shown()).toBe('Who? \n');
      expect(raw).toEqual([true, false]);
    });
  }

  it('is asked for at a terminal only', async () => {
    const { answer, shown } = ask(false, 'open\r');
    expect([await answer, shown()]).toEqual([null, '']);
  });
});

it('a wish to stop is heard once, and a second one is left to the system', () => {
  const before = process.listeners('SIGINT');
  const signal = terminal().stopping();
  const [stop] = process.listeners('SIGINT').filter((listener) => !before.includes(listener));
  expect(signal.aborted).toBe(false);
  stop('SIGINT');
  expect(signal.aborted).toBe(true);
  expect(process.listeners('SIGINT')).toEqual(before);
  expect(process.listeners('SIGTERM')).not.toContain(stop);
});

describe('colour', () => {
  for (const [env, isTTY, wanted] of [
    [{}, true, true],
    [{}, false, false],
    [{ TERM: 'dumb' }, true, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true, false],
  ] as const) {
    it(`with ${JSON.stringify(env)} on ${isTTY ? 'a terminal' : 'a pipe'} is ${wanted}`, () => {
      expect(wantsColour(env, isTTY)).toBe(wanted);
    });
  }
});

function ask(isTTY: boolean, typed: string) {
  const raw: boolean[] = [];
  const input = Object.assign(new PassThrough(), {
    isTTY,
    setRawMode: (on: boolean) => void raw.push(on),
  });
  const output = new PassThrough();
  const answer = askSecret(input as unknown as NodeJS.ReadStream, output, 'Who? ');
  for (const letter of typed) input.write(letter);
  return { answer, raw, shown: () => String(output.read() ?? '') };
}
