/**
 * Hopline for a page: takes part in the mesh as a client of a bridge, over a WebSocket, with keys of its
 * own that are drawn here and stay here. It runs wherever there are WebSocket and crypto: in browsers,
 * and in Node from 22 on.
 *
 *   const leaf = attach({ ticket: 'hopline:ws://...', name: 'kitchen tablet' });
 *   leaf.on('message', ({ name, text }) => ...);
 *   leaf.say('hello');
 */
import { Driver } from '../../protocol/core/driver.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import { Leaf } from '../../protocol/peer/leaf.ts';
import type { LeafInput, LeafOutput } from '../../protocol/peer/leaf.ts';
import { NAME_MAX } from '../../protocol/peer/announcer.ts';
import { parseInvitation } from '../../protocol/peer/invitation.ts';
import type { StationEvent } from '../../protocol/peer/contract.ts';
import type { PeerSnapshot } from '../../protocol/peer/snapshot.ts';
import { printable, straight } from '../../protocol/printable.ts';
import { Identity } from '../../protocol/trust/identity.ts';
import { pureCrypto } from '../../protocol/trust/pure-crypto.ts';
import { fromHex, toHex } from '../../protocol/wire/hex.ts';
import { encodeText } from '../../protocol/wire/text.ts';
import { pageClock } from './clock.ts';
import { PageLine } from './page-line.ts';

export type AttachOptions = {
  /** What `hopline clients add` printed. */
  ticket: string;
  /** As others see us. */
  name: string;
  /** Where the line is opened, if not where the ticket says: `ws://` or `wss://`. */
  address?: string;
  /** 128 hex digits that an earlier `secrets` gave: the same peer as then. Else a new one. */
  secrets?: string;
};

/**
 * Names and texts are as others say them, but for what a page might show as something else: nothing in
 * them turns the words beside them around, and what of a name cannot be seen is a question mark. They
 * may be markup, and are to be shown as text.
 */
export type Happenings = {
  /** The bridge is there; it is gone, and is dialled again. */
  attached: { bridge: string };
  detached: { why: string };
  message: { id: string; sender: string; name: string | null; text: string; timestamp: number };
  /** A message of our own is on its way. */
  said: { id: string; text: string; timestamp: number };
  peer: { id: string; name: string };
  left: { id: string; name: string };
  /** What was to be said was not: `no-clock`, `too-long`, `empty`. */
  refused: { reason: string };
};
type Listeners = { [Kind in keyof Happenings]?: ((happening: Happenings[Kind]) => void)[] };

export type AttachedLeaf = {
  /** Our own, 16 hex digits. */
  readonly id: string;
  /** For `attach` at the next visit. Whoever has them is us: keep them to yourself. */
  readonly secrets: string;
  on<Kind extends keyof Happenings>(
    kind: Kind,
    listener: (happening: Happenings[Kind]) => void,
  ): void;
  /** To everybody. */
  say(text: string): void;
  peers(): PeerSnapshot[];
  /** Says goodbye and lets go. */
  detach(): void;
};

/** Throws what is wrong with a ticket, a name or secrets; all else is told by what happens. */
export function attach({ ticket, name, address, secrets }: AttachOptions): AttachedLeaf {
  const read = parseInvitation(ticket);
  if (!read.ok) throw new Error(read.why);
  const { node, secret: token } = read.value;
  const nameSize = encodeText(name).length;
  if (nameSize < 1 || nameSize > NAME_MAX) throw new Error(`a name has 1 to ${NAME_MAX} bytes`);
  const keys = secrets === undefined ? draw(64) : fromHex(secrets);
  if (keys === null || keys.length !== 64) throw new Error('secrets are 128 hex digits');
  const identity = new Identity(pureCrypto, {
    noise: keys.subarray(0, 32),
    sign: keys.subarray(32),
  });
  const clock = pageClock(() => tellTime());
  const route = { address: address ?? read.value.address, id: node, token };
  const ports = { crypto: pureCrypto, identity, random, draw, crc: crc32 };
  const leaf = new Leaf({ name, route }, ports, clock.now());
  const listeners: Listeners = {};
  const tell = <Kind extends keyof Happenings>(kind: Kind, happening: Happenings[Kind]): void => {
    for (const listener of listeners[kind] ?? []) {
      try {
        listener(happening);
      } catch (failure) {
        // It is the page's, for whatever it hears errors with, and nothing that the line goes down for.
        setTimeout(() => {
          throw failure;
        });
      }
    }
  };
  const line = new PageLine((event) => feed({ kind: 'line', event }));
  const driver = new Driver<LeafInput, LeafOutput>(leaf, clock, {
    commit: () => {},
    perform(output) {
      if (output.kind === 'line') line.perform(output.order);
      else if (output.kind === 'attached') tell('attached', { bridge: toHex(output.id) });
      else if (output.kind === 'detached') tell('detached', { why: output.why });
      else hear(output.event, tell);
    },
    halted(cause) {
      line.close();
      throw cause;
    },
  });
  /** What is said is dated, and what is old is not heard: nothing happens by a time that was set since. */
  const tellTime = (): void => {
    const offsetMs = clock.newOffset();
    if (offsetMs !== null) driver.feed({ kind: 'clock', offsetMs });
  };
  const feed = (input: LeafInput): void => {
    tellTime();
    driver.feed(input);
  };
  tellTime();
  return {
    id: toHex(identity.id),
    secrets: toHex(keys),
    on(kind, listener) {
      ((listeners[kind] ??= []) as (typeof listener)[]).push(listener);
    },
    say: (text) => feed({ kind: 'say', text }),
    peers: () => leaf.peers(clock.now()).map((peer) => ({ ...peer, name: printable(peer.name) })),
    detach() {
      feed({ kind: 'leave' });
      // What is said at last is written by then.
      clock.soon(() => {
        clock.stop();
        line.close();
      });
    },
  };
}

type Tell = <Kind extends keyof Happenings>(kind: Kind, happening: Happenings[Kind]) => void;

function hear(event: StationEvent, tell: Tell): void {
  switch (event.kind) {
    case 'message': {
      const { id, sender, name, text, timestamp } = event;
      const called = name === null ? null : printable(name);
      const said = { text: straight(text), timestamp };
      return tell('message', { id, sender: toHex(sender), name: called, ...said });
    }
    case 'said':
      return tell('said', { id: event.id, text: event.text, timestamp: event.timestamp });
    case 'peer-seen':
      return tell('peer', { id: toHex(event.id), name: printable(event.name) });
    case 'peer-left':
      return tell('left', { id: toHex(event.id), name: printable(event.name) });
    case 'refused':
      return tell('refused', { reason: event.reason });
  }
}

function draw(size: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(size));
}

function random(below: number): number {
  // 53 bits leave no trace of a bias at the few thousands that are drawn below.
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  return Math.floor((((high >>> 5) * 67_108_864 + (low >>> 6)) / 2 ** 53) * below);
}
