/**
 * Book: what is kept of what was said. Each message is entered once, whichever way and however
 * often it comes, and comes only further: waiting, sent, delivered, read. What the running batch
 * enters is not in the store yet, so the newest entries are remembered here as well.
 */
import { assert } from '../../protocol/core/assert.ts';
import { ID_SIZE } from '../../protocol/core/packet.ts';
import { keepNewest } from '../../protocol/keep-newest.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import { nameOf } from '../../protocol/trust/pins.ts';
import { fromHex } from '../../protocol/wire/hex.ts';
import type { PrivateMessage } from '../../protocol/wire/private-message.ts';
import { encodeText } from '../../protocol/wire/text.ts';
import type {
  Archive,
  Message,
  MessageFailure,
  MessageName,
  MessageState,
  StoreOutput,
  TalkEvent,
} from '../types.ts';
import { MARK_SIZE, Marks } from './marks.ts';

export type BookOutput = StoreOutput | { kind: 'told'; event: TalkEvent };

/**
 * States the store may not show yet: more than a batch of the driver changes. Then the first go.
 */
export const RECENT_STATES_MAX = 8192;

/** What a message of ours goes through. Who is told of a failure may yet learn that it arrived. */
const WAY: MessageState[] = ['waiting', 'sent', 'failed', 'delivered', 'read'];

export class Book {
  private readonly crypto: Crypto;
  private readonly archive: Archive;
  private readonly marks: Marks;
  /** By conversation, sender and id; the one changed first in front. */
  private readonly recent = new Map<string, MessageState>();

  constructor(crypto: Crypto, archive: Archive) {
    this.crypto = crypto;
    this.archive = archive;
    this.marks = new Marks(archive.delivered);
  }

  /**
   * A private message of a peer; null where it was entered before. Nothing says when sealed mail was
   * written, so whoever recorded it may bring it once its mark is forgotten: what the history has is
   * known all the same.
   */
  enterPrivate(
    sender: Uint8Array,
    conversation: string,
    { id, text }: PrivateMessage,
    unixMs: number,
  ): BookOutput[] | null {
    if (this.archive.messages.find({ conversation, sender, id }) !== null) return null;
    const mark = this.marks.takeUndated(this.markOf(sender, id), unixMs);
    if (mark === null) return null;
    // Phones tell each other so whom they keep: no person wrote it.
    if (PHONES_OWN.some((beginning) => text.startsWith(beginning))) return [mark];
    const times = { sentAt: unixMs, heardAt: unixMs };
    const message = { conversation, sender, id, text, ...times, isVerified: true, frame: null };
    return [mark, ...this.enter({ ...message, state: 'heard', reason: null })];
  }

  /** A public message of a peer; null where it was entered before. */
  enterPublic(message: Message): BookOutput[] | null {
    const hash = fromHex(message.id);
    assert(hash !== null && hash.length === MARK_SIZE, 'the id of a public message is a hash');
    const mark = this.marks.take(hash, message.sentAt);
    return mark === null ? null : [mark, ...this.enter(message)];
  }

  /** One of ours, or one that is known to be new. */
  enter(message: Message): BookOutput[] {
    const { conversation, sender, id } = message;
    return [
      { kind: 'store', write: { kind: 'message', message } },
      { kind: 'told', event: { kind: 'message', name: { conversation, sender, id } } },
    ];
  }

  change(
    name: MessageName,
    state: MessageState,
    reason: MessageFailure | null = null,
  ): BookOutput[] {
    this.remember(keyOf(name), state);
    return [
      { kind: 'store', write: { kind: 'message-state', ...name, state, reason } },
      { kind: 'told', event: { kind: 'message-state', name, state, reason } },
    ];
  }

  /**
   * Whether a message of ours, which nobody waits for any more, is not known to have come so far.
   */
  isFurther(name: MessageName, state: MessageState): boolean {
    const stored = this.archive.messages.find(name);
    if (stored === null) return false;
    const known = this.recent.get(keyOf(name)) ?? stored.state;
    return WAY.indexOf(known) < WAY.indexOf(state);
  }

  /** True the first time: what was read in this batch is still unread in the store. */
  readOnce(name: MessageName): boolean {
    const key = keyOf(name);
    const isNew = this.recent.get(key) !== 'read';
    this.remember(key, 'read');
    return isNew;
  }

  private remember(key: string, state: MessageState): void {
    this.recent.delete(key);
    this.recent.set(key, state);
    keepNewest(this.recent, RECENT_STATES_MAX);
  }

  /** Its sender drew the id, so it names a message of his only. */
  private markOf(sender: Uint8Array, id: string): Uint8Array {
    const text = encodeText(id);
    const named = new Uint8Array(ID_SIZE + text.length);
    named.set(sender);
    named.set(text, ID_SIZE);
    return new Uint8Array(this.crypto.sha256(named).subarray(0, MARK_SIZE));
  }
}

const PHONES_OWN = ['[FAVORITED]:', '[UNFAVORITED]:'];

function keyOf({ conversation, sender, id }: MessageName): string {
  return conversation + nameOf(sender) + id;
}
