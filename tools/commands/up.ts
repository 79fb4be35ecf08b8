/**
 * hopline up [--config <file>] [--data <folder>] [--lan] [--virtual-island | --virtual-if-alone]
 * hopline up --install | --uninstall [--config <file>] [--user] [--root <folder>] [--dry-run]
 *
 * A bridge: the radio, wires and lines of this machine, its messages, its page and its API, in this
 * process until a signal ends it. Nothing around it is ever simulated unless it is asked for. Or a
 * service of systemd, that does the same.
 */
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { HoplineError } from '../../protocol/errors.ts';
import type { Args, Command, Io } from '../command.ts';
import { has, textOf } from '../command.ts';

export const up: Command = {
  name: 'up',
  summary: 'run a bridge: radio, wires, lines to other islands, and the page',
  usage:
    'hopline up [--config <file>] [--data <folder>] [--lan] [--virtual-island | --virtual-if-alone]; ' +
    'hopline up --install | --uninstall [--config <file>] [--user] [--root <folder>] [--dry-run]',
  options: {
    config: {
      type: 'string',
      value: 'file',
      help: 'settings in YAML; without it settings.yaml in the folder of data, if it is there',
    },
    data: { type: 'string', value: 'folder', help: 'where keys and messages lie' },
    'virtual-island': { type: 'boolean', help: 'simulate an island around it, and use no radio' },
    'virtual-if-alone': {
      type: 'boolean',
      help: 'the same, unless settings name a radio, a wire or a line, or one was joined',
    },
    lan: { type: 'boolean', help: 'find other bridges of this network, and be found' },
    install: { type: 'boolean', help: 'make it a service of this machine, and start it' },
    uninstall: { type: 'boolean', help: 'take that service away, and leave what it kept' },
    user: { type: 'boolean', help: 'a service of this user, without Bluetooth' },
    root: { type: 'string', value: 'folder', help: 'below this folder, touching no other' },
    'dry-run': { type: 'boolean', help: 'only say what would be done' },
  },
  examples: [
    'sudo hopline up --install',
    'hopline up',
    'hopline up --config bridge.yaml',
    'hopline up --virtual-island',
  ],

  async run(args, io) {
    if (has(args, 'install') || has(args, 'uninstall')) return serve(args, io);
    const idle = ['user', 'root', 'dry-run'].find((name) => args.values[name] !== undefined);
    if (idle !== undefined) {
      throw new HoplineError('USAGE', `--${idle} goes with --install or --uninstall`);
    }
    const { endSoon } = await import('../../device/pi/leaving.ts');
    const { settingsFile } = await import('../up/settings.ts');
    const { runBridge } = await import('../up/bridge-run.ts');
    const { startReal, startVirtual, startVirtualIfAlone } = await import('../up/start.ts');
    const { version } = await import('../version.ts');
    const { webFolder } = await import('../web-folder.ts');
    const file = settingsFile(textOf(args, 'config'), textOf(args, 'data'), io.env);
    const run = {
      version: version(),
      env: io.env,
      web: webFolder(),
      out: (line: string) => io.say(line),
      logOutput: process.stderr,
      isColoured: io.colour,
    };
    const start = has(args, 'virtual-island')
      ? startVirtual
      : has(args, 'virtual-if-alone')
        ? startVirtualIfAlone
        : startReal;
    const isFound = has(args, 'lan');
    const startAsked: typeof start = (config, ports) =>
      start(isFound ? { ...config, lan: true } : config, ports);
    await runBridge(file, run, startAsked).catch((failure) => {
      endSoon();
      throw failure;
    });
    // noble and bleno ask for ever, and nothing ends them but this.
    process.exit(0);
  },
};

/** As a service it is the same Node and the same program as now. */
async function serve(args: Args, io: Io): Promise<void> {
  const { installBridge, uninstallBridge } = await import('../up/install.ts');
  const foreign = ['data', 'lan', 'virtual-island', 'virtual-if-alone'].find(
    (name) => args.values[name] !== undefined,
  );
  if (foreign !== undefined) {
    throw new HoplineError(
      'USAGE',
      `--${foreign} is not for a service: its data has a fixed place, and its settings a file`,
    );
  }
  const wish = {
    root: resolve(textOf(args, 'root') ?? '/'),
    isDry: has(args, 'dry-run'),
    home: has(args, 'user') ? (io.env['HOME'] ?? '/') : null,
  };
  const config = textOf(args, 'config');
  const command = [process.execPath, realpathSync(process.argv[1]), 'up'];
  if (config !== null) command.push('--config', resolve(config));
  const said = has(args, 'install') ? installBridge(wish, command) : uninstallBridge(wish);
  said.forEach((line) => io.out(line));
}
