/**
 * hopline relay [--config <file>]
 * hopline relay pack --out <folder>
 * hopline relay install | uninstall [--root <folder>] [--dry-run]
 *
 * A relay between phones and nodes on Bluetooth and boards on wires, in this process; the same as a
 * folder of its own for a small Pi; and the same as a service.
 */
import { realpathSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { HoplineError } from '../../protocol/errors.ts';
import { suggest } from '../../protocol/suggest.ts';
import type { Args, Command, Io } from '../command.ts';
import { has, textOf } from '../command.ts';

const DEEDS = ['run', 'pack', 'install', 'uninstall'];
/** What of the options each deed heeds. */
const HEEDED: Record<string, string[]> = {
  run: ['config'],
  pack: ['out'],
  install: ['root', 'dry-run', 'config'],
  uninstall: ['root', 'dry-run'],
};

export const relay: Command = {
  name: 'relay',
  summary: 'relay between phones, nodes and boards, here or as a service',
  usage:
    'hopline relay [--config <file>]; hopline relay pack --out <folder>; ' +
    'hopline relay install | uninstall [--root <folder>] [--dry-run]',
  operands: { least: 0, most: 1 },
  options: {
    config: { type: 'string', value: 'file', help: 'settings in YAML; without it the usual ones' },
    out: { type: 'string', value: 'folder', help: 'pack: where to' },
    root: {
      type: 'string',
      value: 'folder',
      help: 'install: below this folder, touching no other',
    },
    'dry-run': { type: 'boolean', help: 'install, uninstall: only say what would be done' },
  },
  examples: [
    'hopline relay',
    'hopline relay pack --out relay-for-pi',
    'sudo hopline relay install',
  ],

  async run(args, io) {
    const [deed = 'run'] = args.operands;
    if (!Object.hasOwn(HEEDED, deed)) {
      const detail = `relay does not ${deed}${suggest(deed, DEEDS)}`;
      throw new HoplineError('USAGE', `${detail} (it can ${DEEDS.join(', ')})`);
    }
    const idle = Object.keys(args.values).find((name) => !HEEDED[deed].includes(name));
    if (idle !== undefined) {
      throw new HoplineError('USAGE', `relay ${deed} has no use for --${idle}`);
    }
    if (deed === 'pack') return pack(args, io);
    if (deed === 'run') return run(args, io);
    const { install, uninstall } = await import('../relay/install.ts');
    const wish = { root: resolve(textOf(args, 'root') ?? '/'), isDry: has(args, 'dry-run') };
    const said = deed === 'install' ? install(wish, commandLine(args)) : uninstall(wish);
    said.forEach((line) => io.out(line));
  },
};

async function run(args: Args, io: Io): Promise<void> {
  const { endSoon } = await import('../../device/pi/leaving.ts');
  const { runRelay } = await import('../../device/pi/relay-process.ts');
  const { version } = await import('../version.ts');
  await runRelay({
    configFile: textOf(args, 'config'),
    version: version(),
    env: io.env,
    output: process.stdout,
    isColoured: io.colour,
  }).catch((failure) => {
    endSoon();
    throw failure;
  });
  // noble and bleno ask for ever, and nothing ends them but this.
  process.exit(0);
}

async function pack(args: Args, io: Io): Promise<void> {
  const folder = textOf(args, 'out');
  if (folder === null)
    throw new HoplineError('USAGE', 'where to? hopline relay pack --out <folder>');
  const { packRelay, runningBytes, writePack } = await import('../build/relay-pack.ts');
  const files = await packRelay();
  writePack(folder, files);
  for (const { name, text } of files) io.out(`${name}  ${Buffer.byteLength(text)} bytes`);
  const kilobytes = (runningBytes(files) / 1000).toFixed(0);
  io.out(`packed ${kilobytes} kB of program; copy the folder to the Pi, and there:`);
  io.out('  npm ci && node relay.mjs');
}

/** How systemd starts us: the same Node and the same program as now. */
function commandLine(args: Args): string[] {
  const config = textOf(args, 'config');
  const program = realpathSync(process.argv[1]);
  const file = config === null ? '/etc/hopline/relay.yaml' : config;
  return [process.execPath, program, 'relay', '--config', isAbsolute(file) ? file : resolve(file)];
}
