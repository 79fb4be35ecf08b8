/**
 * Invites: one line of text that lets one other gateway open a line to this one. Whoever has the line
 * has the secret in it; here only its hash is kept, so that nobody can use what he finds in the store.
 *
 *   hopline:HOST:PORT/NODEID/SECRET      an IPv6 host stands in brackets; ids and secrets are hex
 */
import { sameBytes } from '../../protocol/core/bytes.ts';
import { ID_SIZE } from '../../protocol/core/packet.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import { fromHex, toHex } from '../../protocol/wire/hex.ts';
import type { Invite, LineReads } from '../types.ts';

export const SECRET_SIZE = 16;
export const INVITE_AGE_MS = 7 * 24 * 3_600_000;
/** Invites made or used since the start that are remembered beside the store, which lags a moment. */
export const REMEMBERED_MAX = 256;
/** Characters of a line at most: a name of a host has 253. */
const LINE_MAX = 512;
const PREFIX = 'hopline:';

/** What such a line says. */
export type Invitation = { address: string; node: Uint8Array; secret: Uint8Array };
export type Parsed<Value> = { ok: true; value: Value } | { ok: false; why: string };

export class Invites {
  private readonly crypto: Pick<Crypto, 'sha256'>;
  private readonly reads: Pick<LineReads, 'invite'>;
  private readonly remembered = new Map<string, Invite>();

  constructor(crypto: Pick<Crypto, 'sha256'>, reads: Pick<LineReads, 'invite'>) {
    this.crypto = crypto;
    this.reads = reads;
  }

  make(secret: Uint8Array, wallMs: number): Invite {
    const hash = this.crypto.sha256(secret);
    const invite = { hash, madeAt: wallMs, expiresAt: wallMs + INVITE_AGE_MS, usedBy: null };
    this.remember(invite);
    return invite;
  }

  /** The invite that the token opens, if nobody used it yet. */
  find(token: Uint8Array, wallMs: number): Invite | null {
    if (token.length !== SECRET_SIZE) return null;
    const hash = this.crypto.sha256(token);
    const invite = this.remembered.get(toHex(hash)) ?? this.reads.invite(hash);
    if (invite === null || invite.usedBy !== null || invite.expiresAt <= wallMs) return null;
    return invite;
  }

  use(invite: Invite, by: Uint8Array): void {
    this.remember({ ...invite, usedBy: by });
  }

  private remember(invite: Invite): void {
    const name = toHex(invite.hash);
    this.remembered.delete(name);
    this.remembered.set(name, invite);
    if (this.remembered.size > REMEMBERED_MAX) {
      this.remembered.delete(this.remembered.keys().next().value!);
    }
  }
}

export function printInvitation({ address, node, secret }: Invitation): string {
  return `${PREFIX}${address}/${toHex(node)}/${toHex(secret)}`;
}

/** Whatever was pasted is an invitation, or it is said what is wrong with it and what to do. */
export function parseInvitation(text: string): Parsed<Invitation> {
  // The command that was printed around the line may have been copied with it.
  const line = text.trim().replace(/^(hopline\s+join\s+)?(["']?)(.*)\2$/s, '$3');
  if (line === '')
    return wrong('there is nothing in it: paste the line that `hopline invite` printed');
  if (line.length > LINE_MAX || /\s/.test(line)) {
    return wrong(
      'that is more than one line of an invite: paste the one that begins with hopline:',
    );
  }
  if (!line.startsWith(PREFIX)) {
    return wrong(`an invite begins with ${PREFIX}; paste all of what \`hopline invite\` printed`);
  }
  const parts = line.slice(PREFIX.length).split('/');
  if (parts.length !== 3) {
    const many = parts.length > 3 ? 'too many parts' : 'only a part of it is there';
    return wrong(`${many}: after ${PREFIX} come HOST:PORT/NODEID/SECRET; copy the whole line`);
  }
  const address = parseAddress(parts[0]);
  if (!address.ok) return address;
  const node = parseHex('node id', parts[1], ID_SIZE);
  if (!node.ok) return node;
  const secret = parseHex('secret', parts[2], SECRET_SIZE);
  if (!secret.ok) return secret;
  return { ok: true, value: { address: address.value, node: node.value, secret: secret.value } };
}

/** `host:port` as it is dialled. */
export function parseAddress(text: string): Parsed<string> {
  const shown = `the address ${JSON.stringify(text)}`;
  const match = /^(\[[^\]]*\]|[^:]*):([^:]*)$/.exec(text);
  if (match === null) {
    const isIpv6 = text.includes('::') || text.split(':').length > 2;
    if (isIpv6)
      return wrong(`${shown} needs brackets around its IPv6 host, as in [2001:db8::1]:8334`);
    return wrong(`${shown} has no port: it is HOST:PORT, as in bridge.example.org:8334`);
  }
  const [, host, port] = match;
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
    return wrong(`${shown} has no port from 1 to 65535`);
  }
  const isHost = host.startsWith('[')
    ? /^\[[0-9a-fA-F:.]{2,45}(%[\w.-]+)?\]$/.test(host)
    : /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,252})$/.test(host);
  if (!isHost)
    return wrong(`${shown} has no host: a name, an IPv4 address, or an IPv6 one in brackets`);
  return { ok: true, value: `${host}:${Number(port)}` };
}

function parseHex(what: string, text: string, size: number): Parsed<Uint8Array> {
  const bytes = fromHex(text);
  if (text.length !== size * 2) {
    const has = `its ${what} has ${text.length} characters instead of ${size * 2}`;
    return wrong(`${has}: copy the whole line, up to its end`);
  }
  if (bytes === null)
    return wrong(`its ${what} is not hex: copy the line again instead of typing it`);
  if (sameBytes(bytes, 0, new Uint8Array(size))) return wrong(`its ${what} is empty`);
  return { ok: true, value: bytes };
}

function wrong(why: string): { ok: false; why: string } {
  return { ok: false, why };
}
