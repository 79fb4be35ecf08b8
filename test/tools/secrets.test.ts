/**
 * No key, token or password is ever given on a command line, where every user of the machine could
 * read it (RELIABILITY R23): they lie in files, and a command is told which.
 */
import { expect, it } from 'vitest';
import { commands } from '../../tools/commands/index.ts';

it('names a file or a folder in every option about keys, tokens and passwords', async () => {
  const asWords: string[] = [];
  for (const [name, load] of Object.entries(commands)) {
    for (const [option, { type, ...rest }] of Object.entries((await load()).options)) {
      if (type !== 'string' || !/token|secret|password|key|code/.test(option)) continue;
      const isPlace = 'value' in rest && ['file', 'folder'].includes(String(rest.value));
      if (!isPlace) asWords.push(`hopline ${name} --${option}`);
    }
  }
  expect(asWords).toEqual([]);
});
