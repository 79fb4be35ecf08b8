/**
 * Requests: what the page asks the daemon, one method a route. An answer that is a refusal becomes a
 * `Refusal` with the daemon's own sentence; no answer at all becomes an `Unreachable`.
 */
import type {
  AuditCheckView,
  AuditView,
  ClientTicketView,
  ClientView,
  FleetView,
  HopView,
  InviteView,
  LineView,
  LogLineView,
  MessageView,
  NodeReportView,
  NodeSettingView,
  PacketDetailView,
  PacketRowView,
  PathView,
  PeerView,
  PingView,
  SettingsView,
  TimelineEntry,
  UsageView,
} from '../views.ts';
import { readAnswer } from './answers.ts';
import type { Part, Parts } from './state.ts';
import { withoutCode } from './words.ts';

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;

  constructor(status: number, sentence: string) {
    super(sentence);
    this.status = status;
  }
}

class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** A request that takes longer has failed. A trace of seven hops takes about fifteen seconds. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Messages of one page. */
export const PAGE_SIZE = 50;
/** Conversations that are listed. */
export const CONVERSATIONS_MAX = 200;

/** Parts that are one thing, rather than a list of them. */
const WHOLE: Part[] = ['status', 'statistics', 'map', 'resilience'];

/** Events of one page. */
export const EVENTS_SIZE = 50;
/** Null for every kind, and for all nodes. */
export type EventsWanted = { kind: string | null; node: string | null };

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export class Requests {
  private readonly origin: string;
  private readonly token: string;

  /** An empty token shows none: a bridge may be open to its own machine. */
  constructor(origin: string, token: string) {
    this.origin = origin;
    this.token = token;
  }

  async part<P extends Part>(part: P): Promise<Parts[P]> {
    const limit = part === 'conversations' ? `?limit=${CONVERSATIONS_MAX}` : '';
    const answer = await this.ask<Record<string, unknown>>('GET', `${part}${limit}`);
    // Lists come in an object, under their name.
    return (WHOLE.includes(part) ? answer : answer[part]) as Parts[P];
  }

  /** The newest first. */
  async messages(conversation: string, before: number | null): Promise<MessageView[]> {
    const query = new URLSearchParams({ conversation, limit: String(PAGE_SIZE) });
    if (before !== null) query.set('before', String(before));
    return (await this.ask<{ messages: MessageView[] }>('GET', `messages?${query}`)).messages;
  }

  /** The oldest first. */
  async messagesAfter(conversation: string, after: number): Promise<MessageView[]> {
    const query = new URLSearchParams({ conversation, after: `${after}`, limit: `${PAGE_SIZE}` });
    return (await this.ask<{ messages: MessageView[] }>('GET', `messages?${query}`)).messages;
  }

  /** In all conversations; the newest first. */
  async search(text: string, before: number | null, limit: number): Promise<MessageView[]> {
    const query = queryOf({ text, before, limit });
    return (await this.ask<{ messages: MessageView[] }>('GET', `search?${query}`)).messages;
  }

  /** All kinds of events; the newest first. */
  async timeline(wanted: EventsWanted, before: number | null): Promise<TimelineEntry[]> {
    const query = queryOf({ ...wanted, before, what: 'all', limit: EVENTS_SIZE });
    return (await this.ask<{ timeline: TimelineEntry[] }>('GET', `timeline?${query}`)).timeline;
  }

  /** The oldest first. */
  async packets(after: number): Promise<PacketRowView[]> {
    return (await this.ask<{ packets: PacketRowView[] }>('GET', `packets?after=${after}`)).packets;
  }

  packet(key: string): Promise<PacketDetailView> {
    return this.ask('GET', `packets/${encodeURIComponent(key)}`);
  }

  /** The oldest first. */
  async log(after: number): Promise<LogLineView[]> {
    return (await this.ask<{ lines: LogLineView[] }>('GET', `log?after=${after}`)).lines;
  }

  audit(after: number, limit: number): Promise<AuditView> {
    return this.ask('GET', `audit?after=${after}&limit=${limit}`);
  }

  checkAudit(): Promise<AuditCheckView> {
    return this.ask('GET', 'audit/check');
  }

  node(id: string): Promise<NodeReportView> {
    return this.ask('GET', `nodes/${id}`);
  }

  async nodeSettings(id: string): Promise<NodeSettingView[]> {
    const answer = this.ask<{ settings: NodeSettingView[] }>('GET', `nodes/${id}/settings`);
    return (await answer).settings;
  }

  async changeNode(id: string, changes: Record<string, unknown>): Promise<NodeSettingView[]> {
    const path = `nodes/${id}/settings`;
    return (await this.ask<{ settings: NodeSettingView[] }>('PATCH', path, { changes })).settings;
  }

  usage(): Promise<UsageView> {
    return this.ask('GET', 'usage');
  }

  fleet(): Promise<FleetView> {
    return this.ask('GET', 'fleet');
  }

  startFleet(what: FleetView['what'], fleet: string): Promise<FleetView> {
    return this.ask('POST', 'fleet', { what, fleet });
  }

  stopFleet(): Promise<void> {
    return this.ask('DELETE', 'fleet');
  }

  async clients(): Promise<ClientView[]> {
    return (await this.ask<{ clients: ClientView[] }>('GET', 'clients')).clients;
  }

  addClient(name: string): Promise<ClientTicketView> {
    return this.ask('POST', 'clients', { name });
  }

  removeClient(name: string): Promise<void> {
    return this.ask('DELETE', `clients/${encodeURIComponent(name)}`);
  }

  send(to: string, text: string): Promise<MessageView> {
    return this.ask('POST', 'messages', { to, text });
  }

  read(conversation: string, key: number): Promise<void> {
    return this.ask('POST', `conversations/${encodeURIComponent(conversation)}/read`, { key });
  }

  changePeer(
    id: string,
    change: { standing?: PeerView['standing']; isDenied?: boolean; isQuarantined?: boolean },
  ): Promise<PeerView> {
    return this.ask('PATCH', `peers/${id}`, change);
  }

  forgetPeer(id: string): Promise<void> {
    return this.ask('DELETE', `peers/${id}`);
  }

  async ping(id: string): Promise<PingView> {
    return (await this.ask<{ ping: PingView }>('POST', `peers/${id}/ping`, {})).ping;
  }

  async trace(id: string): Promise<HopView[]> {
    return (await this.ask<{ hops: HopView[] }>('POST', `peers/${id}/trace`, {})).hops;
  }

  path(id: string): Promise<PathView> {
    return this.ask('GET', `peers/${id}/path`);
  }

  settings(): Promise<SettingsView> {
    return this.ask('GET', 'settings');
  }

  changeSettings(changes: Record<string, unknown>): Promise<SettingsView> {
    return this.ask('PATCH', 'settings', { changes });
  }

  invite(address: string | null): Promise<InviteView> {
    return this.ask('POST', 'invites', { address });
  }

  join(line: string): Promise<LineView> {
    return this.ask('POST', 'lines', { line });
  }

  hangUp(node: string): Promise<void> {
    return this.ask('DELETE', `lines/${node}`);
  }

  private ask<Answer>(method: Method, path: string, body?: unknown): Promise<Answer> {
    const headers = this.token === '' ? {} : { authorization: `Bearer ${this.token}` };
    return exchange(method, `${this.origin}/api/v1/${path}`, headers, body);
  }
}

/** A one-time code for a token. */
export async function logIn(origin: string, code: string): Promise<string> {
  const url = `${origin}/api/v1/login`;
  return (await exchange<{ token: string }>('POST', url, {}, { code })).token;
}

/** Whether it answers without a token. */
export async function isOpen(origin: string): Promise<boolean> {
  try {
    await new Requests(origin, '').part('status');
    return true;
  } catch (failure) {
    // A bridge that is down is waited for; one that refuses is not.
    return !(failure instanceof Refusal);
  }
}

async function exchange<Answer>(
  method: Method,
  url: string,
  headers: Record<string, string>,
  body: unknown,
): Promise<Answer> {
  const init: RequestInit = {
    method,
    headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  };
  if (body !== undefined) init.body = JSON.stringify(body);
  const answer = await fetch(url, init).catch((cause) => {
    throw new Unreachable('the daemon does not answer', { cause });
  });
  const text = await answer.text();
  if (!answer.ok) throw new Refusal(answer.status, sentenceOf(text) ?? answer.statusText);
  return text === '' ? (undefined as Answer) : readAnswer<Answer>(text);
}

/** What is null is not asked for. */
function queryOf(fields: Record<string, string | number | null>): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== null) query.set(name, String(value));
  }
  return query;
}

/** The daemon's own sentence, without the code that ends it. */
function sentenceOf(text: string): string | null {
  try {
    const { error } = readAnswer<{ error?: { message?: unknown } }>(text);
    const message = error?.message;
    return typeof message === 'string' ? withoutCode(message) : null;
  } catch {
    return null;
  }
}
