/**
 * hopline config: what a person learns of the settings he wrote.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { config } from '../../../tools/commands/config.ts';
import { testIo } from '../io.ts';

const folder = mkdtempSync(join(tmpdir(), 'hopline-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('hopline config', () => {
  it('says that settings can be used', async () => {
    const file = write('name: attic\nhttp: { port: 8001 }\n');
    expect(await run(['check', file])).toEqual([`${file}: every setting can be used`]);
  });

  it('says where the first mistake is, and what to write instead', async () => {
    const file = write('name: attic\nhttp:\n  port: many\n');
    const told = `${file}:3:9: port takes a whole number from 0 to 65535 [CONFIG_INVALID]`;
    await expect(run(['check', file])).rejects.toThrow(told);
  });

  it('says that there is no such file', async () => {
    const file = join(folder, 'absent.yaml');
    await expect(run(['check', file])).rejects.toThrow(
      /absent\.yaml: there is no such file or folder \[FILE_UNREADABLE\]/,
    );
  });

  it('says that a component is not there, and on which line it is named', async () => {
    const [there, absent] = [join(folder, 'there.mjs'), join(folder, 'nope.mjs')];
    writeFileSync(there, '');
    const file = write(`name: attic\ncomponents:\n  - ${there}\n  - ${absent}\n`);
    const told = `${file}:4:5: ${absent}: there is no such file [CONFIG_INVALID]`;
    await expect(run(['check', file])).rejects.toThrow(told);
  });

  it('prints the schema', async () => {
    const [text] = await run(['schema']);
    const schema = JSON.parse(text) as { $schema: string; properties: Record<string, object> };
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(schema.properties['ttl']).toMatchObject({ type: 'integer', default: 7 });
  });

  it('does nothing else', async () => {
    await expect(run(['chekc', 'x'])).rejects.toThrow(/did you mean check.*\[USAGE\]/);
    await expect(run(['check'])).rejects.toThrow(/hopline config check <file>.*\[USAGE\]/);
  });
});

async function run(operands: string[]): Promise<string[]> {
  const io = testIo();
  await config.run({ operands, values: {} }, io);
  return io.outs;
}

function write(text: string): string {
  const file = join(folder, 'bridge.yaml');
  writeFileSync(file, text);
  return file;
}
