/**
 * Whatever datagram arrives, it is a message of the plain UDP chat, which is passed on as a message that
 * differs in its hops alone, or none with a reason; it is never an exception.
 */
import { expect, it } from 'vitest';
import type { Message } from '../../protocol/udp-chat/message.ts';
import { decodeMessage, encodeMessage } from '../../protocol/udp-chat/message.ts';
import { storm, STORM_MS } from './storm.ts';

it(
  'a datagram is a message or none, whatever was done to it',
  () => {
    const chat: Message = {
      ...{
        mid: '0f0e',
        ts: 17.5,
        ttl: 8,
        kind: 'CHAT',
        src: 'a:1',
        dst: '',
        body: 'h\u00e9 \\ "x"',
      },
    };
    const spaced = new TextEncoder().encode(JSON.stringify({ ...chat, ttl: 100 }, null, 2));
    let messages = 0;
    storm([encodeMessage(chat), encodeMessage({ ...chat, ttl: 10 }), spaced], (bytes) => {
      const decoded = decodeMessage(bytes);
      if (!decoded.ok) return expect(decoded.reason).toMatch(/^(not|no|bad)-[a-z0-9-]+$/);
      const { passedOn, ...message } = decoded.message;
      messages++;
      if (message.ttl === 0) return;
      const next = decodeMessage(passedOn());
      const expected = { ...message, ttl: message.ttl - 1, passedOn: expect.any(Function) };
      expect(next).toEqual({ ok: true, message: expected });
    });
    // Enough of them got through for this to have said something.
    expect(messages).toBeGreaterThan(100);
  },
  STORM_MS,
);
