/**
 * Scenarios as text, read top to bottom by a person. If one fails, run it with UPDATE=1 and look at
 * the difference: commit it only if you can say why every changed line is better.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { play } from './runner.ts';

const FOLDER = new URL('.', import.meta.url);

describe('the transcript', () => {
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.txt'))) {
    it(name, () => {
      const file = new URL(name, FOLDER);
      const written = readFileSync(file, 'utf8');
      expect(written.startsWith('# '), 'opens with what it shows').toBe(true);
      const { text } = play(written);
      if (process.env['UPDATE'] === '1') writeFileSync(file, text);
      else expect(text).toBe(written);
    });
  }
});
