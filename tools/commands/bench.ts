/**
 * hopline bench <area> [--full] [--json] [--seed <n>]
 *
 * Every figure the project publishes, measured on the machine at hand.
 */
import { HoplineError } from '../../protocol/errors.ts';
import { suggest } from '../../protocol/suggest.ts';
import { areas } from '../bench/areas.ts';
import type { Areas } from '../bench/areas.ts';
import { asJson, asTable, thisMachine } from '../bench/report.ts';
import { has, JSON_OPTION, wholeNumberOf } from '../command.ts';
import type { Command } from '../command.ts';

export const bench = benchOf(areas);

export function benchOf(areas: Areas): Command {
  const names = Object.keys(areas);
  return {
    name: 'bench',
    summary: 'measure one area and print its figures',
    usage: `hopline bench <${names.join('|')}> [--full] [--json] [--seed <n>]`,
    operands: { least: 1, most: 1 },
    options: {
      full: { type: 'boolean', help: 'at full length, where an area has a short one' },
      json: JSON_OPTION,
      seed: { type: 'string', value: 'n', help: 'what chance is drawn from (1)' },
    },
    examples: names.map((name) => `hopline bench ${name} --json`),

    async run(args, io) {
      const [name] = args.operands;
      const seed = wholeNumberOf(args, 'seed', { least: 0, most: 0xffffffff }, 1);
      if (!Object.hasOwn(areas, name)) {
        const detail = `there is no area "${name}"${suggest(name, names)}`;
        throw new HoplineError('USAGE', `${detail} (areas: ${names.join(', ')})`);
      }
      const area = await areas[name]();
      const results = await area.run(
        seed,
        (line) => io.progress(`${area.name}: ${line}`),
        has(args, 'full'),
      );
      const report = { area: area.name, seed, ...thisMachine(), results };
      io.out(has(args, 'json') ? asJson(report) : asTable(report));
    },
  };
}
