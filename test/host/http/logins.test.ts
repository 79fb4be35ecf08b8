/** Codes are guessed no faster for being guessed from many places, and nobody is kept out for longer. */
import { expect, it } from 'vitest';
import { Logins } from '../../../host/http/logins.ts';
import { TOKEN } from './builders.ts';

it('count a minute from the first wrong code, and not from the last', () => {
  let now = 0;
  const logins = loginsAt(() => now);
  guess(logins, '192.0.2.1');
  now = 50_000;
  for (let wrong = 1; wrong < 10; wrong++) guess(logins, '192.0.2.1');
  const { code } = logins.newCode();
  now = 59_999;
  expect(() => logins.redeem(code, '192.0.2.1')).toThrow('TOO_OFTEN');
  now = 60_000;
  expect(logins.redeem(code, '192.0.2.1')).toBe(TOKEN);
});

it('count each address for itself, and a fixed number of them', () => {
  const logins = loginsAt(() => 0);
  for (let wrong = 0; wrong < 10; wrong++) guess(logins, '192.0.2.1');
  expect(logins.redeem(logins.newCode().code, '192.0.2.2')).toBe(TOKEN);
  for (let from = 0; from < 3000; from++) guess(logins, `2001:db8::${from}`);
  expect(logins['wrong'].size).toBe(1024);
});

function loginsAt(now: () => number): Logins {
  return new Logins(TOKEN, (code) => code, now);
}

function guess(logins: Logins, from: string): void {
  expect(() => logins.redeem('a guess', from)).toThrow('LOGIN_REFUSED');
}
