/**
 * Messages: what was said, and saying something.
 */
import { HoplineError } from '../../../protocol/errors.ts';
import { PAGE_MAX, PUBLIC } from '../../types.ts';
import { route } from '../route.ts';
import { integer, list, object, text } from '../schema.ts';
import { CONVERSATION, MESSAGE } from '../shapes.ts';
import { TEXT_MAX } from '../text-limit.ts';
import type { ConversationView, MessageView } from '../views.ts';

/** Rows of a page when nobody says how many. */
const PAGE = 50;
const LIMIT = integer({ about: `rows at most; ${PAGE} by default`, minimum: 1, maximum: PAGE_MAX });
const KEYS = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const BEFORE = integer({
  about: 'only keys below this one: the least key of the page before',
  ...KEYS,
});
const AFTER = integer({ about: 'only keys above this one', ...KEYS });
const KEY = integer({ about: 'of the last message that was read', ...KEYS });
const NAME = text({ about: "`public`, or a peer's id", minLength: 1, maxLength: 255 });
/** Letters that are searched for. */
const WORDS_MAX = 256;

type Paging = { before?: number; limit?: number };
const PAGING = { before: BEFORE, limit: LIMIT };

const MESSAGES = object<{ messages: MessageView[] }>({ messages: list(MESSAGE) });

export const messageRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/conversations',
    summary: 'the conversations, the one last spoken in first',
    query: object<{ limit?: number }>({ limit: LIMIT }, ['limit']),
    answer: object<{ conversations: ConversationView[] }>({ conversations: list(CONVERSATION) }),
    handle: ({ query }, { desk }) => ({ conversations: desk.conversations(query.limit ?? PAGE) }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/conversations/{name}/read',
    summary: 'mark everything up to a key as read; the senders of private messages are told',
    params: object<{ name: string }>({ name: NAME }),
    body: object<{ key: number }>({ key: KEY }),
    handle: ({ params, body }, { desk }) => desk.read(params.name, body.key),
  }),
  route({
    method: 'GET',
    path: '/api/v1/messages',
    summary: 'a page of a conversation, the newest first; after a key the oldest first',
    query: object<{ conversation?: string; after?: number } & Paging>(
      { conversation: NAME, after: AFTER, ...PAGING },
      ['conversation', 'after', 'before', 'limit'],
    ),
    answer: MESSAGES,
    handle: ({ query }, { desk }) => {
      const { conversation = PUBLIC, before = Number.MAX_SAFE_INTEGER, limit = PAGE } = query;
      const { after } = query;
      if (after === undefined) return { messages: desk.messages(conversation, before, limit) };
      if (query.before === undefined)
        return { messages: desk.messagesAfter(conversation, after, limit) };
      throw new HoplineError('REQUEST_INVALID', 'before and after: ask for one of them');
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/messages',
    summary: 'say something; the answer comes when it is stored, and says where it stands',
    body: object<{ to: string; text: string }>({
      to: text({
        about: '`public`, an id, or a name that only one peer has',
        minLength: 1,
        maxLength: 255,
      }),
      text: text({ minLength: 1, maxLength: TEXT_MAX }),
    }),
    answer: MESSAGE,
    handle: ({ body }, { desk }) => desk.send(body.to, body.text),
  }),
  route({
    method: 'GET',
    path: '/api/v1/search',
    summary: 'messages that have all the words, the newest first',
    query: object<{ text: string } & Paging>(
      { text: text({ minLength: 1, maxLength: WORDS_MAX }), ...PAGING },
      ['before', 'limit'],
    ),
    answer: MESSAGES,
    handle: ({ query }, { desk }) => {
      const { text, before = Number.MAX_SAFE_INTEGER, limit = PAGE } = query;
      return { messages: desk.search(text, before, limit) };
    },
  }),
];
