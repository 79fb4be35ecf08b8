/**
 * Messages: what was said, publicly and to us, in the order in which it was stored; the conversations
 * it makes; and its words, to be searched.
 */
import type {
  Conversation,
  Message,
  MessageName,
  MessagePages,
  MessageState,
  Retention,
  StoredMessage,
  Usage,
} from '../types.ts';
import { makesRoom, messageSize, pageSize, PUBLIC, TRIM_SLICE } from '../types.ts';
import type { Connection } from './sqlite.ts';
import { bytesOf, bytesOrNull } from './sqlite.ts';
import type { Tally } from './tally.ts';

/** Unread messages counted; beyond it a conversation has at least so many. */
export const UNREAD_MAX = 100;
/** Words of a search. Further ones are left out. */
export const WORDS_MAX = 16;

/** Of a message, what its removal takes. */
type Oldest = { key: number; conversation: string; heardAt: number; size: number };

type Row = Omit<StoredMessage, 'isVerified'> & { isVerified: number; size: number };

export class Messages implements MessagePages {
  private readonly tally: Tally;
  private readonly insert;
  private readonly setState;
  private readonly touch;
  private readonly setRead;
  private readonly byName;
  private readonly byKey;
  private readonly newer;
  private readonly older;
  private readonly newerOf;
  private readonly forSync;
  private readonly unreadUpTo;
  private readonly latest;
  private readonly countUnread;
  private readonly byWords;
  private readonly oldestPublic;
  private readonly oldestPrivate;
  private readonly remove;
  private readonly removeEmpty;

  constructor(connection: Connection, tally: Tally) {
    this.tally = tally;
    this.insert = connection.prepare(
      'INSERT INTO messages (conversation, sender, id, text, sentAt, heardAt, isVerified, state, reason, frame, size) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    );
    this.setState = connection.prepare(
      'UPDATE messages SET state = ?, reason = ? WHERE conversation = ? AND sender = ? AND id = ?',
    );
    this.touch = connection.prepare(
      'INSERT INTO conversations VALUES (?, ?, 0) ON CONFLICT DO UPDATE SET lastKey = excluded.lastKey',
    );
    this.setRead = connection.prepare(
      'UPDATE conversations SET readKey = max(readKey, min(lastKey, ?)) WHERE name = ?',
    );
    this.byName = connection.prepare<unknown[], Row>(
      'SELECT * FROM messages WHERE conversation = ? AND sender = ? AND id = ?',
    );
    this.byKey = connection.prepare<unknown[], Row>('SELECT * FROM messages WHERE key = ?');
    this.newer = connection.prepare<unknown[], Row>(
      'SELECT * FROM messages WHERE key > ? ORDER BY key LIMIT ?',
    );
    this.older = connection.prepare<unknown[], Row>(
      'SELECT * FROM messages WHERE conversation = ? AND key < ? ORDER BY key DESC LIMIT ?',
    );
    this.newerOf = connection.prepare<unknown[], Row>(
      'SELECT * FROM messages WHERE conversation = ? AND key > ? ORDER BY key LIMIT ?',
    );
    this.forSync = connection.prepare<unknown[], { frame: Uint8Array }>(
      'SELECT frame FROM messages WHERE frame IS NOT NULL AND sentAt >= ? ORDER BY sentAt DESC, key DESC LIMIT ?',
    );
    this.unreadUpTo = connection.prepare<unknown[], Row>(
      "SELECT messages.* FROM messages JOIN conversations ON name = conversation WHERE conversation = ? AND key > readKey AND key <= ? AND state = 'heard' ORDER BY key DESC LIMIT ?",
    );
    this.latest = connection.prepare<unknown[], { name: string; lastKey: number; readKey: number }>(
      'SELECT * FROM conversations ORDER BY lastKey DESC LIMIT ?',
    );
    this.countUnread = connection.prepare<unknown[], { count: number }>(
      "SELECT count(*) AS count FROM (SELECT 1 FROM messages WHERE conversation = ? AND key > ? AND state = 'heard' LIMIT ?)",
    );
    this.byWords = connection.prepare<unknown[], Row>(
      'SELECT messages.* FROM words JOIN messages ON messages.key = words.rowid WHERE words MATCH ? AND messages.key < ? ORDER BY words.rowid DESC LIMIT ?',
    );
    this.oldestPublic = connection.prepare<unknown[], Oldest>(
      "SELECT key, conversation, heardAt, size FROM messages WHERE conversation = 'public' ORDER BY key LIMIT ?",
    );
    this.oldestPrivate = connection.prepare<unknown[], Oldest>(
      "SELECT key, conversation, heardAt, size FROM messages WHERE conversation <> 'public' ORDER BY key LIMIT ?",
    );
    this.remove = connection.prepare('DELETE FROM messages WHERE key = ?');
    this.removeEmpty = connection.prepare(
      'DELETE FROM conversations WHERE name = ? AND lastKey = ?',
    );
  }

  add(message: Message): void {
    const { conversation, sender, id, text, sentAt, heardAt, isVerified, state } = message;
    const size = messageSize(message);
    const head = [conversation, sender, id, text, sentAt, heardAt, isVerified ? 1 : 0, state];
    const added = this.insert.run(...head, message.reason, message.frame, size);
    if (added.changes === 0) return;
    this.touch.run(conversation, added.lastInsertRowid);
    this.count(conversation, 1, size);
  }

  change({ conversation, sender, id }: MessageName, state: MessageState, reason: string | null) {
    this.setState.run(state, reason, conversation, sender, id);
  }

  readUpTo(conversation: string, key: number): void {
    this.setRead.run(key, conversation);
  }

  find({ conversation, sender, id }: MessageName): StoredMessage | null {
    return messageOrNull(this.byName.get(conversation, sender, id));
  }

  after(key: number, limit: number): StoredMessage[] {
    return this.newer.all(key, pageSize(limit)).map(messageOf);
  }

  before(conversation: string, key: number, limit: number): StoredMessage[] {
    return this.older.all(conversation, key, pageSize(limit)).map(messageOf);
  }

  afterIn(conversation: string, key: number, limit: number): StoredMessage[] {
    return this.newerOf.all(conversation, key, pageSize(limit)).map(messageOf);
  }

  history(sentAt: number, limit: number): Uint8Array[] {
    return this.forSync.all(sentAt, Math.max(0, limit)).map(({ frame }) => bytesOf(frame));
  }

  unread(conversation: string, key: number, limit: number): StoredMessage[] {
    return this.unreadUpTo.all(conversation, key, pageSize(limit)).map(messageOf);
  }

  usage(): Usage {
    return this.tally.of('messages');
  }

  conversations(limit: number): Conversation[] {
    return this.latest.all(pageSize(limit)).flatMap(({ name, lastKey, readKey }) => {
      const last = messageOrNull(this.byKey.get(lastKey));
      if (last === null) return [];
      const unread = this.countUnread.get(name, readKey, UNREAD_MAX)!.count;
      return [{ name, last, unread, readKey }];
    });
  }

  search(text: string, key: number, limit: number): StoredMessage[] {
    const words = wordsOf(text);
    if (words.length === 0) return [];
    const query = `${words.map((word) => `"${word}"`).join(' ')}*`;
    return this.byWords.all(query, key, pageSize(limit)).map(messageOf);
  }

  /** Removes a slice of what is beyond the limits. True when there may be more. */
  trim(limits: Retention, now: number): boolean {
    const open = this.oldestPublic.all(TRIM_SLICE);
    const closed = this.oldestPrivate.all(TRIM_SLICE);
    for (let removed = 0; removed < TRIM_SLICE; removed++) {
      const kind = makesRoom(this.tally.of('messages'), this.tally.of('public'), limits);
      const isOpen = kind === null ? isOlder(open[0], closed[0]) : kind === 'public';
      const oldest = (isOpen ? open : closed).shift();
      if (oldest === undefined) return false;
      if (kind === null && oldest.heardAt >= now - limits.messageAgeMs) return false;
      this.drop(oldest);
    }
    return true;
  }

  private drop({ key, conversation, size }: Oldest): void {
    this.remove.run(key);
    // The oldest go first: whose last one goes has none left.
    this.removeEmpty.run(conversation, key);
    this.count(conversation, -1, -size);
  }

  private count(conversation: string, count: number, bytes: number): void {
    this.tally.add('messages', count, bytes);
    if (conversation === PUBLIC) this.tally.add('public', count, bytes);
  }
}

function isOlder(one: Oldest | undefined, other: Oldest | undefined): boolean {
  return (one?.key ?? Infinity) < (other?.key ?? Infinity);
}

/** Runs of letters and digits, as the index sees them. */
function wordsOf(text: string): string[] {
  return (text.match(/[\p{L}\p{N}\p{M}]+/gu) ?? []).slice(0, WORDS_MAX);
}

function messageOrNull(row: Row | undefined): StoredMessage | null {
  return row === undefined ? null : messageOf(row);
}

function messageOf({ size: _, ...row }: Row): StoredMessage {
  return {
    ...row,
    sender: bytesOf(row.sender),
    isVerified: row.isVerified === 1,
    frame: bytesOrNull(row.frame),
  };
}
