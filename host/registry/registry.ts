/**
 * Registry: runs the components of a bridge. It starts each one after those that it needs, gives
 * packets, news and events to whom they concern, and stops them in the reverse order. A component that
 * throws, or spins, is taken out with what it was just about to say, and begun anew after a while.
 *
 *   waiting --all it needs run--> running --throws--> failed --1 s, then twice as long--> running
 */
import { assert } from '../../protocol/core/assert.ts';
import type { Machine, Millis, Tick } from '../../protocol/core/machine.ts';
import { TICK } from '../../protocol/core/machine.ts';
import type {
  Component,
  ComponentHealth,
  ComponentInput,
  ComponentKind,
  ComponentOutput,
  ComponentPorts,
} from '../component.ts';
import type { MeshEvent } from '../events.ts';
import { startOrder } from './order.ts';
import { checkOutput } from './outputs.ts';

export type RegistryInput = Exclude<ComponentInput, { kind: 'start' | 'stop' }> | { kind: 'leave' };
export type RegistryOutput = ComponentOutput;

export type ComponentState = 'waiting' | 'running' | 'failed' | 'stopped';

/** A component as a person sees it. */
export type ComponentView = {
  name: string;
  state: ComponentState;
  health: ComponentHealth;
  /** Since the start. */
  failures: number;
  packets: number;
  said: number;
  told: number;
  statistics: Record<string, number>;
};

/** Until one that failed is begun anew; doubled with each failure, up to the most. */
export const RETRY_MS = 1000;
export const RETRY_MAX_MS = 60_000;
/** One that ran for so long without failing has its failures forgiven. */
export const FORGIVEN_MS = 600_000;
/** Events that one input may lead to among components; then whoever told the last of them fails. */
export const EVENTS_MAX = 1000;
const WITHOUT_END = 'it tells events without end';
/** Ticks in a row that leave a deadline in the past; then its component fails. */
const SPINS_MAX = 16;

type Member = {
  readonly kind: ComponentKind;
  made: Component | null;
  state: ComponentState;
  startedAt: Millis;
  retryAt: Millis;
  retryMs: Millis;
  why: string;
  /** Asked of it and not answered yet. */
  readonly tickets: Set<number>;
  failures: number;
  packets: number;
  said: number;
  told: number;
};

export class Registry implements Machine<RegistryInput, RegistryOutput> {
  /** In the order in which they start. */
  private readonly members: Member[];
  private readonly ports: ComponentPorts;
  private readonly byType = new Map<number, Member>();
  private readonly byWish = new Map<string, Member>();
  private clock: Extract<ComponentInput, { kind: 'clock' }> | null = null;
  private readonly events: { by: Member | null; event: MeshEvent }[] = [];
  private now: Millis = 0;
  private hasStarted = false;
  private out: RegistryOutput[] = [];

  constructor(kinds: readonly ComponentKind[], ports: ComponentPorts) {
    this.ports = ports;
    this.members = startOrder(kinds).map(memberOf);
    for (const member of this.members) {
      for (const type of member.kind.types) claim(this.byType, type, member);
      for (const wish of member.kind.wishes ?? []) claim(this.byWish, wish, member);
    }
  }

  step(input: RegistryInput | Tick, now: Millis): RegistryOutput[] {
    this.now = now;
    this.out = [];
    this.hasStarted = true;
    this.startDue();
    this.take(input);
    this.passEvents();
    for (const member of this.members) this.tick(member);
    this.passEvents();
    return this.out;
  }

  deadline(): Millis {
    if (!this.hasStarted) return 0;
    let least = Infinity;
    for (const { state, made, retryAt } of this.members) {
      if (state === 'running') least = Math.min(least, wantedAt(made!));
      if (state === 'failed') least = Math.min(least, retryAt);
    }
    return least;
  }

  /** Whether packets of this type are somebody's here. */
  owns(type: number): boolean {
    return this.byType.has(type);
  }

  answers(wish: string): boolean {
    return this.byWish.has(wish);
  }

  /** The one of this kind that runs; null while there is none. */
  running<Made extends Component>(kind: ComponentKind<Made>): Made | null {
    const member = this.members.find((other) => other.kind === kind);
    return member?.state === 'running' ? (member.made as Made) : null;
  }

  views(now: Millis): ComponentView[] {
    return this.members.map((member) => {
      const { kind, state, failures, packets, said, told } = member;
      const counts = { failures, packets, said, told };
      return { name: kind.name, state, ...counts, ...conditionOf(member, now) };
    });
  }

  private take(input: RegistryInput | Tick): void {
    switch (input.kind) {
      case 'delivered': {
        const owner = this.byType.get(input.packet.type);
        if (owner === undefined) return;
        owner.packets++;
        return this.give(owner, input);
      }
      case 'ask':
        return this.ask(input);
      case 'event':
        return this.tell(null, input.event);
      case 'clock':
        this.clock = input;
        break;
      case 'leave':
        return this.stop();
      case 'tick':
        return;
    }
    for (const member of this.members) this.give(member, input);
  }

  private ask(input: Extract<RegistryInput, { kind: 'ask' }>): void {
    const owner = this.byWish.get(input.wish.kind);
    assert(owner !== undefined, 'a wish is asked of whoever answers it');
    owner.tickets.add(input.ticket);
    if (owner.state === 'running') this.give(owner, input);
    else this.refuse(owner);
  }

  /** Whoever needs nobody first. One that fails to begin holds up those that need it. */
  private startDue(): void {
    for (const member of this.members) {
      const { state, retryAt, kind } = member;
      const isDue = state === 'waiting' || (state === 'failed' && this.now >= retryAt);
      if (!isDue || !kind.after.every((name) => this.hasBegun(name))) continue;
      this.begin(member);
    }
  }

  private begin(member: Member): void {
    const wasFailed = member.state === 'failed';
    try {
      member.made = member.kind.make(this.ports, this.now);
    } catch (cause) {
      return this.fail(member, cause);
    }
    member.state = 'running';
    member.startedAt = this.now;
    this.give(member, { kind: 'start' });
    if (this.clock !== null) this.give(member, this.clock);
    if (!wasFailed || member.state !== 'running') return;
    const { failures, kind } = member;
    this.tell(null, { kind: 'ComponentRestarted', component: kind.name, failures });
  }

  /** It ran once at least: whoever needs it only needs it to have begun. */
  private hasBegun(name: string): boolean {
    const member = this.members.find(({ kind }) => kind.name === name)!;
    return member.made !== null;
  }

  private tick(member: Member): void {
    for (let spins = 0; member.state === 'running'; spins++) {
      if (this.dueAt(member) > this.now) return;
      if (spins === SPINS_MAX) return this.fail(member, new Error('its deadline does not move on'));
      this.give(member, TICK);
    }
  }

  private dueAt(member: Member): Millis {
    try {
      return deadlineOf(member.made!);
    } catch (cause) {
      this.fail(member, cause);
      return Infinity;
    }
  }

  private give(member: Member, input: ComponentInput | Tick): void {
    if (member.state !== 'running') return;
    let outputs: ComponentOutput[];
    try {
      outputs = [...member.made!.step(input, this.now)];
      check(outputs);
    } catch (cause) {
      return this.fail(member, cause);
    }
    for (const output of outputs) this.hear(member, output);
  }

  private hear(member: Member, output: ComponentOutput): void {
    switch (output.kind) {
      case 'event':
        member.told++;
        return this.tell(member, output.event);
      case 'answer':
        if (!member.tickets.delete(output.ticket)) return;
        break;
      case 'send':
        member.said++;
    }
    this.out.push(output);
  }

  private tell(by: Member | null, event: MeshEvent): void {
    this.out.push({ kind: 'event', event });
    this.events.push({ by, event });
  }

  /** To everybody but whoever told it. */
  private passEvents(): void {
    for (let at = 0; at < this.events.length; at++) {
      const { by, event } = this.events[at];
      if (at >= EVENTS_MAX) {
        this.events.length = 0;
        if (by !== null) this.fail(by, new Error(WITHOUT_END));
        break;
      }
      for (const member of this.members) {
        if (member !== by) this.give(member, { kind: 'event', event });
      }
    }
    this.events.length = 0;
  }

  private fail(member: Member, cause: unknown): void {
    const hasRunLong = member.made !== null && this.now - member.startedAt >= FORGIVEN_MS;
    member.retryMs = hasRunLong || member.retryMs === 0 ? RETRY_MS : member.retryMs * 2;
    member.retryMs = Math.min(member.retryMs, RETRY_MAX_MS);
    member.state = 'failed';
    member.failures++;
    member.retryAt = this.now + member.retryMs;
    member.why = wordsOf(cause);
    this.refuse(member);
    const { kind, why, retryMs } = member;
    this.tell(member, { kind: 'ComponentFailed', component: kind.name, why, retryMs });
  }

  private refuse({ tickets }: Member): void {
    for (const ticket of tickets) {
      this.out.push({ kind: 'answer', ticket, answer: { kind: 'refused', reason: 'failed' } });
    }
    tickets.clear();
  }

  private stop(): void {
    for (const member of [...this.members].reverse()) {
      this.give(member, { kind: 'stop' });
      this.refuse(member);
      member.state = 'stopped';
      member.why = 'it was stopped';
    }
  }
}

function memberOf(kind: ComponentKind): Member {
  return {
    kind,
    made: null,
    state: 'waiting',
    startedAt: 0,
    retryAt: 0,
    retryMs: 0,
    why: `it waits for ${kind.after.join(', ')}`,
    tickets: new Set(),
    failures: 0,
    packets: 0,
    said: 0,
    told: 0,
  };
}

/** Throws what is wrong with any of a step, before any of it is done: half of a step is none. */
function check(outputs: readonly ComponentOutput[]): void {
  let events = 0;
  for (const output of outputs) {
    checkOutput(output);
    if (output.kind === 'event' && ++events > EVENTS_MAX) throw new Error(WITHOUT_END);
  }
}

function deadlineOf(component: Component): Millis {
  const at: unknown = component.deadline();
  if (typeof at === 'number' && !Number.isNaN(at)) return at;
  throw new Error(`its deadline is ${String(at)}, which is no time`);
}

/** One that cannot say is due at once: its tick says what becomes of it. */
function wantedAt(component: Component): Millis {
  try {
    return deadlineOf(component);
  } catch {
    return 0;
  }
}

/** One that cannot say how it is goes on, and is shown as failing. */
function conditionOf(
  { state, made, why }: Member,
  now: Millis,
): Pick<ComponentView, 'health' | 'statistics'> {
  if (state !== 'running') return { health: { state: 'failing', why }, statistics: {} };
  try {
    const health = made!.health(now);
    if (!isCondition(health)) throw new Error('it does not say how it is');
    const figures = Object.entries(made!.statistics?.(now) ?? {});
    return { health, statistics: Object.fromEntries(figures.filter(isFigure)) };
  } catch (cause) {
    return { health: { state: 'failing', why: wordsOf(cause) }, statistics: {} };
  }
}

function isCondition(health: ComponentHealth): boolean {
  if (health.state === 'well') return true;
  return ['strained', 'failing'].includes(health.state) && typeof health.why === 'string';
}

function isFigure([, value]: [string, unknown]): boolean {
  return Number.isFinite(value);
}

function wordsOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function claim<Key>(owners: Map<Key, Member>, key: Key, member: Member): void {
  const owner = owners.get(key);
  assert(owner === undefined, `${member.kind.name} and ${owner?.kind.name} both want ${key}`);
  owners.set(key, member);
}
