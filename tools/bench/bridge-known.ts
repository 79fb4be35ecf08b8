/**
 * Known: the data folder of a bridge that has met many and heard much, made as fast as the store takes
 * it, for figures of a bridge that has been running for long.
 */
import { createHash, randomBytes } from 'node:crypto';
import { nativeCrypto } from '../../device/pi/crypto.ts';
import type { DaemonConfig } from '../../host/config.ts';
import { openHome } from '../../host/daemon/home.ts';
import type { Message, StoreWrite } from '../../host/types.ts';
import { PUBLIC, RETENTION } from '../../host/types.ts';
import type { Pin } from '../../protocol/trust/pins.ts';
import { toHex } from '../../protocol/wire/hex.ts';

export type Known = { peers: number; messages: number };

/** Rows of one transaction. */
const BATCH = 1000;
/** One message of so many is private. */
const PRIVATE_OF = 5;
/** Words that people say; each stands in one message of a few hundred. */
const VOCABULARY = 2000;
const WORDS_SAID = 8;
/** One conversation of so many was not read to its end. */
const UNREAD_OF = 10;

/** The words, by number. */
export function word(at: number): string {
  return `w${(at % VOCABULARY).toString(36)}`;
}

export function fill(config: DaemonConfig, { peers, messages }: Known): void {
  const say = (): void => {};
  const { store } = openHome(config, {
    crypto: nativeCrypto(),
    draw: (size) => new Uint8Array(randomBytes(size)),
    log: { trace: say, debug: say, info: say, warn: say, error: say },
  });
  try {
    const now = Date.now();
    // There is room for so many strangers; a person keeps the rest.
    const pins = Array.from({ length: peers }, (_, at) => pinOf(at < RETENTION.strangersMax));
    for (const part of parts(pins)) {
      const heard = part.map(({ id }, at): StoreWrite => {
        return { kind: 'peer-heard', id, name: `peer ${toHex(id)}`, announce: null, at: now - at };
      });
      store.commit([{ kind: 'pins', pins: part }, ...heard]);
    }
    const rows = Array.from({ length: Math.ceil(messages / BATCH) }, (_, batch) => batch * BATCH);
    for (const from of rows) {
      const count = Math.min(BATCH, messages - from);
      store.commit(
        Array.from({ length: count }, (_, at): StoreWrite => {
          const message = messageOf(from + at, pins, now - messages + from + at);
          return { kind: 'message', message };
        }),
      );
    }
    const read = pins.filter((_, at) => at % UNREAD_OF !== 0).map(({ id }) => toHex(id));
    for (const part of parts([PUBLIC, ...read])) {
      store.commit(
        part.map((conversation): StoreWrite => {
          return { kind: 'read-up-to', conversation, key: Number.MAX_SAFE_INTEGER };
        }),
      );
    }
  } finally {
    store.close();
  }
}

/** Keys of nobody: any 32 bytes will do where nothing is ever verified with them. */
function pinOf(isStranger: boolean): Pin {
  const noiseKey = new Uint8Array(randomBytes(32));
  const id = new Uint8Array(createHash('sha256').update(noiseKey).digest().subarray(0, 8));
  const standing = isStranger ? 'seen' : 'contacted';
  return { id, noiseKey, signingKey: new Uint8Array(randomBytes(32)), standing, proven: false };
}

function messageOf(at: number, pins: Pin[], sentAt: number): Message {
  const { id: sender } = pins[at % pins.length];
  const isPrivate = at % PRIVATE_OF === 0;
  const text = Array.from({ length: WORDS_SAID }, (_, place) => word(at * 7 + place * place));
  return {
    conversation: isPrivate ? toHex(sender) : PUBLIC,
    sender,
    id: at.toString(16).padStart(32, '0'),
    text: `${text.join(' ')} ${at}`,
    sentAt,
    heardAt: sentAt,
    isVerified: true,
    state: 'heard',
    reason: null,
    frame: isPrivate ? null : new Uint8Array(200).fill(at),
  };
}

function parts<T>(all: T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / BATCH) }, (_, at) =>
    all.slice(at * BATCH, (at + 1) * BATCH),
  );
}
