/**
 * Builders: views as the daemon would give them, each with what a test is about.
 */
import type {
  ConversationView,
  LineView,
  MessageView,
  PeerView,
  StatusView,
} from '../../../../host/http/views.ts';
import { message as someMessage, peer as somePeer } from '../builders.ts';

export const ANA = 'a1'.repeat(8);
export const SELF = '5e'.repeat(8);
const CABIN = 'cb'.repeat(8);

export function message(given: Partial<MessageView>): MessageView {
  const { key = 1, isOwn = false } = given;
  const at = key * 1000;
  return someMessage({
    sender: isOwn ? SELF : ANA,
    senderName: isOwn ? 'me' : 'ana',
    id: `m${key}`,
    text: `words ${key}`,
    sentAt: at,
    heardAt: at,
    ...given,
  });
}

export function conversation(given: Partial<ConversationView>): ConversationView {
  return { name: 'public', title: 'everyone', last: null, unread: 0, readKey: 0, ...given };
}

export function peer(given: Partial<PeerView>): PeerView {
  return { ...somePeer(ANA, 'ana'), ...given };
}

export function line(given: Partial<LineView>): LineView {
  return {
    node: CABIN,
    name: 'cabin',
    address: 'cabin.example:4460',
    origin: 'joined',
    state: 'up',
    sinceAt: 0,
    roundTripMs: 24,
    problem: null,
    ...given,
  };
}

export function status(given: Partial<StatusView>): StatusView {
  return {
    version: '0.1.0',
    id: SELF,
    name: 'attic',
    fingerprint: 'fedcba9876543210'.repeat(4),
    startedAt: 0,
    unixMs: 0,
    isVirtual: false,
    realStart: null,
    health: 'ok',
    problems: [],
    radios: [{ name: 'hci0', state: 'on', isAdvertising: true, isScanning: true }],
    counts: { heard: 0, sent: 0, delivered: 0, drops: {} },
    stored: { messages: 0, bytes: 0 },
    rssBytes: 0,
    ...given,
  };
}
