/**
 * Admin: requests to one node and their answers (WIRE §21), over whatever way there is. What is lost
 * is asked again, so whatever is asked must bear being done twice; each request of a node that has an
 * admin key carries the proof of a challenge of its own.
 */
import { CHALLENGE, CHALLENGE_SIZE } from '../core/control-codes.ts';
import type { Hmac } from '../core/control.ts';
import type { Hello } from '../core/hello.ts';
import { decodeHello, FRAME_MAX_BEFORE_HELLO } from '../core/hello.ts';
import { CONTROL, encodePacket, HELLO, plainPacket } from '../core/packet.ts';
import type { Proof, Reply } from '../wire/administer.ts';
import { decodeReply, encodeRequest } from '../wire/administer.ts';
import { openPacket } from '../wire/packet.ts';
import { helloPacket } from './greeting.ts';
import type { Script } from './script.ts';
import type { Way } from './way.ts';

/** A node answers within milliseconds; storing settings takes some more. */
const ANSWER_MS = 600;
/** Tries of a request. On a line that changes one bit in 10^4 every other fails. */
const TRIES = 24;

export class Admin {
  /** Null as long as none is needed. */
  key: Uint8Array | null = null;
  /** As it signed its last answer. */
  nodeId: Uint8Array | null = null;
  /** Its last one, when one was heard. */
  hello: Hello | null = null;
  private readonly way: Way;
  private readonly me: Uint8Array;
  private readonly hmac: Hmac;
  private requests = 0;

  /** `me` is eight bytes of chance, so that the node knows a new neighbour when it meets one. */
  constructor(way: Way, me: Uint8Array, hmac: Hmac) {
    this.way = way;
    this.me = me;
    this.hmac = hmac;
  }

  /** Says hello; true once the node has answered anything. */
  *meet(timeoutMs: number): Script<boolean> {
    this.way.send(helloPacket('admin', this.me, FRAME_MAX_BEFORE_HELLO, this.requests));
    return (yield* this.exchange(CHALLENGE, null, null, timeoutMs)) !== null;
  }

  /** The answer, or null when there was none to any try. */
  *ask(operation: number, argument: Uint8Array | null = null): Script<Reply | null> {
    for (let tries = 0; tries < TRIES; tries++) {
      let proof: Proof | null = null;
      if (this.key !== null) {
        const drawn = yield* this.exchange(CHALLENGE, null, null, ANSWER_MS);
        if (drawn === null || drawn.challenge.length !== CHALLENGE_SIZE) continue;
        proof = { key: this.key, challenge: drawn.challenge, hmac: this.hmac };
      }
      const reply = yield* this.exchange(operation, argument, proof, ANSWER_MS);
      if (reply !== null) return reply;
    }
    return null;
  }

  private *exchange(
    operation: number,
    argument: Uint8Array | null,
    proof: Proof | null,
    timeoutMs: number,
  ): Script<Reply | null> {
    // Counted through, so that a late answer to an earlier try is not taken for this one's.
    const number = (this.requests = (this.requests + 1) & 0xffff);
    const payload = encodeRequest(number, operation, argument, proof);
    this.way.send(encodePacket(plainPacket(CONTROL, 0, number, this.me, payload)));
    return yield* this.way.expect((bytes) => this.replyIn(bytes, number, operation), timeoutMs);
  }

  private replyIn(bytes: Uint8Array, number: number, operation: number): Reply | null {
    const opened = openPacket(bytes);
    if (!opened.ok) return null;
    const { type, sender, payload } = opened.packet;
    if (type === HELLO) {
      const hello = decodeHello(payload);
      if (typeof hello !== 'string') this.hello = hello;
    }
    if (type !== CONTROL) return null;
    const reply = decodeReply(payload);
    if (typeof reply === 'string') return null;
    if (reply.id !== number || reply.operation !== operation) return null;
    this.nodeId = new Uint8Array(sender);
    return reply;
  }
}
