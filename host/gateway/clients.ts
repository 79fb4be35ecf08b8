/**
 * Clients: programs and pages of this bridge's own people, each let in as a leaf by a token that is
 * known here by its SHA-256 alone. A token is good until it is taken away, for a few lines at once.
 */
import { SECRET_SIZE } from '../../protocol/peer/invitation.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import { fromHex, toHex } from '../../protocol/wire/hex.ts';
import type { Archive, AuditAct, StoreWrite } from '../types.ts';
import type { ClientAnswer, ClientWish, KnownClient } from './contract.ts';

/** Tokens; then no more until one is taken away. */
export const CLIENTS_MAX = 64;
/** Lines with one token at once: tabs of a browser, say. One more is not let in. */
export const LINES_PER_CLIENT_MAX = 4;
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}._ -]{0,31}$/u;
/** Under it they are kept. */
const SETTING = 'clients';

/** `hash` in hex. */
type Client = { name: string; hash: string; addedAt: number };
export type ClientChange = { writes: StoreWrite[]; isChanged: boolean; answer: ClientAnswer };

export type ClientsPorts = {
  crypto: Pick<Crypto, 'sha256'>;
  archive: Pick<Archive, 'settings'>;
  draw: (size: number) => Uint8Array;
};

export class Clients {
  private readonly ports: ClientsPorts;
  private readonly clients: Client[];
  /** Who is here with which token, by the hash of it. */
  private readonly here = new Map<string, Set<string>>();

  constructor(ports: ClientsPorts) {
    this.ports = ports;
    this.clients = JSON.parse(ports.archive.settings.get(SETTING) ?? '[]') as Client[];
  }

  admits(id: Uint8Array, token: Uint8Array): boolean {
    const client = this.find(token);
    if (client === null) return false;
    const lines = this.here.get(client.hash);
    return lines === undefined || lines.has(toHex(id)) || lines.size < LINES_PER_CLIENT_MAX;
  }

  lineUp(id: Uint8Array, token: Uint8Array): void {
    const client = this.find(token);
    if (client === null) return;
    const lines = this.here.get(client.hash) ?? new Set();
    this.here.set(client.hash, lines.add(toHex(id)));
  }

  lineDown(id: Uint8Array): void {
    for (const [hash, lines] of this.here) {
      lines.delete(toHex(id));
      if (lines.size === 0) this.here.delete(hash);
    }
  }

  all(): KnownClient[] {
    return this.clients.map(({ name, hash, addedAt }) => {
      const nodes = [...(this.here.get(hash) ?? [])].map((id) => fromHex(id)!);
      return { name, addedAt, nodes };
    });
  }

  ask(wish: ClientWish, wallMs: number | null): ClientChange {
    if (wallMs === null) return refused('the time is not known yet: try again in a moment');
    return wish.kind === 'add-client'
      ? this.add(wish.name, wallMs)
      : this.remove(wish.name, wallMs);
  }

  private add(name: string, wallMs: number): ClientChange {
    if (!NAME.test(name)) {
      return refused('a client is named by up to 32 letters, digits, dots, dashes and spaces');
    }
    if (this.clients.some((client) => client.name === name)) {
      return refused(`there is a client ${name} already: remove it first, or choose another name`);
    }
    if (this.clients.length >= CLIENTS_MAX) {
      return refused(`there are ${CLIENTS_MAX} clients already: remove one first`);
    }
    const token = this.ports.draw(SECRET_SIZE);
    this.clients.push({ name, hash: this.hashOf(token), addedAt: wallMs });
    return this.changed('client-added', name, wallMs, { kind: 'client-added', token });
  }

  private remove(name: string, wallMs: number): ClientChange {
    const at = this.clients.findIndex((client) => client.name === name);
    if (at < 0) return refused(`there is no client ${name}: hopline clients lists them`);
    this.clients.splice(at, 1);
    return this.changed('client-removed', name, wallMs, { kind: 'client-removed' });
  }

  private changed(act: AuditAct, name: string, at: number, answer: ClientAnswer): ClientChange {
    const writes: StoreWrite[] = [
      { kind: 'setting', name: SETTING, value: JSON.stringify(this.clients) },
      { kind: 'audit', entry: { at, who: 'owner', act, subject: name, detail: '' } },
    ];
    return { writes, isChanged: true, answer };
  }

  private find(token: Uint8Array): Client | null {
    if (token.length !== SECRET_SIZE) return null;
    const hash = this.hashOf(token);
    return this.clients.find((client) => client.hash === hash) ?? null;
  }

  private hashOf(token: Uint8Array): string {
    return toHex(this.ports.crypto.sha256(token));
  }
}

function refused(why: string): ClientChange {
  return { writes: [], isChanged: false, answer: { kind: 'refused', why } };
}
