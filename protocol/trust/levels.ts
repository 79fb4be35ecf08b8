/**
 * Levels: how much a node demands, as one table (DEFAULTS §2). A row is a sort of packets and what its
 * signature shows; it says who pays for passing the packet on, and how it is shown to people here.
 * Admission reads this and decides nothing of its own.
 */
import {
  ANNOUNCE,
  CHANNEL,
  COURIER,
  FILE,
  GATEWAY,
  GOSSIP,
  LEAVE,
  LINK_STATE,
  MESSAGE,
  RECEIPT,
  RECONCILE,
  REQUEST_SYNC,
  ROOM,
  VOICE,
} from '../core/packet.ts';

export const SECURITY_LEVELS = ['permissive', 'moderate', 'strict'] as const;
export type SecurityLevel = (typeof SECURITY_LEVELS)[number];

/** Packets that are judged alike. */
export type Sort =
  /** It brings the keys it is judged by (WIRE §5). */
  | 'announce'
  /** Whom the phones reject unsigned (WIRE §3), and what WIRE §20 has authenticated by signature. */
  | 'signed'
  /** Anybody passes it on; whoever is to carry it wants to know who gave it (WIRE §3). */
  | 'mail'
  /** Unsigned by design: judged by its session or its content. */
  | 'open';

/** What there is to be seen of its signature. */
export type Proof =
  /** It holds, by a key that is known. Of what is unsigned by design nothing is asked. */
  | 'verified'
  /** Its sender's key is not known; or it is an announce that brings a new one, and holds by it. */
  | 'stranger'
  /** An announce without the work that `strict` asks for. */
  | 'unstamped'
  | 'unsigned'
  /** It does not hold, or the keys are not its sender's. */
  | 'flawed';

export type Treatment = {
  /** Who pays for passing it on: the sender's purse, its link's, the few strangers'; or it is refused. */
  relayed: 'sender' | 'link' | 'strangers' | 'no';
  /** As its sender's word, marked as nobody's, or not at all. */
  shown: 'verified' | 'unverified' | 'no';
};

const OWN: Treatment = { relayed: 'sender', shown: 'verified' };
const NEW: Treatment = { relayed: 'link', shown: 'verified' };
const NEW_FEW: Treatment = { relayed: 'strangers', shown: 'verified' };
const MARKED: Treatment = { relayed: 'link', shown: 'unverified' };
/** On its way to others, who decide for themselves. */
const PASSING: Treatment = { relayed: 'link', shown: 'no' };
const PASSING_FEW: Treatment = { relayed: 'strangers', shown: 'no' };
const REFUSED: Treatment = { relayed: 'no', shown: 'no' };

type Rules = Readonly<Record<Sort, Readonly<Record<Proof, Treatment>>>>;

/** At every level alike: a missing signature is no reason to drop these. */
const OPEN = {
  verified: MARKED,
  stranger: MARKED,
  unstamped: MARKED,
  unsigned: MARKED,
  flawed: MARKED,
};
const MAIL = { ...OPEN, verified: OWN };

export const LEVELS: Readonly<Record<SecurityLevel, Rules>> = {
  // Whatever is well formed comes in. Only an announce that does not hold shows nobody: it would show
  // whom it names.
  permissive: {
    announce: {
      verified: OWN,
      stranger: NEW,
      unstamped: NEW,
      unsigned: PASSING,
      flawed: PASSING,
    },
    signed: {
      verified: OWN,
      stranger: MARKED,
      unstamped: MARKED,
      unsigned: MARKED,
      flawed: MARKED,
    },
    mail: MAIL,
    open: OPEN,
  },
  // What ought to be signed must be, and verify where the sender is known.
  moderate: {
    announce: {
      verified: OWN,
      stranger: NEW,
      unstamped: NEW,
      unsigned: REFUSED,
      flawed: REFUSED,
    },
    signed: {
      verified: OWN,
      stranger: MARKED,
      unstamped: MARKED,
      unsigned: REFUSED,
      flawed: REFUSED,
    },
    mail: MAIL,
    open: OPEN,
  },
  // And only those whose keys are known are shown; strangers share a small budget on their way.
  strict: {
    announce: {
      verified: OWN,
      stranger: NEW_FEW,
      unstamped: PASSING_FEW,
      unsigned: REFUSED,
      flawed: REFUSED,
    },
    signed: {
      verified: OWN,
      stranger: PASSING_FEW,
      unstamped: PASSING_FEW,
      unsigned: REFUSED,
      flawed: REFUSED,
    },
    mail: MAIL,
    open: OPEN,
  },
};

/** Bits of work that an announce must show, unless a person keeps its sender; 0 for none. */
export const STAMP_BITS: Readonly<Record<SecurityLevel, number>> = {
  permissive: 0,
  moderate: 0,
  strict: 8,
};

export function sortOf(type: number): Sort {
  if (type === ANNOUNCE) return 'announce';
  if (type === COURIER) return 'mail';
  return MUST_BE_SIGNED[type] === 1 ? 'signed' : 'open';
}

const MUST_BE_SIGNED = new Uint8Array(256);
for (const type of [
  MESSAGE,
  LEAVE,
  RECONCILE,
  REQUEST_SYNC,
  FILE,
  VOICE,
  LINK_STATE,
  GOSSIP,
  CHANNEL,
  ROOM,
  RECEIPT,
  GATEWAY,
]) {
  MUST_BE_SIGNED[type] = 1;
}
