/**
 * Invitation: one line of text that leads to a node and lets in there, for a gateway to join once, or
 * for a client of its own (WIRE §28). Whoever pasted something else is told what is wrong with it.
 *
 *   hopline:HOST:PORT/NODEID/SECRET      an IPv6 host stands in brackets; ids and secrets are hex
 *   hopline:udp://HOST:PORT/NODEID/SECRET, hopline:wss://HOST/NODEID/SECRET
 */
import { sameBytes } from '../core/bytes.ts';
import { ID_SIZE } from '../core/packet.ts';
import { fromHex, toHex } from '../wire/hex.ts';
import { printLineAddress, readLineAddress } from './line-address.ts';

export const SECRET_SIZE = 16;
/** Characters of a line at most: a name of a host has 253. */
const LINE_MAX = 512;
const PREFIX = 'hopline:';

/** What such a line says. */
export type Invitation = { address: string; node: Uint8Array; secret: Uint8Array };
export type Parsed<Value> = { ok: true; value: Value } | { ok: false; why: string };

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
  const [, scheme = '', rest] = /^(udp:\/\/|wss?:\/\/)?(.*)$/.exec(line.slice(PREFIX.length))!;
  const parts = rest.split('/');
  // The address of a WebSocket may have a path.
  if (parts.length < 3 || (parts.length > 3 && !scheme.startsWith('ws'))) {
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
