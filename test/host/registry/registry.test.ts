/**
 * What a registry promises its components, and the bridge about them.
 */
import { describe, expect, it } from 'vitest';
import type {
  Component,
  ComponentInput,
  ComponentKind,
  ComponentOutput,
} from '../../../host/component.ts';
import type { MeshEvent } from '../../../host/events.ts';
import type { RegistryOutput } from '../../../host/registry/registry.ts';
import {
  EVENTS_MAX,
  FORGIVEN_MS,
  Registry,
  RETRY_MAX_MS,
  RETRY_MS,
} from '../../../host/registry/registry.ts';
import type { Millis, Tick } from '../../../protocol/core/machine.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import { HELLO, LINK_STATE, MESSAGE } from '../../../protocol/core/packet.ts';
import type { OwnDraft } from '../../../protocol/peer/contract.ts';
import type { Packet } from '../../../protocol/wire/packet.ts';
import { componentPorts } from './ports.ts';

describe('a registry', () => {
  it('starts each component after those it needs, and stops them in reverse', () => {
    const log: string[] = [];
    const writes = (name: string, after: string[]): ComponentKind =>
      kind(name, (input) => (log.push(`${name} ${input.kind}`), []), { after });
    const registry = new Registry(
      [writes('roof', ['walls']), writes('floor', []), writes('walls', ['floor'])],
      componentPorts(),
    );
    registry.step({ kind: 'leave' }, 5);
    const starts = ['floor start', 'walls start', 'roof start'];
    expect(log).toEqual([...starts, 'roof stop', 'walls stop', 'floor stop']);
  });

  for (const [what, kinds, why] of [
    ['two of one name', [kind('a'), kind('a')], /two components named "a"/],
    ['a need that nobody meets', [kind('a', idle, { after: ['b'] })], /a needs "b"/],
    [
      'needs in a circle',
      [kind('a', idle, { after: ['b'] }), kind('b', idle, { after: ['a'] })],
      /a needs b needs a/,
    ],
  ] as const) {
    it(`refuses ${what} before anything runs`, () => {
      const build = (): Registry => new Registry(kinds, componentPorts());
      expect(build).toThrow(why);
      expect(build).toThrow(/COMPONENT_INVALID/);
    });
  }

  it('gives packets to the one that owns their type, and to nobody else', () => {
    const given: string[] = [];
    const owner = (name: string, types: number[]): ComponentKind =>
      kind(name, (input) => (input.kind === 'delivered' && given.push(name), []), { types });
    const registry = new Registry(
      [owner('routes', [LINK_STATE]), owner('b', [])],
      componentPorts(),
    );
    registry.step(delivered(LINK_STATE), 0);
    expect(registry.owns(LINK_STATE)).toBe(true);
    expect(registry.owns(MESSAGE)).toBe(false);
    registry.step(delivered(MESSAGE), 0);
    expect(given).toEqual(['routes']);
  });

  it('gives an event to everybody but whoever told it, in their order', () => {
    const heard: string[] = [];
    const listens = (name: string): ComponentKind =>
      kind(name, (input) => (input.kind === 'event' && heard.push(name), []));
    const tells = kind('b', (input) => (input.kind === 'beat' ? [told(JOINED)] : []));
    const registry = new Registry([listens('a'), tells, listens('c')], componentPorts());
    const out = registry.step(BEAT, 0);
    expect(out).toEqual([told(JOINED)]);
    expect(heard).toEqual(['a', 'c']);
  });

  it('tells the clock to one that begins later', () => {
    const clocks: number[] = [];
    const registry = new Registry([failing((at) => at === 0, clocks)], componentPorts());
    registry.step({ kind: 'clock', offsetMs: 77 }, 0);
    registry.step(BEAT, 0);
    registry.step(TICK, RETRY_MS);
    expect(clocks).toEqual([77, 77]);
  });
});

describe('a component that throws', () => {
  it('is taken out with what it was about to say, while the others go on', () => {
    const beats: string[] = [];
    const other = kind('other', (input) => (input.kind === 'beat' && beats.push('beat'), []));
    const registry = new Registry([failing(() => true), other], componentPorts());
    const out = registry.step(BEAT, 0);
    expect(events(out)).toEqual([
      { kind: 'ComponentFailed', component: 'weak', why: 'it broke', retryMs: RETRY_MS },
    ]);
    registry.step(BEAT, 1);
    expect(beats).toEqual(['beat', 'beat']);
    expect(registry.views(1)[0]).toMatchObject({
      name: 'weak',
      state: 'failed',
      failures: 1,
      health: { state: 'failing', why: 'it broke' },
    });
  });

  it('is begun anew after a second, then after twice as long, up to a minute', () => {
    const registry = new Registry([failing(() => true)], componentPorts());
    const waits: Millis[] = [];
    let now = 0;
    for (let round = 0; round < 9; round++) {
      const [failed] = events(registry.step(BEAT, now)).slice(-1);
      if (failed.kind !== 'ComponentFailed') throw new Error(failed.kind);
      waits.push(failed.retryMs);
      expect(registry.deadline()).toBe(now + failed.retryMs);
      expect(events(registry.step(TICK, now + failed.retryMs - 1))).toEqual([]);
      now += failed.retryMs;
      expect(events(registry.step(TICK, now))).toEqual([
        { kind: 'ComponentRestarted', component: 'weak', failures: round + 1 },
      ]);
    }
    expect(waits.slice(0, 4)).toEqual([1000, 2000, 4000, 8000]);
    expect(waits.at(-1)).toBe(RETRY_MAX_MS);
  });

  it('is forgiven once it ran for ten minutes', () => {
    const registry = new Registry([failing(() => true)], componentPorts());
    registry.step(BEAT, 0);
    registry.step(TICK, RETRY_MS);
    const [failed] = events(registry.step(BEAT, RETRY_MS + FORGIVEN_MS));
    expect(failed).toMatchObject({ kind: 'ComponentFailed', retryMs: RETRY_MS });
  });

  it('has what it was asked refused, and so has whoever asks while it is down', () => {
    const registry = new Registry([failing(() => true, [], ['deny'])], componentPorts());
    registry.step(deny(1), 0);
    const refused = { kind: 'refused', reason: 'failed' };
    expect(registry.step(BEAT, 0)).toContainEqual({ kind: 'answer', ticket: 1, answer: refused });
    expect(registry.step(deny(2), 1)).toEqual([{ kind: 'answer', ticket: 2, answer: refused }]);
  });

  it('holds up those that need it, if it never began', () => {
    const started: string[] = [];
    const broken: ComponentKind = {
      ...kind('base'),
      make() {
        if (started.push('base') < 2) throw new Error('no base');
        return kind('base').make(componentPorts(), 0);
      },
    };
    const top = kind('top', (input) => (input.kind === 'start' && started.push('top'), []), {
      after: ['base'],
    });
    const registry = new Registry([top, broken], componentPorts());
    registry.step(TICK, 0);
    expect(registry.views(0)[1]).toMatchObject({ name: 'top', state: 'waiting' });
    registry.step(TICK, RETRY_MS);
    expect(started).toEqual(['base', 'base', 'top']);
  });
});

it('takes out a component that throws when it is asked for its deadline', () => {
  let isBroken = false;
  const deadline = (): Millis => {
    if (isBroken) throw new Error('no idea');
    return Infinity;
  };
  const registry = new Registry([kind('lost', idle, { deadline })], componentPorts());
  registry.step(BEAT, 0);
  isBroken = true;
  expect(registry.deadline()).toBe(0);
  expect(events(registry.step(TICK, 1))).toEqual([
    { kind: 'ComponentFailed', component: 'lost', why: 'no idea', retryMs: RETRY_MS },
  ]);
  expect(registry.deadline()).toBe(1 + RETRY_MS);
});

it.each([NaN, undefined, 'soon', null])('takes out a component whose deadline is %s', (at) => {
  const registry = new Registry(
    [kind('lost', idle, { deadline: () => at as never })],
    componentPorts(),
  );
  expect(events(registry.step(BEAT, 0))).toMatchObject([
    { kind: 'ComponentFailed', why: `its deadline is ${String(at)}, which is no time` },
  ]);
  expect(registry.deadline()).toBe(RETRY_MS);
});

it.each([null, {}, { state: 'fine' }, { state: 'failing' }])(
  'shows a component that says %j of its health as one that fails',
  (health) => {
    const statistics = (): Record<string, number> => ({ ...{ a: 5, b: 'x', c: NaN } }) as never;
    const odd = kind('odd', idle, { health: () => health as never, statistics });
    const well = kind('well', idle, { statistics });
    const registry = new Registry([odd, well], componentPorts());
    registry.step(BEAT, 0);
    const [shown, other] = registry.views(0);
    expect(shown.health).toMatchObject({ state: 'failing', why: expect.any(String) });
    expect(other).toMatchObject({ health: { state: 'well' } });
    expect(other.statistics).toEqual({ a: 5 });
  },
);

const SAID = { type: MESSAGE, payload: new Uint8Array(3), recipient: null, isSigned: true };

for (const [what, draft, why] of [
  ['a type that is no byte', { ...SAID, type: 256 }, /types are bytes/],
  ['what links alone say', { ...SAID, type: HELLO }, /links alone/],
  ['a payload that is text', { ...SAID, payload: 'hi' as never }, /no Uint8Array/],
  ['to an id in hex', { ...SAID, recipient: '0123456789abcdef' as never }, /id of 8 bytes/],
] as const) {
  it(`takes out a component that says ${what}, and not the bridge`, () => {
    const says = (which: OwnDraft): ComponentKind =>
      kind('speaker', (input) => (input.kind === 'beat' ? [{ kind: 'send', draft: which }] : []));
    const wrong = new Registry([says(draft)], componentPorts()).step(BEAT, 0);
    expect(wrong).toHaveLength(1);
    expect(events(wrong)).toMatchObject([
      { kind: 'ComponentFailed', why: expect.stringMatching(why) },
    ]);
    const right = new Registry([says(SAID)], componentPorts()).step(BEAT, 0);
    expect(right).toEqual([{ kind: 'send', draft: SAID }]);
  });
}

it('does nothing of a step that is wrong somewhere', () => {
  const heard: string[] = [];
  const other = kind('other', ({ kind }) => (kind === 'event' && heard.push(kind), []));
  const store = { kind: 'store', write: { kind: 'setting', name: 'a', value: 'b' } } as const;
  const half = kind('half', (input) =>
    input.kind === 'beat'
      ? [told(JOINED), store, { kind: 'send', draft: { ...SAID, type: 256 } }]
      : [],
  );
  const registry = new Registry([half, other], componentPorts());
  const out = registry.step(BEAT, 0);
  expect(out).toMatchObject([{ event: { kind: 'ComponentFailed', component: 'half' } }]);
  expect(heard).toEqual(['event']);
  expect(registry.views(0)[0]).toMatchObject({ told: 0, said: 0 });
});

it('shows a component as failing that throws when it is asked how it is', () => {
  const health = (): never => {
    throw new Error('no idea');
  };
  const made: Component = { step: idle, deadline: () => Infinity, health };
  const registry = new Registry([{ ...kind('dumb'), make: () => made }], componentPorts());
  registry.step(BEAT, 0);
  const failing = { state: 'failing', why: 'no idea' };
  expect(registry.views(0)).toMatchObject([{ name: 'dumb', state: 'running', health: failing }]);
});

describe('a component that spins', () => {
  it('fails when its deadline does not move on', () => {
    const spinning = kind('spin', idle, { deadline: () => 0 });
    const [failed] = events(new Registry([spinning], componentPorts()).step(TICK, 1));
    expect(failed).toMatchObject({ kind: 'ComponentFailed', why: 'its deadline does not move on' });
  });

  it('fails, and nobody hears it, when one step of it tells more events than one may', () => {
    const heard: MeshEvent[] = [];
    const other = kind('other', (input) => (input.kind === 'event' && heard.push(input.event), []));
    const tells = (count: number): ComponentKind =>
      kind('tells', ({ kind }) => (kind === 'beat' ? Array<ComponentOutput>(count).fill(told(JOINED)) : [])); // prettier-ignore
    new Registry([tells(EVENTS_MAX + 1), other], componentPorts()).step(BEAT, 0);
    expect(heard).toMatchObject([{ kind: 'ComponentFailed', why: 'it tells events without end' }]);
    new Registry([tells(EVENTS_MAX), other], componentPorts()).step(BEAT, 0);
    expect(heard).toHaveLength(1 + EVENTS_MAX);
  });

  it('fails when it answers events with events for ever', () => {
    const echo = (name: string): ComponentKind =>
      kind(name, (input) => (input.kind === 'event' ? [told(input.event)] : []));
    const registry = new Registry([echo('a'), echo('b')], componentPorts());
    const out = events(registry.step({ kind: 'event', event: JOINED }, 0));
    expect(out.length).toBeLessThan(EVENTS_MAX * 2 + 10);
    expect(out.some((event) => event.kind === 'ComponentFailed')).toBe(true);
    expect(events(registry.step(BEAT, 1))).toEqual([]);
  });
});

const JOINED: MeshEvent = { kind: 'PeerJoined', peer: new Uint8Array(8), name: 'ada' };
const BEAT = {
  kind: 'beat',
  link: 1,
  id: new Uint8Array(8),
  roundTripMs: null,
  missed: 0,
} as const;

type Differs = Partial<Pick<Component, 'deadline' | 'health' | 'statistics'>> & {
  after?: string[];
  types?: number[];
  wishes?: string[];
};

function idle(): ComponentOutput[] {
  return [];
}

function kind(
  name: string,
  step: (input: ComponentInput | Tick, now: Millis) => ComponentOutput[] = idle,
  { after = [], types = [], wishes = [], ...parts }: Differs = {},
): ComponentKind {
  const well = { deadline: () => Infinity, health: () => ({ state: 'well' }) as const };
  const made: Component = { step, ...well, ...parts };
  return { name, after, types, wishes, make: () => made };
}

/** One that breaks at beats, when `breaks` says so. */
function failing(
  breaks: (now: Millis) => boolean,
  clocks: (number | null)[] = [],
  wishes: string[] = [],
): ComponentKind {
  return kind(
    'weak',
    (input, now) => {
      if (input.kind === 'clock') clocks.push(input.offsetMs);
      if (input.kind === 'beat' && breaks(now)) throw new Error('it broke');
      return [];
    },
    { wishes },
  );
}

function told(event: MeshEvent): ComponentOutput {
  return { kind: 'event', event };
}

function deny(ticket: number) {
  return { kind: 'ask', ticket, wish: { kind: 'deny', peer: new Uint8Array(8) } } as const;
}

function events(out: RegistryOutput[]): MeshEvent[] {
  return out.flatMap((output) => (output.kind === 'event' ? [output.event] : []));
}

function delivered(type: number) {
  return { kind: 'delivered', link: 0, packet: { type } as Packet, isVerified: true } as const;
}

const ID = new Uint8Array(8);
const FAILED = { kind: 'NodeConfirmedFailed', peer: ID, silentMs: 5 };
const RIGHT = [
  { kind: 'event', event: FAILED },
  { kind: 'order', order: { kind: 'ping', id: ID } },
  { kind: 'order', order: { kind: 'pace', pace: { intervalMs: 5000, missedMax: 3 } } },
  { kind: 'store', write: { kind: 'setting', name: 'a', value: null } },
];
it.each([
  ['nothing', undefined, /undefined/],
  ['a word', 'hello', /gives "undefined", and not send, order/],
  ["what is not a component's to do", { kind: 'write', link: 0 }, /gives "write", and not send/],
  ['an event of no kind', { kind: 'event' }, /tells "undefined", which there is not/],
  [
    'an event that there is not',
    { kind: 'event', event: { kind: 'toString' } },
    /tells "toString", which there is not/,
  ],
  [
    'an event that lacks whom it is of',
    { kind: 'event', event: { ...FAILED, peer: undefined } },
    /tells "NodeConfirmedFailed", whose peer is no id of 8 bytes/,
  ],
  [
    'an event with another word than there are',
    { kind: 'event', event: { kind: 'RouteSwitched', peer: ID, reason: 'whim' } },
    /whose reason is none of failed, better/,
  ],
  [
    'an event whose account is not there',
    { kind: 'event', event: { kind: 'PartitionHealed' } },
    /whose partition is no number/,
  ],
  ['an order of nobody', { kind: 'order', order: { kind: 'release' } }, /whose id is no id of 8/],
  [
    'a pace that is none',
    { kind: 'order', order: { kind: 'pace', pace: { intervalMs: NaN, missedMax: 3 } } },
    /whose intervalMs is no number above 0/,
  ],
  ['a write of no kind', { kind: 'store' }, /stores "undefined", which there is not/],
  [
    "a write that is another's",
    { kind: 'store', write: { kind: 'deny', id: ID } },
    /stores "deny", which there is not/,
  ],
  [
    'a setting that is no text',
    { kind: 'store', write: { kind: 'setting', name: {}, value: {} } },
    /whose name is no text/,
  ],
])('takes out a component that gives %s, and does nothing of that step', (_, output, why) => {
  const gives = (outputs: unknown[]): ComponentKind =>
    kind('odd', (input) => (input.kind === 'beat' ? (outputs as ComponentOutput[]) : []));
  const wrong = new Registry([gives([...RIGHT, output])], componentPorts()).step(BEAT, 0);
  expect(wrong).toHaveLength(1);
  expect(events(wrong)).toMatchObject([
    { kind: 'ComponentFailed', why: expect.stringMatching(why) },
  ]);
  expect(new Registry([gives(RIGHT)], componentPorts()).step(BEAT, 0)).toEqual(RIGHT);
});
