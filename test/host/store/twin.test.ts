/**
 * The store on disk and its twin in memory are the same store: after any writes, trims and restarts
 * they give the same answers to every question a machine may ask. So what the simulator shows of a
 * machine holds for the daemon.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Archive, StoreWrite } from '../../../host/types.ts';
import { AUDIT_ACTS, DAY_MS } from '../../../host/types.ts';
import { Store } from '../../../host/store/store.ts';
import { MemoryArchive } from '../../../tools/simulate/archive.ts';
import { hold } from '../../seed.ts';
import { entry, id, inFolder, limits, message, NOW, OWNER, packet, pin } from './builders.ts';

const RETENTION = limits({
  messagesMax: 6,
  messageBytesMax: 400,
  messageAgeMs: 50,
  deliveredMax: 4,
  strangersMax: 2,
  auditMax: 5,
});

it('answers as its twin does, whatever was written', () => {
  hold(
    fc.property(fc.array(act(), { maxLength: 40 }), (acts) => {
      inFolder((folder) => {
        const open = (): Store => Store.open({ folder, owner: OWNER, retention: RETENTION });
        const twin = new MemoryArchive(RETENTION);
        let store = open();
        try {
          for (const act of acts) {
            if (act.kind === 'batch') store.commit(act.writes);
            if (act.kind === 'batch') twin.commit(act.writes);
            if (act.kind === 'trim') expect(store.trim(act.now)).toBe(twin.trim(act.now));
            if (act.kind === 'restart') {
              store.close();
              store = open();
            }
            expect(answersOf(store)).toEqual(answersOf(twin));
          }
        } finally {
          store.close();
        }
      });
    }),
    15,
    1000,
  );
}, 600_000);

type Act =
  { kind: 'batch'; writes: StoreWrite[] } | { kind: 'trim'; now: number } | { kind: 'restart' };

/** Few names, so that writes meet each other. */
const who = fc.integer({ min: 1, max: 4 });
const name = fc.constantFrom('a', 'B', 'b', 'Ünal', "o'; DROP TABLE held; --", '\0', '');
const moment = fc.integer({ min: NOW, max: NOW + 100 });
const count = fc.integer({ min: 0, max: 5 });
const bytes = fc.uint8Array({ minLength: 1, maxLength: 80 });
const text = fc.string({ unit: 'binary', maxLength: 60 });

function act(): fc.Arbitrary<Act> {
  const batch = fc.array(write(), { maxLength: 5 }).map((writes) => ({ kind: 'batch', writes }));
  const trim = moment.map((now) => ({ kind: 'trim', now }));
  return fc.oneof(
    { weight: 8, arbitrary: batch },
    { weight: 2, arbitrary: trim },
    { weight: 1, arbitrary: fc.constant({ kind: 'restart' }) },
  ) as fc.Arbitrary<Act>;
}

function write(): fc.Arbitrary<StoreWrite> {
  const device = who.map(id);
  const mark = who.map((of) => new Uint8Array(16).fill(of));
  const state = fc.constantFrom('waiting', 'sent', 'delivered', 'read', 'failed');
  const purpose = fc.constantFrom('peer', 'gateway');
  const frame = fc.option(bytes);
  const standing = fc.constantFrom('seen', 'contacted', 'verified', 'trusted');
  const records = [
    fc
      .record({
        conversation: fc.constantFrom('public', 'a', 'b'),
        ...{ sender: device, id: name, text, sentAt: moment, heardAt: moment, frame },
      })
      .map((some) => ({ kind: 'message', message: message(some) })),
    fc.record({ sender: device, id: name, state, reason: fc.option(text) }).map((some) => ({
      kind: 'message-state',
      conversation: 'public',
      ...some,
    })),
    fc
      .record({ conversation: fc.oneof(name, fc.constant('public')), key: count })
      .map((some) => ({ kind: 'read-up-to', ...some })),
    fc.record({ recipient: device, id: name, body: bytes, tries: count }).map((some) => ({
      kind: 'outbox',
      entry: entry(some),
    })),
    fc.record({ recipient: device, id: name, tries: count, triedAt: moment }).map((some) => ({
      kind: 'outbox-tried',
      ...some,
    })),
    fc.record({ recipient: device, id: name }).map((some) => ({ kind: 'outbox-done', ...some })),
    fc
      .record({ mark: fc.uint8Array({ minLength: 1, maxLength: 1 }), sentAt: moment })
      .map((some) => ({ kind: 'delivered', ...some })),
    fc.array(fc.tuple(who, standing, fc.boolean()), { maxLength: 3 }).map((pins) => ({
      kind: 'pins',
      pins: pins.map(([of, standing, proven]) => pin(of, { standing: standing as 'seen', proven })),
    })),
    fc.record({ id: device, name, announce: frame, at: moment }).map((some) => ({
      kind: 'peer-heard',
      ...some,
    })),
    fc.record({ kind: fc.constantFrom('forget', 'deny', 'quarantine', 'allow'), id: device }),
    fc
      .record({ id: device, perMinute: fc.option(fc.integer({ min: 1, max: 99 })) })
      .map((some) => ({
        kind: 'limit',
        ...some,
      })),
    fc
      .record({
        at: fc.option(moment),
        who: fc.constant('owner'),
        act: fc.constantFrom(...AUDIT_ACTS),
        subject: name,
        detail: text,
      })
      .map((entry) => ({ kind: 'audit', entry })),
    fc.record({ kind: fc.constant('counter'), device, counter: count }),
    fc.record({ kind: fc.constant('setting'), name, value: fc.option(text) }),
    fc
      .record({
        purpose,
        destination: device,
        mark,
        frame: bytes,
        priority: count,
        expiresAt: moment,
      })
      .map((some) => ({
        kind: 'held',
        packet: packet({ ...some, purpose: some.purpose as 'peer' }),
      })),
    fc.record({ kind: fc.constant('released'), purpose, destination: device, mark }),
    fc.record({ who: device, day: count, packets: count, bytes: count }).map((some) => ({
      kind: 'carried',
      ...some,
      day: Math.floor(NOW / DAY_MS) - 402 + some.day,
    })),
    fc
      .record({
        link: name,
        // SQLite has no negative zero.
        level: fc.double({ noNaN: true, noDefaultInfinity: true }).map((level) => level + 0),
        at: moment,
      })
      .map((budget) => ({ kind: 'budget', budget })),
    fc.record({ node: device, address: fc.option(text), name, addedAt: moment }).map((line) => ({
      kind: 'line',
      line,
    })),
    fc.record({ kind: fc.constant('line-gone'), node: device }),
    who.chain((of) =>
      moment.map((expiresAt) => ({
        kind: 'invite',
        invite: { hash: new Uint8Array(32).fill(of), madeAt: NOW, expiresAt, usedBy: null },
      })),
    ),
    fc.record({
      kind: fc.constant('invite-used'),
      hash: who.map((of) => new Uint8Array(32).fill(of)),
      by: device,
    }),
    fc.record({ at: moment, area: name, seed: count, node: text, machine: text }).map((run) => ({
      kind: 'bench',
      run: { ...run, figures: [{ name: run.area, unit: run.node, value: run.seed / 3 }] },
    })),
    fc.record({
      kind: fc.constant('event'),
      event: fc.record({
        ...{ key: count, at: moment, name, text, tone: fc.constantFrom('plain', 'good', 'bad') },
        ...{ peer: fc.option(device), isRoutine: fc.boolean() },
        figures: fc.constantFrom({}, { phi: 8.1 }),
      }),
    }),
  ];
  return fc.oneof(...(records as fc.Arbitrary<unknown>[])) as fc.Arbitrary<StoreWrite>;
}

/** Every question there is, about every name there is. */
function answersOf(archive: Archive): unknown {
  const { messages, outbox, delivered, peers, counters, settings, held, ledger, lines } = archive;
  const { audit, bench, events } = archive;
  const happened = { before: 1e9, kind: null, peer: null, isAll: true, limit: 100 };
  const everyone = [1, 2, 3, 4, 5].map(id);
  const names = ['a', 'B', 'b', 'Ünal', 'ünal', "o'; DROP TABLE held; --", '\0', '', 'nobody'];
  const marks = Array.from({ length: 256 }, (_, of) => Uint8Array.of(of));
  const days = [0, 1, 2, 3, 4, 5].map((day) => Math.floor(NOW / DAY_MS) - 402 + day);
  return {
    messages: messages.after(0, 100),
    later: messages.after(3, 2),
    found: everyone.map((sender) => messages.find({ conversation: 'public', sender, id: 'a' })),
    history: messages.history(NOW + 20, 3),
    unread: ['public', ...names].map((of) => [1, 3, 100].map((key) => messages.unread(of, key, 2))),
    usage: messages.usage(),
    outbox: [outbox.all(), everyone.map((recipient) => outbox.of(recipient))],
    delivered: marks.map((mark) => delivered.has(mark, NOW + 50)),
    floor: [0, 30, 60, 90].map((after) => delivered.has(Uint8Array.of(1, 2), NOW + after)),
    peers: [peers.pins(), peers.denied(), everyone.map((of) => peers.find(of))],
    decided: [peers.quarantined(), peers.limits()],
    audit: [audit.ends(), audit.after(0, 100), audit.after(3, 2)],
    named: names.map((of) => peers.named(of)),
    counters: everyone.map((of) => counters.of(of)),
    settings: names.map((of) => settings.get(of)),
    held: everyone.map((of) => [held.of('peer', of, 3), held.usage('gateway', of)]),
    heldEach: [held.all('peer'), held.all('gateway')],
    heldAll: [held.usage('peer', null), held.usage('gateway', null)],
    carried: everyone.map((of) => days.map((day) => ledger.carried(of, day))),
    budgets: names.map((of) => ledger.budget(of)),
    lines: lines.all(),
    bench: [bench.latest(100), bench.latest(2), bench.latest(0)],
    events: [
      events.lastKey(),
      events.before(happened),
      events.before({ ...happened, isAll: false, limit: 2 }),
      ...names.map((kind) => events.before({ ...happened, kind, before: 5 })),
      ...everyone.map((peer) => events.before({ ...happened, peer })),
    ],
    invites: [1, 2, 3, 4].map((of) => lines.invite(new Uint8Array(32).fill(of))),
  };
}
