/**
 * What an administrator elsewhere says of a peer: read by every name that a standing has, and refused
 * where it is none.
 */
import { expect, it } from 'vitest';
import { judgementIn } from '../../../host/desk/orders.ts';

const PEER = '0123456789abcdef';

it.each([
  ['unknown', 'seen'],
  ['seen', 'seen'],
  ['basic', 'contacted'],
  ['contacted', 'contacted'],
  ['verified', 'verified'],
  ['trusted', 'trusted'],
])('takes %s for %s', (said, standing) => {
  const argument = JSON.stringify({ peer: PEER, standing: said });
  expect(judgementIn(argument)).toEqual({ peer: PEER, change: { standing } });
});

it.each(['holy', 'toString', '', 3, null])('takes %j for no standing', (standing) => {
  expect(() => judgementIn(JSON.stringify({ peer: PEER, standing }))).toThrow(/no peer has such/);
});
