/**
 * Invites: one line of text that lets one other gateway open a line to this one. Whoever has the line
 * has the secret in it; here only its hash is kept, so that nobody can use what he finds in the store.
 */
import { keepNewest } from '../../protocol/keep-newest.ts';
import { SECRET_SIZE } from '../../protocol/peer/invitation.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { Invite, LineReads } from '../types.ts';

export const INVITE_AGE_MS = 7 * 24 * 3_600_000;
/** Invites made or used since the start that are remembered beside the store, which lags a moment. */
const REMEMBERED_MAX = 256;
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
    keepNewest(this.remembered, REMEMBERED_MAX);
  }
}
