/**
 * Contract: what the gateway is told and what it tells, in one place for whoever runs it. Links are
 * numbered as the station numbers them, lines among them.
 */
import type { OwnDraft } from '../../protocol/peer/contract.ts';
import type { Route } from '../../protocol/peer/trunks.ts';
import type { Packet } from '../../protocol/wire/packet.ts';
import type { StoreOutput } from '../types.ts';
import type { BudgetLimits } from '../../protocol/peer/budget.ts';

export type GatewayInput =
  /** A flooded packet went further for the first time, as the station says; link -1 for our own. */
  | {
      kind: 'passed';
      link: number;
      bytes: Uint8Array;
      priority: number;
      isFromLine: boolean;
    }
  /** A line to a proven peer is up: his id, what he calls himself, and what he said to be let in by. */
  | { kind: 'lineUp'; link: number; id: Uint8Array; name: string; token: Uint8Array }
  | { kind: 'lineDown'; link: number }
  /** An advert that verified. Over a line it comes from any island. */
  | { kind: 'advert'; packet: Packet; isFromLine: boolean }
  /** Somebody came into reach of our radio or wires: perhaps another gateway with him. */
  | { kind: 'met' }
  /** The air was given so many bytes of history. */
  | { kind: 'spent'; bytes: number }
  /** Unix time is our clock plus this; null for unknown. */
  | { kind: 'clock'; offsetMs: number | null }
  /** Somebody told all of this network that he is here; `from` is where he takes lines. */
  | { kind: 'announced'; from: string; bytes: Uint8Array }
  /** The owner's word. */
  | { kind: 'budget'; limits: BudgetLimits }
  /** A line of a client is up: who is there, and by which token. */
  | { kind: 'clientUp'; id: Uint8Array; token: Uint8Array }
  | { kind: 'clientDown'; id: Uint8Array }
  | { kind: 'ask'; ticket: number; wish: LineWish }
  /** What is only counted is to be stored: the end is near. */
  | { kind: 'leave' };

export type GatewayOutput =
  /** The station is to let our island hear what a line brought. */
  | { kind: 'inject'; bytes: Uint8Array }
  /** For one line alone: what was said while it was down. */
  | { kind: 'hand'; link: number; bytes: Uint8Array; priority: number }
  /** For the station to say in our name. */
  | { kind: 'send'; draft: OwnDraft }
  | StoreOutput
  /** Whom to dial from now on, in place of all before. */
  | { kind: 'routes'; routes: Route[] }
  /** For all of this network. */
  | { kind: 'announce'; bytes: Uint8Array }
  /** Who may be a client is decided otherwise than before. */
  | { kind: 'rejudge' }
  | { kind: 'told'; event: GatewayEvent }
  /** Given once what it says is durable. */
  | { kind: 'answer'; ticket: number; answer: LineAnswer };

/** What a person asks of lines. */
export type LineWish =
  /** One line of text that lets one other gateway join; null for the address of the settings. */
  | { kind: 'invite'; address: string | null }
  /** Such a line, as it was pasted. */
  | { kind: 'join'; text: string }
  | { kind: 'part'; node: Uint8Array }
  | ClientWish;

/** What a person asks of clients, by the name that he gave them. */
export type ClientWish =
  { kind: 'add-client'; name: string } | { kind: 'remove-client'; name: string };

export type LineAnswer =
  | { kind: 'invited'; line: string; expiresAt: number }
  | { kind: 'joined'; node: Uint8Array }
  | { kind: 'parted' }
  | ClientAnswer;

export type ClientAnswer =
  | { kind: 'client-added'; token: Uint8Array }
  | { kind: 'client-removed' }
  /** `why` is for people: what is wrong, and what to do. */
  | { kind: 'refused'; why: string };

export type GatewayEvent =
  /** Somebody used an invite of ours, and may open a line from now on. */
  | { kind: 'line-joined'; node: Uint8Array; name: string }
  /** A gateway is new, has other lines, or is on our island or not any more. */
  | { kind: 'gateway-changed'; id: Uint8Array }
  | { kind: 'gateway-gone'; id: Uint8Array };

/** What the gateway asks of the station at once. */
export interface Air {
  /** To how many radio links and wires `inject` would bring the packet now; 0 when it was overheard. */
  lacking(bytes: Uint8Array): number;
}

export type GatewaySnapshot = {
  bytesPerSecond: number;
  burstBytes: number;
  levelBytes: number;
  /** Packets that wait for their turn or for the budget. */
  waiting: number;
  injected: number;
  injectedBytes: number;
  /** Left to another gateway, or on the air already. */
  overheard: number;
  /** Handed to lines that came up. */
  handed: number;
  /** By reason; `lan-` before those of announcements in this network. */
  drops: Record<string, number>;
  /** Other gateways, those of our island first. */
  gateways: { id: Uint8Array; isHere: boolean; lines: Uint8Array[]; ageMs: number }[];
  /** Lines wanted or allowed. */
  lines: KnownLine[];
  clients: KnownClient[];
  /** Others of this network that are none of these. */
  found: { node: Uint8Array; name: string; address: string }[];
};

/** Whoever is let in by a token of ours, and the nodes that are here by it. */
export type KnownClient = { name: string; addedAt: number; nodes: Uint8Array[] };

/** Where a line comes from: the settings, an invite of another's, or one of ours. */
export type LineOrigin = 'config' | 'joined' | 'invited';

export type KnownLine = {
  node: Uint8Array;
  name: string;
  /** Null where it is the other end's to dial. */
  address: string | null;
  origin: LineOrigin;
};
