/** Start command: the line by which a bridge is started again, as it is told to people. */
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { SettingsFile } from '../../../host/daemon/settings-file.ts';
import { startOf } from '../../../host/daemon/start-command.ts';

const AROUND = { env: { HOME: tmpdir() }, hostname: 'attic' };

for (const [config, data, line] of [
  [null, null, 'hopline up'],
  [null, 'hopline-data', 'hopline up --data hopline-data'],
  ['bridge.yaml', null, 'hopline up --config bridge.yaml'],
  ['my bridge.yaml', "it's", "hopline up --config 'my bridge.yaml' --data 'it'\\''s'"],
] as const) {
  it(`names what it was started with: ${line}`, () => {
    expect(startOf(new SettingsFile(config, data, AROUND).options)).toBe(line);
  });
}
