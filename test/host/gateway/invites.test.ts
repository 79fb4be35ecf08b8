/**
 * Invites: one line that lets one gateway join, once and for a week; and whoever pasted something else
 * is told what is wrong with it.
 */
import { describe, expect, it } from 'vitest';
import { INVITE_AGE_MS, Invites } from '../../../host/gateway/invites.ts';
import type { Invite } from '../../../host/types.ts';
import { parseInvitation, printInvitation } from '../../../protocol/peer/invitation.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { crypto } from '../../protocol/trust/ports.ts';
import { filled } from '../../protocol/wire/given.ts';

const NODE = 'a1b2c3d4e5f60718';
const SECRET = '00112233445566778899aabbccddeeff';
const GOOD = `hopline:bridge.example.org:8334/${NODE}/${SECRET}`;

describe('the line of an invite', () => {
  it.each([
    'bridge.example.org:8334',
    '192.0.2.7:1',
    '[2001:db8::1]:65535',
    '[fe80::1%eth0]:8334',
    'pi:8334',
    'udp://192.0.2.7:8334',
    'ws://192.0.2.7:8334',
    'wss://bridge.example.org',
    'wss://[2001:db8::1]:444/behind/a/proxy',
  ])('is read as it was printed, for %s', (address) => {
    const invitation = { address, node: filled(8, 7), secret: filled(16, 9) };
    const parsed = parseInvitation(printInvitation(invitation));
    expect(parsed).toEqual({ ok: true, value: invitation });
  });

  it.each([
    `  ${GOOD}\n`,
    `"${GOOD}"`,
    `'${GOOD}'`,
    `hopline join ${GOOD}`,
    `hopline join '${GOOD}'`,
  ])('is read with what was copied around it: %j', (text) => {
    const parsed = parseInvitation(text);
    expect(parsed.ok && toHex(parsed.value.node)).toBe(NODE);
  });

  it.each([
    ['', 'nothing in it'],
    ['   ', 'nothing in it'],
    [`${GOOD} ${GOOD}`, 'more than one line'],
    [`hopline:${'x'.repeat(600)}`, 'more than one line'],
    ['https://bridge.example.org', 'begins with hopline:'],
    [SECRET, 'begins with hopline:'],
    ['hopline:bridge.example.org:8334', 'only a part of it'],
    [`hopline:bridge.example.org:8334/${NODE}`, 'only a part of it'],
    [`${GOOD}/x`, 'too many parts'],
    [`hopline:bridge.example.org/${NODE}/${SECRET}`, 'has no port'],
    [`hopline:bridge.example.org:/${NODE}/${SECRET}`, 'no port from 1'],
    [`hopline:bridge.example.org:0/${NODE}/${SECRET}`, 'no port from 1'],
    [`hopline:bridge.example.org:65536/${NODE}/${SECRET}`, 'no port from 1'],
    [`hopline:2001:db8::1:8334/${NODE}/${SECRET}`, 'needs brackets'],
    [`hopline:[]:8334/${NODE}/${SECRET}`, 'has no host'],
    [`hopline::8334/${NODE}/${SECRET}`, 'has no host'],
    [`hopline:a,b:8334/${NODE}/${SECRET}`, 'has no host'],
    [`hopline:pi:8334/${NODE.slice(1)}/${SECRET}`, 'node id has 15 characters instead of 16'],
    [`hopline:pi:8334/${NODE}/${SECRET.slice(2)}`, 'secret has 30 characters instead of 32'],
    [`hopline:pi:8334/${NODE.replace('a', 'x')}/${SECRET}`, 'node id is not hex'],
    [`hopline:pi:8334/${NODE}/${SECRET.replace('a', 'l')}`, 'secret is not hex'],
    [`hopline:pi:8334/${'0'.repeat(16)}/${SECRET}`, 'node id is empty'],
  ])('is refused with a reason: %j', (text, why) => {
    const parsed = parseInvitation(text);
    expect(parsed.ok ? '' : parsed.why).toContain(why);
  });
});

describe('an invite', () => {
  const secret = filled(16, 9);

  it('opens for whoever has its secret, once', () => {
    const invites = new Invites(crypto, { invite: () => null });
    const invite = invites.make(secret, 1000);
    expect(invites.find(filled(16, 8), 1000)).toBeNull();
    expect(invites.find(secret, 1000)).toEqual(invite);
    invites.use(invite, filled(8, 1));
    expect(invites.find(secret, 1000)).toBeNull();
  });

  it('is over after seven days', () => {
    const invites = new Invites(crypto, { invite: () => null });
    invites.make(secret, 1000);
    expect(invites.find(secret, 999 + INVITE_AGE_MS)).not.toBeNull();
    expect(invites.find(secret, 1000 + INVITE_AGE_MS)).toBeNull();
  });

  it('is known after a restart by its hash alone, used or not', () => {
    const made = new Invites(crypto, { invite: () => null }).make(secret, 1000);
    expect(made.hash).toEqual(crypto.sha256(secret));
    const reads = (invite: Invite) => ({
      invite: (hash: Uint8Array) => (toHex(hash) === toHex(invite.hash) ? invite : null),
    });
    expect(new Invites(crypto, reads(made)).find(secret, 2000)).toEqual(made);
    const used = { ...made, usedBy: filled(8, 1) };
    expect(new Invites(crypto, reads(used)).find(secret, 2000)).toBeNull();
  });

  it('remembers the newest of many, while the store lags', () => {
    const invites = new Invites(crypto, { invite: () => null });
    const secrets = Array.from({ length: 257 }, (_, at) => {
      const bytes = filled(16, 5);
      bytes[0] = at & 255;
      bytes[1] = at >> 8;
      return bytes;
    });
    for (const each of secrets) invites.make(each, 1000);
    expect(invites.find(secrets[0], 1000)).toBeNull();
    expect(invites.find(secrets[256], 1000)).not.toBeNull();
  });
});
