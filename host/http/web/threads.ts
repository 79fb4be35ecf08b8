/**
 * Threads: the part of a conversation that the page holds: one run of messages without a hole, which
 * grows at both ends, and need not reach the newest message where a person went to an old one.
 */
import type { MessageView } from '../views.ts';

export type Thread = {
  /** By key, the oldest first. */
  messages: MessageView[];
  hasOlder: boolean;
  /** It does not reach the newest message: what is said now does not follow on it. */
  hasNewer: boolean;
  /** Events were missed: the next newest page takes the place of all this. */
  isStale: boolean;
};

/** Who tells of a message. An answer may have been overtaken by an event, so it takes nothing back. */
export type Teller = 'answer' | 'event';

/** Messages of a conversation held at once. Then those at the far end go, and are read again on demand. */
export const THREAD_MAX = 2000;

/** Messages in any order. `newest` and `around` begin a thread; the others make one longer. */
export type ThreadPage = { messages: MessageView[] } & (
  | { place: 'newest' | 'older'; hasOlder: boolean }
  | { place: 'newer'; hasNewer: boolean }
  | { place: 'around'; hasOlder: boolean; hasNewer: boolean }
);

export function turned(held: Thread | undefined, page: ThreadPage): Thread {
  const { messages, place } = page;
  if (place === 'around') {
    const { hasOlder, hasNewer } = page;
    return { messages: byKey(messages), hasOlder, hasNewer, isStale: false };
  }
  if (held === undefined || (held.isStale && place === 'newest')) {
    const hasOlder = place === 'newer' || page.hasOlder;
    return { messages: byKey(messages), hasOlder, hasNewer: false, isStale: false };
  }
  switch (place) {
    case 'newest':
      // A person went to an old message meanwhile.
      return held.hasNewer ? held : joined(held, messages, 'answer');
    case 'older':
      return cutEnd({ ...joined(held, messages, 'answer'), hasOlder: page.hasOlder });
    case 'newer':
      return cutStart({ ...joined(held, messages, 'answer'), hasNewer: page.hasNewer });
  }
}

/** With a message that is new, or that came further. */
export function spoken(thread: Thread, message: MessageView, by: Teller): Thread {
  const isHeld = thread.messages.some(({ key }) => key === message.key);
  if (thread.hasNewer && !isHeld) return thread;
  return cutStart(joined(thread, [message], by));
}

/** Whether what an answer says of a message takes the place of what is known of it. */
export function isAsFar(answered: MessageView, known: MessageView): boolean {
  return RANK[answered.state] >= RANK[known.state];
}

/** Each key once. */
function joined(thread: Thread, messages: MessageView[], by: Teller): Thread {
  const held = new Map(thread.messages.map((message) => [message.key, message]));
  for (const message of messages) {
    const known = held.get(message.key);
    if (known === undefined || by === 'event' || isAsFar(message, known)) {
      held.set(message.key, message);
    }
  }
  return { ...thread, messages: byKey([...held.values()]) };
}

const RANK: Record<MessageView['state'], number> = {
  heard: 0,
  waiting: 0,
  sent: 1,
  failed: 2,
  delivered: 3,
  read: 4,
};

function byKey(messages: MessageView[]): MessageView[] {
  return messages.toSorted((a, b) => a.key - b.key);
}

function cutStart(thread: Thread): Thread {
  if (thread.messages.length <= THREAD_MAX) return thread;
  return { ...thread, messages: thread.messages.slice(-THREAD_MAX), hasOlder: true };
}

function cutEnd(thread: Thread): Thread {
  if (thread.messages.length <= THREAD_MAX) return thread;
  return { ...thread, messages: thread.messages.slice(0, THREAD_MAX), hasNewer: true };
}
