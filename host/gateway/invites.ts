/**
 * Invites: one line of text that lets one other gateway open a line to this one. Whoever has the line
 * has the secret in it; here only its hash is kept, so that nobody can use what he finds in the store.
 *
 *   hopline:HOST:PORT/NODEID/SECRET      an IPv6 host stands in brackets; ids and secrets are hex
 *   hopline:wss://HOST/NODEID/SECRET     over a WebSocket
 */
import { sameBytes } from '../../protocol/core/bytes.ts';
import { ID_SIZE } from '../../protocol/core/packet.ts';
import { printLineAddress, readLineAddress } from '../../protocol/peer/line-address.ts';
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
  const [, scheme = '', rest] = /^(wss?:\/\/)?(.*)$/.exec(line.slice(PREFIX.length))!;
  const parts = rest.split('/');
  // The address of a WebSocket may have a path.
  if (parts.length < 3 || (parts.length > 3 && scheme === '')) {
    const many = parts.length > 3 ? 'too many parts' : 'only a part of it is there';
    return wrong(`${many}: after ${PREFIX} come HOST:PORT/NODEID/SECRET; copy the whole line`);
  }
  const [nodeText, secretText] = parts.slice(-2);
  const address = parseAddress(`${scheme}${parts.slice(0, -2).join('/')}`);
  if (!address.ok) return address;
  const node = parseHex('node id', nodeText, ID_SIZE);
  if (!node.ok) return node;
  const secret = parseHex('secret', secretText, SECRET_SIZE);
  if (!secret.ok) return secret;
  return { ok: true, value: { address: address.value, node: node.value, secret: secret.value } };
}

/** As it is dialled. */
export function parseAddress(text: string): Parsed<string> {
  const read = readLineAddress(text);
  return read.ok ? { ok: true, value: printLineAddress(read.value) } : read;
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
