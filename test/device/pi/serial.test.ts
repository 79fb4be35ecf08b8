/**
 * Serial: the adapter against real pseudo-terminals. What the system says becomes a code and a remedy.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { listSerial, openSerial } from '../../../device/pi/serial.ts';
import type { SerialLink } from '../../../device/pi/serial.ts';
import type { HoplineError } from '../../../protocol/errors.ts';
import type { Cable } from '../../pty.ts';
import { cable, SOCAT, WITHOUT_SOCAT } from '../../pty.ts';
import { until } from '../../patience.ts';

let cables: Cable[] = [];
let links: SerialLink[] = [];
afterEach(async () => {
  for (const link of links) await link.close();
  for (const one of cables) await one.pull();
  cables = [];
  links = [];
});

describe('a serial port', () => {
  it.skipIf(!SOCAT)(`carries every byte both ways, at any rate${WITHOUT_SOCAT}`, async () => {
    const { near, far } = await plug();
    const [a, b] = [await open(near), await open(far)];
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    await a.link.write(all);
    await b.link.write(all.toReversed());
    await until(() => a.heard.length === 256 && b.heard.length === 256);
    await a.link.setBaud(9600);
    await a.link.write(all);
    await until(() => b.heard.length === 512);
    expect([a.heard, b.heard]).toEqual([[...all.toReversed()], [...all, ...all]]);
  });

  it.skipIf(!SOCAT)(`says once that it is gone, and nothing after${WITHOUT_SOCAT}`, async () => {
    const one = await plug();
    const { link, failures } = await open(one.near);
    await one.pull();
    await until(() => failures.length > 0);
    await link.close();
    await link.close();
    expect(failures.map(({ code }) => code)).toEqual(['PORT_GONE']);
    expect(failures[0].message).toContain(`${one.near}: it was`);
    await expect(link.write(new Uint8Array(1))).rejects.toMatchObject({ code: 'PORT_GONE' });
  });

  it.skipIf(!SOCAT)(`is gone also when pulled between two reads${WITHOUT_SOCAT}`, async () => {
    const one = await plug();
    const { failures } = await open(one.near);
    const pulled = one.pull();
    // Nothing is read while this waits, so what is read first is a line that was hung up.
    spawnSync('sleep', ['0.2']);
    await pulled;
    await until(() => failures.length > 0);
    expect(failures.map(({ code }) => code)).toEqual(['PORT_GONE']);
    expect(failures[0].message).toContain(`${one.near}: it was unplugged or switched off`);
  });

  it.skipIf(!SOCAT)(`is silent after we close it, and free again${WITHOUT_SOCAT}`, async () => {
    const { near, far } = await plug();
    const a = await open(near);
    const b = await open(far);
    await a.link.close();
    await b.link.write(new Uint8Array(9));
    const again = await open(near);
    await b.link.write(Uint8Array.of(1));
    await until(() => again.heard.includes(1));
    expect([a.heard, a.failures]).toEqual([[], []]);
  });

  it.skipIf(!SOCAT)(
    `refuses a second write before the first is taken${WITHOUT_SOCAT}`,
    async () => {
      const { near } = await plug();
      const { link } = await open(near);
      const first = link.write(new Uint8Array(9));
      await expect(link.write(new Uint8Array(9))).rejects.toThrow('one write at a time');
      await first;
    },
  );
});

describe('a write that nobody reads', () => {
  it.skipIf(!SOCAT)(`waits, and ends when the port is closed${WITHOUT_SOCAT}`, async () => {
    const { near } = await plug();
    const { link, failures } = await open(near);
    const outcome = link.write(new Uint8Array(4_000_000)).catch((cause: HoplineError) => cause);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await link.close();
    expect(await outcome).toMatchObject({ code: 'PORT_GONE' });
    expect(failures).toEqual([]);
  });
});

describe('a port that cannot be opened', () => {
  it.skipIf(!SOCAT)(`is busy while somebody else has it${WITHOUT_SOCAT}`, async () => {
    const { near } = await plug();
    await open(near);
    const failure = await open(near).catch((cause: HoplineError) => cause);
    expect(failure).toMatchObject({ code: 'PORT_BUSY' });
    expect((failure as HoplineError).message).toContain(`${near}: another program has it open`);
  });

  it('is missing when nothing is plugged in there', async () => {
    await expect(open('/dev/ttyNOWHERE')).rejects.toMatchObject({
      code: 'PORT_MISSING',
      message: expect.stringContaining('/dev/ttyNOWHERE: hopline flash --list'),
    });
  });

  it('is none when something else stands there', async () => {
    for (const path of ['/dev/null', '/']) {
      await expect(open(path)).rejects.toMatchObject({
        code: 'PORT_MISSING',
        message: expect.stringContaining(`${path}: that is no serial port; hopline flash --list`),
      });
    }
  });

  const isRoot = process.getuid?.() === 0;
  it.skipIf(!SOCAT || !isRoot)(
    `is denied, and the group to join is named${WITHOUT_SOCAT}${isRoot ? '' : ' (skipped: not root)'}`,
    async () => {
      const { near } = await plug();
      const group = readFileSync('/etc/group', 'utf8').match(/^dialout:[^:]*:(\d+)/m)?.[1] ?? '20';
      spawnSync('chgrp', ['-L', group, near]);
      spawnSync('chmod', ['660', near]);
      const adapter = fileURLToPath(new URL('../../../device/pi/serial.ts', import.meta.url));
      // Only another user can be denied, and a process has one user.
      const code = `
        await import('serialport');
        process.setgroups([]); process.setgid(65534);
        process.setuid(65534);
        const { openSerial } = await import(${JSON.stringify(adapter)});
        await openSerial(${JSON.stringify(near)}, 9600, {}).catch((c) => console.log(c.message));
      `;
      spawnSync('chmod', ['755', near.slice(0, near.lastIndexOf('/'))]);
      const run = spawnSync(process.execPath, await asPlain(code, adapter), { encoding: 'utf8' });
      expect(run.stdout).toContain('[PORT_DENIED]');
      expect(run.stdout).toContain('sudo usermod -aG dialout $USER');
    },
  );
});

describe('the list of ports', () => {
  it('has a path and an identity for each, and no pseudo-terminals', async () => {
    for (const port of await listSerial()) {
      expect(port.path).toMatch(/^(\/dev\/|COM)/);
      expect(port.vendorId ?? port.serial).not.toBe(null);
    }
  });
});

async function plug(): Promise<Cable> {
  const one = await cable();
  cables.push(one);
  return one;
}

async function open(path: string) {
  const heard: number[] = [];
  const failures: HoplineError[] = [];
  const link = await openSerial(path, 115_200, {
    received: (bytes) => void heard.push(...bytes),
    down: (failure) => void failures.push(failure),
  });
  links.push(link);
  return { link, heard, failures };
}

/** The adapter as plain JavaScript, for a Node that knows no types. */
async function asPlain(code: string, adapter: string): Promise<string[]> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    external: ['serialport'],
  });
  expect(outputFiles[0].text).toContain('PORT_DENIED');
  expect(adapter).toContain('serial.ts');
  return ['--input-type=module', '-e', outputFiles[0].text];
}
