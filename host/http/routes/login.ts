/**
 * Login: how a page gets the token: by a code that serves once, and that only who has the token, or
 * reads the daemon's own words, ever sees.
 */
import { HoplineError } from '../../../protocol/errors.ts';
import { route } from '../route.ts';
import { integer, object, text } from '../schema.ts';

export const loginRoutes = [
  route({
    method: 'POST',
    path: '/api/v1/login',
    summary: 'the token, for a one-time code',
    access: 'public',
    body: object<{ code: string }>({ code: text({ minLength: 1, maxLength: 64 }) }),
    answer: object<{ token: string }>({ token: text() }),
    handle({ body, from }, { logins, desk }) {
      try {
        const token = logins.redeem(body.code, from);
        desk.noteLogin(from, true);
        return { token };
      } catch (cause) {
        const isWrong = cause instanceof HoplineError && cause.code === 'LOGIN_REFUSED';
        if (isWrong) desk.noteLogin(from, false);
        throw cause;
      }
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/login-codes',
    summary: 'a new one-time code, and the link that logs a browser in with it',
    answer: object<{ code: string; link: string; expiresAt: number }>({
      code: text(),
      link: text(),
      expiresAt: integer({ about: 'Unix ms' }),
    }),
    handle: (_, { logins }) => logins.newCode(),
  }),
];
