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

export const ANA = 'a1'.repeat(8);
export const SELF = '5e'.repeat(8);
export const CABIN = 'cb'.repeat(8);

export function message(given: Partial<MessageView>): MessageView {
  const { key = 1 } = given;
  return {
    key,
    conversation: 'public',
    sender: given.isOwn ? SELF : ANA,
    senderName: given.isOwn ? 'me' : 'ana',
    isOwn: false,
    id: `m${key}`,
    text: `words ${key}`,
    sentAt: key * 1000,
    heardAt: key * 1000,
    isVerified: true,
    state: 'heard',
    reason: null,
    ...given,
  };
}

export function conversation(given: Partial<ConversationView>): ConversationView {
  return { name: 'public', title: 'everyone', last: null, unread: 0, ...given };
}

export function peer(given: Partial<PeerView>): PeerView {
  return {
    id: ANA,
    name: 'ana',
    fingerprint: '0123456789abcdef'.repeat(4),
    standing: 'seen',
    isDenied: false,
    isReachable: true,
    isDirect: true,
    hops: 1,
    link: 0,
    isHere: true,
    firstSeenAt: 0,
    lastSeenAt: 0,
    neighbours: [],
    capabilities: [],
    session: 'none',
    hasAlarm: false,
    ...given,
  };
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
    health: 'ok',
    problems: [],
    radios: [{ name: 'hci0', state: 'on', isAdvertising: true, isScanning: true }],
    counts: { heard: 0, sent: 0, delivered: 0, drops: {} },
    stored: { messages: 0, bytes: 0 },
    rssBytes: 0,
    ...given,
  };
}
