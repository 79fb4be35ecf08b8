/**
 * hopline up [--config <file>] [--data <folder>] [--virtual-island | --virtual-if-alone]
 *
 * A bridge: the radio, wires and lines of this machine, its messages, its page and its API, in this
 * process until a signal ends it. Nothing around it is ever simulated unless it is asked for.
 */
import type { Command } from '../command.ts';
import { has, textOf } from '../command.ts';

export const up: Command = {
  name: 'up',
  summary: 'run a bridge: radio, wires, lines to other islands, and the page',
  usage: 'hopline up [--config <file>] [--data <folder>] [--virtual-island | --virtual-if-alone]',
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
  },
  examples: ['hopline up', 'hopline up --config bridge.yaml', 'hopline up --virtual-island'],

  async run(args, io) {
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
      out: (line: string) => io.out(line),
      logOutput: process.stderr,
      isColoured: io.colour,
    };
    const start = has(args, 'virtual-island')
      ? startVirtual
      : has(args, 'virtual-if-alone')
        ? startVirtualIfAlone
        : startReal;
    await runBridge(file, run, start).catch((failure) => {
      endSoon();
      throw failure;
    });
    // noble and bleno ask for ever, and nothing ends them but this.
    process.exit(0);
  },
};
