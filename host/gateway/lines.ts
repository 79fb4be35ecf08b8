/**
 * Lines: with whom this gateway has a line or would have one: those of the settings, those a person
 * joined, and those that used an invite. Nobody else is let in.
 */
import { sameBytes } from '../../protocol/core/bytes.ts';
import {
  parseAddress,
  parseInvitation,
  printInvitation,
  SECRET_SIZE,
} from '../../protocol/peer/invitation.ts';
import type { Route } from '../../protocol/peer/trunks.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import { fromHex, toHex } from '../../protocol/wire/hex.ts';
import type { Archive, AuditAct, Invite, Line, StoreWrite } from '../types.ts';
import type { ClientWish, KnownLine, LineAnswer, LineWish } from './contract.ts';
import { Invites } from './invites.ts';

/** A line of the settings. Without an address it is the other end's to dial. */
export type ConfiguredLine = { node: Uint8Array; address: string | null };

export type LinesConfig = {
  lines: ConfiguredLine[];
  /** Where invites say that we are, as others reach us; null where only a person knows. */
  address: string | null;
};

/** Lines joined and invited; then no more until one is parted with. */
export const LINES_MAX = 500;

export type LinesPorts = {
  id: Uint8Array;
  crypto: Pick<Crypto, 'sha256'>;
  archive: Pick<Archive, 'lines' | 'settings'>;
  draw: (size: number) => Uint8Array;
};

/** What came of something: to be stored, and whether routes are others now. */
export type LineChange = { writes: StoreWrite[]; isRerouted: boolean };
const NOTHING: LineChange = { writes: [], isRerouted: false };

type Stored = Line & {
  /** What lets us in there the first time; said again it changes nothing. */
  token: Uint8Array | null;
  isInvited: boolean;
};

export class Lines {
  private readonly config: LinesConfig;
  private readonly id: Uint8Array;
  private readonly draw: (size: number) => Uint8Array;
  private readonly invites: Invites;
  private readonly stored = new Map<string, Stored>();
  /** What those of the settings call themselves. */
  private readonly names = new Map<string, string>();

  constructor(config: LinesConfig, { id, crypto, archive, draw }: LinesPorts) {
    this.config = config;
    this.id = id;
    this.draw = draw;
    this.invites = new Invites(crypto, archive.lines);
    for (const line of archive.lines.all()) {
      const token = fromHex(archive.settings.get(tokenName(line.node)) ?? '');
      const isInvited = line.address === null;
      this.stored.set(toHex(line.node), { ...line, token, isInvited });
    }
  }

  /** Whether somebody may have a line with us; `wallMs` null: invites cannot be judged. */
  admits(id: Uint8Array, token: Uint8Array, wallMs: number | null): boolean {
    if (this.isKnown(id)) return true;
    return wallMs !== null && this.invites.find(token, wallMs) !== null;
  }

  routes(): Route[] {
    const routes: Route[] = [];
    for (const { node, address } of this.config.lines) {
      if (address !== null) routes.push({ address, id: node });
    }
    for (const { node, address, token } of this.stored.values()) {
      if (address === null || this.isConfigured(node)) continue;
      routes.push(token === null ? { address, id: node } : { address, id: node, token });
    }
    return routes;
  }

  all(): KnownLine[] {
    const configured = this.config.lines.map(({ node, address }): KnownLine => {
      return { node, address, name: this.names.get(toHex(node)) ?? '', origin: 'config' };
    });
    const stored = [...this.stored.values()].filter(({ node }) => !this.isConfigured(node));
    const others = stored.map(({ node, name, address, isInvited }): KnownLine => {
      return { node, name, address, origin: isInvited ? 'invited' : 'joined' };
    });
    return [...configured, ...others];
  }

  /** A line is up to somebody who was let in. Null where his invite was another's first. */
  met(
    id: Uint8Array,
    name: string,
    token: Uint8Array,
    wallMs: number | null,
  ): (LineChange & { isNew: boolean }) | null {
    if (this.isConfigured(id)) {
      this.names.set(toHex(id), name);
      return { ...NOTHING, isNew: false };
    }
    const known = this.stored.get(toHex(id));
    if (known !== undefined) return { ...this.recognise(known, name), isNew: false };
    const invite = wallMs === null ? null : this.invites.find(token, wallMs);
    if (wallMs === null || invite === null) return null;
    this.invites.use(invite, id);
    const line = { node: id, address: null, name, addedAt: wallMs };
    this.stored.set(toHex(id), { ...line, token: null, isInvited: true });
    const writes: StoreWrite[] = [
      { kind: 'invite-used', hash: invite.hash, by: id },
      { kind: 'line', line },
      noted(wallMs, toHex(id), 'invite-used', '', inviteName(invite)),
    ];
    return { writes, isRerouted: false, isNew: true };
  }

  ask(
    wish: Exclude<LineWish, ClientWish>,
    wallMs: number | null,
  ): LineChange & { answer: LineAnswer } {
    if (wallMs === null) return refused('the time is not known yet: try again in a moment');
    if (wish.kind === 'invite') return this.invite(wish.address, wallMs);
    return wish.kind === 'join' ? this.join(wish.text, wallMs) : this.part(wish.node, wallMs);
  }

  private invite(wanted: string | null, wallMs: number): LineChange & { answer: LineAnswer } {
    const text = wanted ?? this.config.address;
    if (text === null) {
      return refused('it must say where others reach this bridge: give the address, as HOST:PORT');
    }
    const address = parseAddress(text);
    if (!address.ok) return refused(address.why);
    if (this.stored.size >= LINES_MAX) return refused(FULL);
    const secret = this.draw(SECRET_SIZE);
    const invite = this.invites.make(secret, wallMs);
    const line = printInvitation({ address: address.value, node: this.id, secret });
    const answer: LineAnswer = { kind: 'invited', line, expiresAt: invite.expiresAt };
    const writes: StoreWrite[] = [
      { kind: 'invite', invite },
      noted(wallMs, 'owner', 'invited', address.value, inviteName(invite)),
    ];
    return { writes, isRerouted: false, answer };
  }

  private join(text: string, wallMs: number): LineChange & { answer: LineAnswer } {
    const parsed = parseInvitation(text);
    if (!parsed.ok) return refused(parsed.why);
    const { address, node, secret } = parsed.value;
    if (sameBytes(node, 0, this.id)) {
      return refused('it is an invite of this bridge itself: use it on the other one');
    }
    if (this.isConfigured(node)) return refused('the settings have a line to that node already');
    const known = this.stored.get(toHex(node));
    if (known === undefined && this.stored.size >= LINES_MAX) return refused(FULL);
    const line = { node, address, name: known?.name ?? '', addedAt: wallMs };
    this.stored.set(toHex(node), { ...line, token: secret, isInvited: false });
    const writes: StoreWrite[] = [
      { kind: 'line', line },
      { kind: 'setting', name: tokenName(node), value: toHex(secret) },
      noted(wallMs, 'owner', 'joined', toHex(node), address),
    ];
    return { writes, isRerouted: true, answer: { kind: 'joined', node } };
  }

  private part(node: Uint8Array, wallMs: number): LineChange & { answer: LineAnswer } {
    if (this.isConfigured(node)) {
      return refused('that line is of the settings: take it out there, and start again');
    }
    if (!this.stored.delete(toHex(node))) return refused('there is no line to that node');
    const writes: StoreWrite[] = [
      { kind: 'line-gone', node },
      { kind: 'setting', name: tokenName(node), value: null },
      noted(wallMs, 'owner', 'parted', toHex(node), ''),
    ];
    return { writes, isRerouted: true, answer: { kind: 'parted' } };
  }

  /** It may call itself otherwise than before. */
  private recognise(known: Stored, name: string): LineChange {
    if (name === known.name) return NOTHING;
    known.name = name;
    const { node, address, addedAt } = known;
    return {
      writes: [{ kind: 'line', line: { node, address, name, addedAt } }],
      isRerouted: false,
    };
  }

  /** Whether it was decided here that there is to be a line. */
  isKnown(id: Uint8Array): boolean {
    return this.isConfigured(id) || this.stored.has(toHex(id));
  }

  private isConfigured(id: Uint8Array): boolean {
    return this.config.lines.some(({ node }) => sameBytes(node, 0, id));
  }
}

const FULL = `there are ${LINES_MAX} lines already: part with one first`;

function tokenName(node: Uint8Array): string {
  return `join.${toHex(node)}`;
}

function refused(why: string): LineChange & { answer: LineAnswer } {
  return { ...NOTHING, answer: { kind: 'refused', why } };
}

/** A line of the audit trail. */
function noted(
  at: number,
  who: string,
  act: AuditAct,
  subject: string,
  detail: string,
): StoreWrite {
  return { kind: 'audit', entry: { at, who, act, subject, detail } };
}

/** Enough to tell invites apart, and nothing that opens one. */
function inviteName({ hash }: Invite): string {
  return `invite ${toHex(hash.subarray(0, 4))}`;
}
