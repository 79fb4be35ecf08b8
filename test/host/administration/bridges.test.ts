/**
 * Bridges that administer each other over the mesh (WIRE §21), across a line and lossy hops, in virtual
 * time: whoever is appointed is obeyed once, and nobody else ever.
 */
import { describe, expect, it } from 'vitest';
import type { AdminAnswer, Order, Served } from '../../../host/administration/contract.ts';
import type { Administration } from '../../../host/administration/administration.ts';
import type { Office } from '../../../host/administration/office.ts';
import { ANSWERS_MAX, FRESH_MS } from '../../../host/administration/office.ts';
import { QUESTION_MAX_MS, QUESTIONS_MAX } from '../../../host/administration/questions.ts';
import { ROUTING_DEFAULTS } from '../../../host/routing/routing.ts';
import { RESILIENCE_DEFAULTS } from '../../../host/resilience/settings.ts';
import { TRAFFIC_LIMITS } from '../../../host/gateway/limits.ts';
import { BUDGET_DEFAULTS } from '../../../protocol/peer/budget.ts';
import { ENCRYPTED } from '../../../protocol/core/packet.ts';
import {
  decodeAdministration,
  encodeAdminRequest,
  packText,
} from '../../../protocol/wire/administration.ts';
import { composePacket } from '../../../protocol/wire/packet.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { crypto } from '../../protocol/trust/ports.ts';
import { SEED, runs, xorshift } from '../../seed.ts';
import type { Member } from '../gateway/federation.ts';
import { addressOf, EPOCH, Federation } from '../gateway/federation.ts';

describe('an administrator', () => {
  it('is obeyed across a line and a hop behind it, and has the whole of a long answer', () => {
    const { federation, near, far } = threeInARow();
    appoint(federation, far, [near]);
    // Digits by chance, so that no compression makes it short.
    const random = xorshift(SEED);
    const text = Array.from({ length: 5000 }, () => random(10)).join('');
    far.obey = () => ({ status: 'ok', text });
    expect(ask(federation, near, far, order('settings'))).toEqual(done(text));
    expect(far.orders).toEqual([order('settings')]);
  });

  it('is obeyed once where a third of all writes is lost, however often it is said', () => {
    for (let run = 0; run < runs(2, 200); run++) {
      const { federation, near, far } = threeInARow();
      const random = xorshift(SEED + run);
      appoint(federation, far, [near]);
      let done = 0;
      far.obey = () => ({ status: 'ok', text: `"${++done}"` });
      federation.loses = () => random(100) < 35;
      const answers = [1, 2, 3].map((n) =>
        ask(federation, near, far, order('change', `${n}`), 60_000),
      );
      for (const answer of answers) {
        const isAnswered = answer?.kind === 'administered';
        const isGivenUp = answer?.kind === 'unadministered';
        expect(isAnswered || isGivenUp, `seed ${SEED + run}`).toBe(true);
      }
      const asked = far.orders.map(({ argument }) => argument);
      expect(new Set(asked).size, `seed ${SEED + run}: done twice`).toBe(asked.length);
    }
  });

  it('may be named by the whole fingerprint, and by no other of the same beginning', () => {
    const { federation, near, far } = threeInARow();
    const fingerprint = toHex(crypto.sha256(near.identity.noiseKey));
    const other = `${fingerprint.slice(0, 16)}${'0'.repeat(48)}`;
    far.obey = () => ({ status: 'ok', text: '1' });
    appointKeys(federation, far, [other]);
    expect(ask(federation, near, far, order('look'))).toEqual(not('refused'));
    appointKeys(federation, far, [fingerprint]);
    expect(ask(federation, near, far, order('look'))).toEqual(done('1'));
  });

  it('is told in the words of the far end what came to nothing', () => {
    const { federation, near, far } = threeInARow();
    appoint(federation, far, [near]);
    far.obey = () => ({ status: 'failed', text: '{"code":"REQUEST_INVALID"}' });
    expect(ask(federation, near, far, order('change'))).toEqual({
      kind: 'administered',
      isDone: false,
      text: '{"code":"REQUEST_INVALID"}',
    });
    far.obey = () => ({ status: 'unsupported', text: '' });
    expect(ask(federation, near, far, order('change'))).toEqual(not('unsupported'));
  });

  it('waits for what takes long, and no longer than its time', () => {
    const { federation, near, far } = threeInARow();
    appoint(federation, far, [near]);
    far.obey = () => null;
    const wish = { kind: 'administer', peer: far.identity.id, order: order('look') } as const;
    federation.ask(near, wish);
    federation.pass(QUESTION_MAX_MS - 5000);
    expect(answersOf(near)).toEqual([]);
    federation.tell(far, { kind: 'served', number: 1, status: 'ok', text: '"late"' });
    federation.pass(1000);
    expect(answersOf(near)).toEqual([done('"late"')]);
    expect(far.orders).toHaveLength(1);

    expect(ask(federation, near, far, order('look'), QUESTION_MAX_MS)).toEqual(not('unanswered'));
  });

  it('hears at once that somebody is away, and that too much is asked', () => {
    const { federation, near, far } = threeInARow();
    expect(ask(federation, near, { id: new Uint8Array(8).fill(9) }, order('look'), 0)).toEqual(
      not('away'),
    );
    federation.loses = () => true;
    for (let i = 0; i <= QUESTIONS_MAX; i++) {
      federation.ask(near, { kind: 'administer', peer: far.identity.id, order: order('look') });
    }
    expect(answersOf(near).slice(1)).toEqual([not('busy')]);
    federation.pass(QUESTION_MAX_MS);
    expect(answersOf(near).slice(2)).toEqual(Array(QUESTIONS_MAX).fill(not('no-session')));
    const long = order('change', '7'.repeat(20_000));
    expect(ask(federation, near, far, long, 0)).toEqual(not('too-long'));
  });
});

describe('whoever is none', () => {
  it('is refused, counted, and told of in the audit trail once', () => {
    const { federation, near, far } = threeInARow();
    far.obey = () => ({ status: 'ok', text: '1' });
    for (let i = 0; i < 3; i++) {
      expect(ask(federation, near, far, order('restart'))).toEqual(not('refused'));
    }
    expect(far.orders).toEqual([]);
    const { served, refused } = far.bridge.snapshot(federation.now).administration;
    expect([served, refused >= 3]).toEqual([0, true]);
    const lines = far.archive.audit.after(0, 100).filter(({ act }) => act.startsWith('admin'));
    expect(lines.map(({ who, act, detail }) => [who, act, detail])).toEqual([
      [toHex(near.identity.id), 'administration-refused', 'restart'],
    ]);
  });

  it('is so again once the owner takes it back, or keeps him apart', () => {
    const { federation, near, far } = threeInARow();
    far.obey = () => ({ status: 'ok', text: '1' });
    appoint(federation, far, [near]);
    expect(ask(federation, near, far, order('look'))).toEqual(done('1'));
    federation.ask(far, { kind: 'quarantine', peer: near.identity.id });
    const late = order('restart');
    expect(ask(federation, near, far, late, QUESTION_MAX_MS)).toEqual(not('unanswered'));
    federation.pass(FRESH_MS);
    federation.ask(far, { kind: 'allow', peer: near.identity.id });
    expect(ask(federation, near, far, order('look'))).toEqual(done('1'));
    expect(far.orders, 'what waited is not done late').not.toContainEqual(late);
    appoint(federation, far, []);
    expect(ask(federation, near, far, order('look'))).toEqual(not('refused'));
  });

  it('is not answered without end', () => {
    const { federation, near, far } = threeInARow();
    expect(ask(federation, near, far, order('look'))).toEqual(not('refused'));
    const before = far.written.length;
    for (let i = 0; i < 200; i++) {
      federation.ask(near, { kind: 'administer', peer: far.identity.id, order: order('look') });
      federation.pass(20);
    }
    // Four seconds of flooding get four answers, and the four that may come at once.
    expect(far.written.length - before).toBeLessThan(40);
  });
});

describe('whoever asks too often', () => {
  it('is not heard beyond what a person gave him, until a minute has passed', () => {
    const { federation, near, far } = threeInARow();
    appoint(federation, far, [near]);
    far.obey = () => ({ status: 'ok', text: '1' });
    federation.ask(far, { kind: 'limit', peer: near.identity.id, perMinute: 2 });
    for (let i = 0; i < 2; i++) {
      expect(ask(federation, near, far, order('look'), 1000)).toEqual(done('1'));
    }
    expect(ask(federation, near, far, order('look'), 1000)).toBeUndefined();
    expect(far.orders).toHaveLength(2);
    const { drops } = far.bridge.snapshot(federation.now).administration;
    expect(drops).toEqual({ 'request-flooding': 1 });
    federation.pass(60_000);
    expect(ask(federation, near, far, order('look'))).toEqual(done('1'));
  });
});

describe('what was said before', () => {
  it('does nothing when it is played again, to the same bridge or to it after a restart', () => {
    const { federation, near, middle, far } = threeInARow();
    appoint(federation, far, [near]);
    far.obey = () => ({ status: 'ok', text: '1' });
    const heard: Uint8Array[] = [];
    const { tell } = federation;
    federation.tell = (member, input) => {
      if (member === far && input.kind === 'received') heard.push(input.bytes.slice());
      tell.call(federation, member, input);
    };
    expect(ask(federation, near, far, order('restart'))).toEqual(done('1'));
    federation.tell = tell;
    expect(heard.length).toBeGreaterThan(3);
    const replay = (to: Member): void => {
      for (const bytes of heard) federation.tell(to, { kind: 'received', link: 1, bytes });
      federation.pass(1000);
    };
    replay(far);
    expect(far.orders).toHaveLength(1);

    federation.stop(far);
    const again = federation.restart(far);
    again.obey = far.obey;
    appoint(federation, again, [near]);
    federation.join(middle, 0, again, 1);
    federation.pass(5000);
    replay(again);
    expect(again.orders).toEqual([]);
    // And it is not deaf.
    expect(ask(federation, near, again, order('look'))).toEqual(done('1'));
  });

  it('does nothing where the clocks are minutes apart, and says so', () => {
    const { federation, near, far } = threeInARow();
    appoint(federation, far, [near]);
    // No packet as old would come through: it is handed over where a session would.
    const { office } = innards(far);
    const request = { id: new Uint8Array(8), operation: 'look', board: null, part: 0 } as const;
    const asked = { ...request, argument: packText(''), saidAt: EPOCH };
    const asker = { peer: near.identity.id, noiseKey: near.identity.noiseKey };
    const kinds = (unixMs: number): string[] =>
      office.hear(asker, asked, federation.now, unixMs).map((output) => {
        const said = output.kind === 'seal' ? decodeAdministration(output.body) : null;
        return said?.ok === true && said.reply !== null ? said.reply.status : output.kind;
      });
    expect(kinds(EPOCH + FRESH_MS + 1)).toEqual(['stale']);
    expect(kinds(EPOCH - FRESH_MS - 1)).toEqual(['stale']);
    expect(kinds(EPOCH + FRESH_MS)).toEqual(['serve']);
  });

  it('is found again by its id as long as its answer is kept', () => {
    const { federation, near, far } = threeInARow();
    appoint(federation, far, [near]);
    let count = 0;
    far.obey = () => ({ status: 'ok', text: `${++count}` });
    for (let i = 0; i < ANSWERS_MAX + 8; i++) ask(federation, near, far, order('look'), 300);
    expect(far.orders).toHaveLength(ANSWERS_MAX + 8);
    expect(innards(far).office['cases'].size).toBe(ANSWERS_MAX);
  });
});

describe('what is not sealed', () => {
  it('is nothing, whoever says it', () => {
    const { federation, near, middle, far } = threeInARow();
    appoint(federation, far, [near, middle]);
    const [argument, saidAt] = [packText(''), EPOCH + federation.now];
    const request = { id: new Uint8Array(8), operation: 'look', board: null, part: 0 } as const;
    const payload = encodeAdminRequest({ ...request, argument, saidAt });
    const frame = composePacket({
      ...{ type: ENCRYPTED, ttl: 7, timestamp: saidAt },
      ...{ sender: near.identity.id, payload, recipient: far.identity.id },
    });
    federation.tell(far, { kind: 'received', link: 1, bytes: frame });
    federation.pass(1000);
    expect(far.orders).toEqual([]);
  });
});

function innards(member: Member): { office: Office } {
  const { administration } = member.bridge as unknown as { administration: Administration };
  return { office: administration['office'] };
}

type Row = { federation: Federation; near: Member; middle: Member; far: Member };

/** Near has a line to middle, and far is a hop behind it. */
function threeInARow(): Row {
  const federation = new Federation();
  const middle = federation.add(2, [{ node: idOf(1), address: null }]);
  const near = federation.add(1, [{ node: middle.identity.id, address: addressOf(2) }]);
  const far = federation.add(3);
  federation.join(middle, 0, far, 1);
  federation.pass(8000);
  return { federation, near, middle, far };
}

function idOf(number: number): Uint8Array {
  return new Federation().add(number).identity.id;
}

function appoint(federation: Federation, member: Member, who: Member[]): void {
  appointKeys(federation, member, who.map(({ identity }) => toHex(identity.id))); // prettier-ignore
}

function appointKeys(federation: Federation, member: Member, administrators: string[]): void {
  const limits = TRAFFIC_LIMITS;
  const settings = { level: 'moderate', budget: BUDGET_DEFAULTS, limits } as const;
  const mesh = { resilience: RESILIENCE_DEFAULTS, routing: ROUTING_DEFAULTS };
  federation.tell(member, { kind: 'set-up', settings: { ...settings, ...mesh, administrators } });
}

function order(operation: Order['operation'], argument = ''): Order {
  return { operation, board: null, argument };
}

/** The answer to one question, after so long. */
function ask(
  federation: Federation,
  from: Member,
  to: Member | { id: Uint8Array },
  order: Order,
  ms = 5000,
): AdminAnswer | undefined {
  const before = answersOf(from).length;
  const peer = 'id' in to ? to.id : to.identity.id;
  federation.ask(from, { kind: 'administer', peer, order });
  federation.pass(ms);
  return answersOf(from)[before];
}

function answersOf(member: Member): AdminAnswer[] {
  return member.answers.flatMap((output) => {
    if (output.kind !== 'answer') return [];
    const { answer } = output;
    return answer.kind === 'administered' || answer.kind === 'unadministered' ? [answer] : [];
  });
}

function done(text: Served['text']): AdminAnswer {
  return { kind: 'administered', isDone: true, text };
}

function not(reason: Extract<AdminAnswer, { kind: 'unadministered' }>['reason']): AdminAnswer {
  return { kind: 'unadministered', reason };
}
