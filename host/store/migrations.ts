/**
 * Migrations: the schema, as the steps in which it grew. A step that was released is never changed;
 * the number of steps done is the version of a store, and a step is done whole or not at all.
 */
export const MIGRATIONS: readonly string[] = [
  // 1: messages, what waits to be acknowledged, what was delivered, and who is who.
  `
CREATE TABLE messages (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  conversation TEXT NOT NULL,
  sender BLOB NOT NULL CHECK (length(sender) = 8),
  id TEXT NOT NULL,
  text TEXT NOT NULL,
  sentAt INTEGER NOT NULL,
  heardAt INTEGER NOT NULL,
  isVerified INTEGER NOT NULL CHECK (isVerified IN (0, 1)),
  state TEXT NOT NULL
    CHECK (state IN ('heard', 'waiting', 'sent', 'delivered', 'read', 'failed')),
  reason TEXT,
  frame BLOB,
  size INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX messagesByName ON messages (conversation, sender, id);
CREATE INDEX messagesByConversation ON messages (conversation, key);
CREATE INDEX messagesForSync ON messages (sentAt) WHERE frame IS NOT NULL;

CREATE TABLE conversations (
  name TEXT PRIMARY KEY,
  lastKey INTEGER NOT NULL,
  readKey INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
  turn INTEGER PRIMARY KEY AUTOINCREMENT,
  recipient BLOB NOT NULL CHECK (length(recipient) = 8),
  id TEXT NOT NULL,
  payloadKind INTEGER NOT NULL,
  body BLOB NOT NULL,
  madeAt INTEGER NOT NULL,
  expiresAt INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  triedAt INTEGER
) STRICT;
CREATE UNIQUE INDEX outboxByName ON outbox (recipient, id);

CREATE TABLE delivered (
  mark BLOB PRIMARY KEY,
  sentAt INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveredByAge ON delivered (sentAt);

CREATE TABLE pins (
  id BLOB PRIMARY KEY CHECK (length(id) = 8),
  noiseKey BLOB NOT NULL CHECK (length(noiseKey) = 32),
  signingKey BLOB NOT NULL CHECK (length(signingKey) = 32),
  standing TEXT NOT NULL CHECK (standing IN ('seen', 'contacted', 'verified', 'trusted')),
  proven INTEGER NOT NULL CHECK (proven IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE denied (
  id BLOB PRIMARY KEY CHECK (length(id) = 8)
) STRICT, WITHOUT ROWID;

CREATE TABLE peers (
  id BLOB PRIMARY KEY CHECK (length(id) = 8),
  name TEXT NOT NULL,
  foldedName TEXT NOT NULL,
  announce BLOB,
  firstSeenAt INTEGER NOT NULL,
  lastSeenAt INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX peersByName ON peers (foldedName);
CREATE INDEX peersByAge ON peers (lastSeenAt);

CREATE TABLE counters (
  device BLOB PRIMARY KEY CHECK (length(device) = 8),
  counter INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE reservations (
  name TEXT PRIMARY KEY,
  upTo INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tallies (
  family TEXT PRIMARY KEY,
  count INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`,
  // 2: the words of messages, to be searched. The index holds no text of its own.
  `
CREATE VIRTUAL TABLE words USING fts5 (
  text,
  content = 'messages',
  content_rowid = 'key',
  tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TRIGGER wordsOfNew AFTER INSERT ON messages BEGIN
  INSERT INTO words (rowid, text) VALUES (new.key, new.text);
END;
CREATE TRIGGER wordsOfGone AFTER DELETE ON messages BEGIN
  INSERT INTO words (words, rowid, text) VALUES ('delete', old.key, old.text);
END;
INSERT INTO words (words) VALUES ('rebuild');
`,
  // 3: what a gateway holds, carries and spends, and to whom it has lines.
  `
CREATE TABLE held (
  turn INTEGER PRIMARY KEY AUTOINCREMENT,
  purpose TEXT NOT NULL CHECK (purpose IN ('peer', 'gateway')),
  destination BLOB NOT NULL CHECK (length(destination) = 8),
  mark BLOB NOT NULL,
  frame BLOB NOT NULL,
  priority INTEGER NOT NULL,
  heldAt INTEGER NOT NULL,
  expiresAt INTEGER NOT NULL,
  size INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX heldByMark ON held (purpose, destination, mark);
CREATE INDEX heldByTurn ON held (purpose, destination, priority, turn);
CREATE INDEX heldByExpiry ON held (expiresAt);

CREATE TABLE carried (
  who BLOB NOT NULL CHECK (length(who) = 8),
  day INTEGER NOT NULL,
  packets INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (who, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE budgets (
  link TEXT PRIMARY KEY,
  level REAL NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE lines (
  node BLOB PRIMARY KEY CHECK (length(node) = 8),
  address TEXT,
  name TEXT NOT NULL,
  addedAt INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE invites (
  hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
  madeAt INTEGER NOT NULL,
  expiresAt INTEGER NOT NULL,
  usedBy BLOB CHECK (length(usedBy) = 8)
) STRICT, WITHOUT ROWID;
`,
  // 4: who is kept apart or slowed down, and the audit trail, which nothing changes once it is written.
  `
CREATE TABLE quarantined (
  id BLOB PRIMARY KEY CHECK (length(id) = 8)
) STRICT, WITHOUT ROWID;

CREATE TABLE limits (
  id BLOB PRIMARY KEY CHECK (length(id) = 8),
  perMinute INTEGER NOT NULL CHECK (perMinute > 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  key INTEGER PRIMARY KEY,
  at INTEGER,
  who TEXT NOT NULL,
  act TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TABLE auditEnds (
  name TEXT PRIMARY KEY CHECK (name IN ('base', 'head')),
  key INTEGER NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT, WITHOUT ROWID;
INSERT INTO auditEnds VALUES ('base', 0, zeroblob(32)), ('head', 0, zeroblob(32));

CREATE TRIGGER auditStays BEFORE UPDATE ON audit BEGIN
  SELECT RAISE(ABORT, 'a line of the audit trail is not changed');
END;
CREATE TRIGGER auditIsKept BEFORE DELETE ON audit
WHEN old.key > (SELECT key FROM auditEnds WHERE name = 'base') BEGIN
  SELECT RAISE(ABORT, 'a line of the audit trail is not removed');
END;
`,
  // 5: what benchmarks measured here, run after run.
  `
CREATE TABLE bench (
  key INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  area TEXT NOT NULL,
  seed INTEGER NOT NULL,
  node TEXT NOT NULL,
  machine TEXT NOT NULL,
  figures TEXT NOT NULL CHECK (json_valid(figures))
) STRICT;
`,
  // 6: what happened in the mesh, for whoever comes later.
  `
CREATE TABLE events (
  key INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  name TEXT NOT NULL,
  text TEXT NOT NULL,
  tone TEXT NOT NULL CHECK (tone IN ('plain', 'good', 'warning', 'bad')),
  peer BLOB CHECK (length(peer) = 8),
  figures TEXT NOT NULL CHECK (json_valid(figures)),
  isRoutine INTEGER NOT NULL CHECK (isRoutine IN (0, 1))
) STRICT;
`,
  // 7: no numbers are reserved; sessions draw their keys anew, and boards count for themselves.
  `
DROP TABLE reservations;
`,
  // 8: public and private messages are counted apart, since each kind has room of its own.
  `
INSERT INTO tallies
SELECT 'public', count(*), coalesce(sum(size), 0) FROM messages WHERE conversation = 'public';
CREATE INDEX messagesPrivate ON messages (key) WHERE conversation <> 'public';
`,
];
