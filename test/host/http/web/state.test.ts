/**
 * What the page shows after each answer and each event, told without a browser.
 */
import { describe, expect, it } from 'vitest';
import { ALL_PARTS, EMPTY, LOG_MAX, PUBLIC, reduce } from '../../../../host/http/web/state.ts';
import { THREAD_MAX } from '../../../../host/http/web/threads.ts';
import type { Action, State } from '../../../../host/http/web/state.ts';
import type { Happening } from '../../../../host/http/views.ts';
import { ANA, conversation, line, message, peer, status } from './builders.ts';

describe('a message of somebody', () => {
  it('joins its thread, is the last of its conversation, counts as unread and is read aloud', () => {
    const state = after(open(), happens({ kind: 'message', message: message({ key: 4 }) }));
    expect(keys(state)).toEqual([1, 2, 4]);
    expect(state.parts.conversations?.[0]).toMatchObject({ unread: 1, last: { key: 4 } });
    expect(state.spoken).toBe('ana: words 4');
  });

  it('counts once, however often it is told', () => {
    const told = happens({ kind: 'message', message: message({ key: 4 }) });
    const state = after(open(), told, told);
    expect(keys(state)).toEqual([1, 2, 4]);
    expect(state.parts.conversations?.[0].unread).toBe(1);
  });

  it('that an answer brought already is not counted again', () => {
    const state = after(
      EMPTY,
      {
        kind: 'part',
        part: 'conversations',
        view: [conversation({ last: message({ key: 2 }), unread: 1 })],
      },
      happens({ kind: 'message', message: message({ key: 2 }) }),
    );
    expect(state.parts.conversations?.[0].unread).toBe(1);
  });

  it('that comes while the conversations are asked for has them asked for again', () => {
    const state = after(
      open(),
      { kind: 'reading', parts: ['conversations'] },
      happens({ kind: 'message', message: message({ key: 4 }) }),
    );
    expect(state.stale).toEqual(['conversations']);
    const late: Action = { kind: 'part', part: 'conversations', view: [] };
    const next = happens({ kind: 'message', message: message({ key: 5 }) });
    expect(after(open(), { kind: 'reading', parts: ['map'] }, next).stale).toEqual([]);
    expect(after(state, late).reading).toEqual([]);
  });

  it('in a conversation that is new has the conversations read again', () => {
    const state = after(
      open(),
      happens({ kind: 'message', message: message({ conversation: ANA }) }),
    );
    expect(state.stale).toEqual(['conversations']);
  });

  it('makes room by letting the oldest go, which can be read again', () => {
    let state = open();
    for (let key = 3; key <= THREAD_MAX + 3; key++) {
      state = after(state, { kind: 'message', message: message({ key }) });
    }
    expect(keys(state).length).toBe(THREAD_MAX);
    expect(keys(state)[0]).toBe(4);
    expect(state.threads[PUBLIC].hasOlder).toBe(true);
  });
});

describe('a message of ours', () => {
  it('shows how far it came, and is never unread or read aloud', () => {
    const own = { key: 4, isOwn: true, state: 'sent' } as const;
    const state = after(
      open(),
      { kind: 'message', message: message(own) },
      happens({ kind: 'message', message: message(own) }),
      happens({ kind: 'message-state', message: message({ ...own, state: 'delivered' }) }),
    );
    expect(state.threads[PUBLIC].messages.at(-1)?.state).toBe('delivered');
    expect([state.parts.conversations?.[0].unread, state.spoken]).toEqual([0, '']);
  });

  it('is not put back by an answer that an event overtook', () => {
    const state = after(
      open(),
      happens({ kind: 'message-state', message: message({ key: 2, isOwn: true, state: 'read' }) }),
      page([message({ key: 2, isOwn: true, state: 'sent' }), message({ key: 1 })], true),
    );
    expect(state.threads[PUBLIC].messages.at(-1)?.state).toBe('read');
  });

  it('that was delivered before the daemon answered stays delivered', () => {
    const own = { key: 4, isOwn: true } as const;
    const state = after(
      open(),
      happens({ kind: 'message', message: message({ ...own, state: 'waiting' }) }),
      happens({ kind: 'message-state', message: message({ ...own, state: 'delivered' }) }),
      { kind: 'message', message: message({ ...own, state: 'waiting' }) },
    );
    expect(state.threads[PUBLIC].messages.at(-1)?.state).toBe('delivered');
    expect(state.parts.conversations?.[0].last?.state).toBe('delivered');
  });
});

describe('a page of older messages', () => {
  it('stands before what is there, and says whether there is more', () => {
    const start = after(open(), page([message({ key: 12 }), message({ key: 11 })], true));
    const state = after(start, page([message({ key: 10 })], false, false));
    expect(keys(state)).toEqual([1, 2, 10, 11, 12]);
    expect(state.threads[PUBLIC].hasOlder).toBe(false);
  });
});

describe('what is new', () => {
  const unread = [conversation({ last: message({ key: 2 }), unread: 1, readKey: 1 })];

  it('is marked where it began when a person came to look, however much is read since', () => {
    const state = after(
      after(EMPTY, { kind: 'part', part: 'conversations', view: unread }),
      { kind: 'watched', conversation: PUBLIC },
      { kind: 'read', conversation: PUBLIC },
      happens({ kind: 'message', message: message({ key: 3 }) }),
    );
    expect(state.divider).toEqual({ conversation: PUBLIC, after: 1 });
    expect(state.parts.conversations?.[0]).toMatchObject({ unread: 1, readKey: 2 });
  });

  it('is marked for whoever opened the page there, and not again by later answers', () => {
    const come = after(EMPTY, { kind: 'watched', conversation: PUBLIC });
    const told = after(come, { kind: 'part', part: 'conversations', view: unread });
    expect(told.divider).toEqual({ conversation: PUBLIC, after: 1 });
    const late = [conversation({ last: message({ key: 4 }), unread: 1, readKey: 3 })];
    const state = after(told, { kind: 'part', part: 'conversations', view: late });
    expect(state.divider?.after).toBe(1);
  });

  it('is nothing where all is read', () => {
    expect(after(open(), { kind: 'watched', conversation: PUBLIC }).divider).toBeNull();
  });
});

describe('a gap', () => {
  const missed = after(
    open(),
    page([message({ conversation: ANA })], true, true, ANA),
    { kind: 'watched', conversation: PUBLIC },
    happens({ kind: 'gap' }),
  );

  it('has everything read again', () => {
    expect([...missed.stale].sort()).toEqual([...ALL_PARTS].sort());
  });

  it('leaves what a person looks at until its newest page is here, and forgets other threads', () => {
    expect(Object.keys(missed.threads)).toEqual([PUBLIC]);
    expect(keys(missed)).toEqual([1, 2]);
    const state = after(missed, page([message({ key: 99 }), message({ key: 98 })], true, true));
    expect(keys(state)).toEqual([98, 99]);
    expect(state.threads[PUBLIC]).toMatchObject({ hasOlder: true, isStale: false });
  });
});

describe('a peer', () => {
  it('is shown as it is told, and the map is read again', () => {
    const state = after(open(), happens({ kind: 'peer', peer: peer({ isReachable: false }) }));
    expect(state.parts.peers?.[0].isReachable).toBe(false);
    expect(state.stale).toEqual(['map']);
    expect(state.log[0].text).toBe('ana is out of reach');
  });

  it('that was not known comes first', () => {
    const state = after(open(), happens({ kind: 'peer', peer: peer({ id: 'cc', name: 'cid' }) }));
    expect(state.parts.peers?.map(({ name }) => name)).toEqual(['cid', 'ana']);
  });

  it('that left is out of reach', () => {
    const left = { kind: 'peer-left', id: ANA, name: 'ana', reason: 'user' } as const;
    const state = after(open(), happens(left));
    expect(state.parts.peers?.[0]).toMatchObject({ isReachable: false, isDirect: false });
    expect(state.log[0].text).toBe('ana left');
  });
});

describe('what nobody answered', () => {
  it('is asked for again', () => {
    const state = after(
      open(),
      { kind: 'reading', parts: ['map'] },
      { kind: 'failed', parts: ['map'] },
    );
    expect([state.stale, state.reading]).toEqual([['map'], []]);
  });
});

describe('what is told besides', () => {
  it('of a line takes the place of what was known of it', () => {
    const down = line({ state: 'down', problem: 'nobody answers there' });
    const state = after(open(), happens({ kind: 'line', line: down }));
    expect(state.parts.lines).toEqual([down]);
    expect(state.stale).toEqual(['lines', 'map', 'gateways']);
    expect(state.log[0].text).toBe('the line to cabin is down: nobody answers there');
  });

  it('of health is a problem on show until it is over', () => {
    const ill = happens({ kind: 'health', health: 'degraded', problems: ['the disk is full'] });
    const state = after(open(), ill);
    expect(state.parts.status?.problems).toEqual(['the disk is full']);
    const well = after(state, happens({ kind: 'health', health: 'ok', problems: [] }));
    expect(well.parts.status?.problems).toEqual([]);
  });

  it('is kept as the newest lines of a log', () => {
    let state = open();
    for (let at = 0; at < LOG_MAX + 5; at++) {
      state = after(
        state,
        happens({ kind: 'note', device: 'dd', name: 'gate', text: `note ${at}` }),
      );
    }
    expect(state.log.length).toBe(LOG_MAX);
    expect(state.log[0].text).toBe(`gate notes: note ${LOG_MAX + 4}`);
  });

  it('before anything was read changes nothing that is not there', () => {
    const early: Happening[] = [
      { kind: 'message', message: message({}) },
      { kind: 'peer', peer: peer({}) },
      { kind: 'peer-left', id: ANA, name: 'ana', reason: 'timeout' },
      { kind: 'line', line: line({}) },
      { kind: 'health', health: 'ok', problems: [] },
    ];
    for (const happening of early) {
      expect(after(EMPTY, happens(happening)).parts).toEqual({});
    }
  });
});

/** A page that has read all it needs, and looks at nothing. */
function open(): State {
  return after(
    EMPTY,
    { kind: 'part', part: 'status', view: status({}) },
    { kind: 'part', part: 'peers', view: [peer({})] },
    { kind: 'part', part: 'lines', view: [line({})] },
    { kind: 'part', part: 'conversations', view: [conversation({ last: message({ key: 2 }) })] },
    page([message({ key: 2 }), message({ key: 1 })], true),
  );
}

function after(state: State, ...actions: Action[]): State {
  return actions.reduce(reduce, state);
}

let count = 0;

function happens(happening: Happening): Action {
  return { kind: 'event', event: { cursor: `b-${count++}`, at: 0, ...happening } };
}

function page(
  messages: ReturnType<typeof message>[],
  isNewest: boolean,
  hasOlder = true,
  conversation = PUBLIC,
): Action {
  const place = isNewest ? 'newest' : 'older';
  return { kind: 'page', conversation, page: { place, messages, hasOlder } };
}

function keys(state: State): number[] {
  return state.threads[PUBLIC].messages.map(({ key }) => key);
}
