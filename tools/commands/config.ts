/**
 * hopline config check <file> [--json]
 * hopline config schema
 *
 * Whether the settings of a bridge can be used, and the JSON Schema by which editors check them.
 */
import { HoplineError } from '../../protocol/errors.ts';
import { suggest } from '../../protocol/suggest.ts';
import type { Command } from '../command.ts';
import { has, JSON_OPTION } from '../command.ts';

const DEEDS = ['check', 'schema'];

export const config: Command = {
  name: 'config',
  summary: 'check the settings of a bridge, or print their JSON Schema',
  usage: 'hopline config check <file> [--json]; hopline config schema',
  operands: { least: 1, most: 2 },
  options: { json: JSON_OPTION },
  examples: ['hopline config check bridge.yaml', 'hopline config schema > bridge.schema.json'],

  async run(args, io) {
    const [deed, file] = args.operands;
    if (deed === 'schema' && file === undefined) {
      const { daemonSchema } = await import('../../host/config.ts');
      return io.out(JSON.stringify(daemonSchema(), null, 2));
    }
    if (deed === 'check' && file !== undefined) {
      const { settingsFile } = await import('../up/settings.ts');
      const { data } = settingsFile(file, null, io.env).inspect().config;
      if (has(args, 'json')) return io.out(JSON.stringify({ file, data }));
      return io.out(`${file}: every setting can be used`);
    }
    const near = DEEDS.includes(deed) ? '' : suggest(deed, DEEDS);
    throw new HoplineError('USAGE', `that is not asked of config${near}: ${config.usage}`);
  },
};
