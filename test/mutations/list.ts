/**
 * List: one line changed in a machine, and the tests that must fail then. A mutation that lives shows a
 * promise that nobody keeps; each of these stands for a law of the mesh.
 */
export type Mutation = {
  /** The law it breaks, as a sentence. */
  breaks: string;
  file: string;
  /** Occurs once in the file. */
  from: string;
  to: string;
  tests: string[];
};

const RELAY = 'protocol/core/relay.ts';
const LINE_RELAY = 'protocol/core/line-relay.ts';
const ADMISSION = 'protocol/trust/admission.ts';
const LETTERS = 'host/peer/letters.ts';
const INJECTION = 'host/gateway/injection.ts';
const REGISTRY = 'host/registry/registry.ts';

export const MUTATIONS: Mutation[] = [
  {
    breaks: 'a packet is passed on once',
    file: RELAY,
    from: "if (this.seen.isPassed(slot) || packet.ttl <= 1) return drop(out, link, 'duplicate');",
    to: "if (packet.ttl <= 1) return drop(out, link, 'duplicate');",
    tests: ['test/protocol/core/relay.test.ts'],
  },
  {
    breaks: 'every hop takes one off the TTL',
    file: RELAY,
    from: 'return Math.min(packet.ttl, Math.max(2, limit)) - 1;',
    to: 'return Math.min(packet.ttl, Math.max(2, limit));',
    tests: ['test/protocol/core/relay.test.ts'],
  },
  {
    breaks: 'what has arrived goes nowhere else',
    file: RELAY,
    from: 'if (forUs) return this.seen.pass(slot);',
    to: 'if (forUs) this.seen.pass(slot);',
    tests: ['test/protocol/core/relay.test.ts'],
  },
  {
    breaks: 'a copy that was heard takes its link off the way',
    file: RELAY,
    from: 'this.seen.mark(slot, link);\n      if (this.seen.isPassed',
    to: 'if (this.seen.isPassed',
    tests: ['test/protocol/core/relay.test.ts', 'test/transcripts'],
  },
  {
    breaks: 'a packet is remembered only once it was admitted',
    file: RELAY,
    from: 'const refusal = this.admission.admit(packet, link, this.now);\n      if (refusal !== null) return drop(out, link, refusal);\n      slot =',
    to: 'const refusal = this.admission.admit(packet, link, this.now);\n      this.seen.add(low, high, this.now, ageMs);\n      if (refusal !== null) return drop(out, link, refusal);\n      slot =',
    tests: ['test/protocol/core/relay.test.ts'],
  },
  {
    breaks: 'what one line brought and another brings again goes no further',
    file: LINE_RELAY,
    from: "if (isSpread) return drop(out, link, 'duplicate');",
    to: '',
    tests: ['test/protocol/core/line-relay.test.ts'],
  },
  {
    breaks: 'the packet met longest ago is forgotten first',
    file: 'protocol/core/seen.ts',
    from: 'isFull ? rows[NEWER]',
    to: 'isFull ? rows[OLDER]',
    tests: ['test/protocol/core/seen.test.ts'],
  },
  {
    breaks: 'what is stored is so before anything is done about it',
    file: 'protocol/core/driver.ts',
    from: 'if (batch.stores.length > 0) adapters.commit(batch.stores);\n      this.waiting = null;',
    to: 'this.waiting = null;',
    tests: ['test/protocol/core/driver.test.ts'],
  },
  {
    breaks: 'the next beat is later than this one',
    file: 'protocol/core/paced-heartbeat.ts',
    from: 'return moment > at ? moment : (passed + 2) * this.intervalMs + this.phaseMs;',
    to: 'return moment;',
    tests: ['test/protocol/core/paced-heartbeat.test.ts'],
  },
  {
    breaks: 'a link whose signatures fail is not verified for without end',
    file: ADMISSION,
    from: 'if (this.failures !== null && !this.failures.hasRoom(link, now)) return this.tooMuch(packet);',
    to: '',
    tests: ['test/protocol/trust/admission.test.ts'],
  },
  {
    breaks: 'a signature of a known sender holds, or the packet is dropped',
    file: ADMISSION,
    from: "if (flaw !== null) return this.treat(packet, sort, 'flawed', link, now, flaw);",
    to: '',
    tests: ['test/protocol/trust/admission.test.ts'],
  },
  {
    breaks: 'whoever passed on what he could not check answers for nothing',
    file: ADMISSION,
    from: "return flaw === 'bad-signature' && this.isPassedOn(packet) ? 'forged' : flaw;",
    to: 'return flaw;',
    tests: ['test/protocol/trust/admission.test.ts'],
  },
  {
    breaks: 'a link beats at a new pace at once',
    file: 'protocol/core/link.ts',
    from: 'setPace(input.pace, now);\n      this.wakeAt = 0;',
    to: 'setPace(input.pace, now);',
    tests: ['test/protocol/core/link.test.ts'],
  },
  {
    breaks: 'what may have been forgotten does not come back as new',
    file: 'protocol/peer/history.ts',
    from: 'return timestamp > this.horizon || isFresh(timestamp, wallMs);',
    to: 'return true;',
    tests: ['test/protocol/peer/history.test.ts'],
  },
  {
    breaks: 'what follows a message that is sent again does not overtake it',
    file: LETTERS,
    from: 'if (letter.sends === 0 && isRepeating) break;',
    to: '',
    tests: ['test/host/peer/conversations.test.ts'],
  },
  {
    breaks: 'a message is given up after so many tries in vain',
    file: LETTERS,
    from: 'if (letter.sends > 0 && letter.dueAt <= now && heardAt > letter.sentAt) letter.vain++;',
    to: '',
    tests: ['test/host/peer/conversations.test.ts'],
  },
  {
    breaks: 'the air is spent within its budget',
    file: INJECTION,
    from: 'this.budget.spend(cost, now);',
    to: '',
    tests: ['test/host/gateway/gateway.test.ts', 'test/host/gateway/parts.test.ts'],
  },
  {
    breaks: 'what others brought in meanwhile is not brought in again',
    file: INJECTION,
    from: 'if (this.air.lacking(bytes) > 0) return false;',
    to: 'return false;',
    tests: ['test/host/gateway/gateway.test.ts', 'test/host/gateway/parts.test.ts'],
  },
  {
    breaks: 'a component that fails again is begun anew after twice as long',
    file: REGISTRY,
    from: 'RETRY_MS : member.retryMs * 2;',
    to: 'RETRY_MS : member.retryMs;',
    tests: ['test/host/registry/registry.test.ts'],
  },
  {
    breaks: 'a gateway waits for its turn',
    file: 'host/gateway/turns.ts',
    from: 'const wait = LISTEN_MS + (ahead.length + behind) * WAIT_MS;',
    to: 'const wait = LISTEN_MS;',
    tests: ['test/host/gateway/gateway.test.ts'],
  },
  {
    breaks: 'the newest message of a session is not taken twice',
    file: 'protocol/trust/replay.ts',
    from: 'if (counter > this.newest) return true;',
    to: 'if (counter >= this.newest) return true;',
    tests: ['test/protocol/trust/replay.test.ts'],
  },
  {
    breaks: 'a request for history is answered once',
    file: 'protocol/peer/sync.ts',
    from: "if (isReplayed(timestamp, asker.newest, wallMs)) return drop('request-replayed');",
    to: '',
    tests: ['test/protocol/peer/sync.test.ts'],
  },
  {
    breaks: 'an echo of what we never sent tells nothing of the way',
    file: 'protocol/core/heartbeat.ts',
    from: 'if (age < this.sequence && ms < this.silenceMs) {',
    to: 'if (ms < this.silenceMs) {',
    tests: ['test/protocol/core/heartbeat.test.ts'],
  },
  {
    breaks: 'what one side never takes holds up nothing older',
    file: 'protocol/peer/reconcile.ts',
    from: 'const to = compareBounds(side.reached, from) > 0 ? side.reached : newest;',
    to: 'const to = newest;',
    tests: ['test/protocol/peer/reconcile.test.ts'],
  },
  {
    breaks: 'who offers and never gives keeps nobody else from being asked',
    file: 'protocol/peer/reconcile.ts',
    from: 'now - before.at >= this.restOf(name, link)',
    to: 'now - before.at >= this.restOf(name, before.link)',
    tests: ['test/protocol/peer/reconcile.test.ts'],
  },
  {
    breaks: 'what was lost so far is asked for again within a minute',
    file: 'protocol/peer/reconcile.ts',
    from: 'WANT_MS * 2 ** (tries.wanted - 1), SILENT_REST_MAX_MS)',
    to: 'WANT_MS * 2 ** (tries.wanted - 1), REFUSED_REST_MAX_MS)',
    tests: ['test/protocol/peer/reconcile.test.ts'],
  },
  {
    breaks: 'what comes and is never taken is asked for ever less often',
    file: 'protocol/peer/switchboard.ts',
    from: "if (bytes[1] === MESSAGE && bytes[TTL_AT] === 0) out.push({ kind: 'came', link, bytes });",
    to: '',
    tests: ['test/protocol/peer/refused.test.ts'],
  },
  {
    breaks: 'nothing is said to be lost only where that was compared',
    file: 'host/resilience/partitions.ts',
    from: 'const missing = isCompared || lacking > 0 ? lacking : null;',
    to: 'const missing = lacking;',
    tests: ['test/host/resilience/partitions.test.ts'],
  },
  {
    breaks: 'a line over UDP follows the newest datagram, and no late one',
    file: 'protocol/peer/datagram-link.ts',
    from: 'if (opened.isNewest && from !== undefined && from !== this.address) {',
    to: 'if (from !== undefined && from !== this.address) {',
    tests: ['test/protocol/peer/datagrams.test.ts'],
  },
  {
    breaks: 'an answer to an administrator that was lost is said again',
    file: 'host/administration/office.ts',
    from: 'else if (known !== undefined) this.repeat(known, part, out);',
    to: '',
    tests: ['test/host/administration/bridges.test.ts'],
  },
  {
    breaks: 'who does not read costs no more than his share',
    file: 'host/http/reader.ts',
    from: 'bufferedAmount + event.text.length + HEAD_MAX > this.waitingMax',
    to: 'bufferedAmount > this.waitingMax',
    tests: ['test/host/http/reader.test.ts'],
  },
  {
    breaks: 'an id that is forgotten hides no other',
    file: 'protocol/trust/id-places.ts',
    from: 'if (((slot - first) & mask) < ((slot - gap) & mask)) continue;',
    to: 'if (((slot - first) & mask) <= ((slot - gap) & mask)) continue;',
    tests: ['test/protocol/trust/id-places.test.ts'],
  },
  {
    breaks: 'strangers make way, and never whom a person keeps',
    file: 'protocol/trust/pins.ts',
    from: 'this.remove(this.places.oldest((other) => !this.isKept(other)));',
    to: 'this.remove(this.places.oldest(() => true));',
    tests: ['test/protocol/trust/pins.test.ts'],
  },
  {
    breaks: 'a clock set back hides nobody for ever',
    file: 'protocol/peer/announced.ts',
    from: 'return named > had || now - numbers[row + HEARD_AT] >= FRESH_MS;',
    to: 'return named > had;',
    tests: ['test/protocol/peer/introductions.test.ts'],
  },
  {
    breaks: 'who knows no names is still introduced',
    file: 'protocol/peer/switchboard.ts',
    from: 'if (isStranger && !isNamed) this.introduceOthers(link, out);',
    to: '',
    tests: ['test/protocol/peer/meeting.test.ts'],
  },
  {
    breaks: 'a packet that somebody still lacks waits for its moment',
    file: LINE_RELAY,
    from: 'if (at < 0 || waits) return;',
    to: 'if (at < 0) return;',
    tests: ['test/protocol/core/line-relay.test.ts'],
  },
  {
    breaks: 'nobody makes up a name that is counted as another on another link',
    file: 'protocol/core/buckets.ts',
    from: '^ (this.seed * link)',
    to: '^ (link << 24)',
    tests: ['test/protocol/core/buckets.test.ts'],
  },
  {
    breaks: 'a bucket never gives more than its rate',
    file: 'protocol/core/buckets.ts',
    from: 'Math.ceil(Math.max',
    to: 'Math.floor(Math.max',
    tests: ['test/protocol/core/buckets.test.ts'],
  },
  {
    breaks: 'what one thread wrote stays until the slowest has read it',
    file: 'tools/bench/mesh-ledger.ts',
    from: 'most = Math.max(most, (written - read) | 0);',
    to: 'most = (written - read) | 0;',
    tests: ['test/tools/bench/mesh-ledger.test.ts'],
  },
  {
    breaks: 'a node beats on all its links in one moment',
    file: 'protocol/core/paced-heartbeat.ts',
    from: 'this.sendAt = this.momentAfter(now)',
    to: 'this.sendAt = now + this.intervalMs',
    tests: ['test/protocol/core/paced-heartbeat.test.ts'],
  },
  {
    breaks: 'who has gone away is told of to nobody new',
    file: 'protocol/peer/announce-shelf.ts',
    from: 'if (now - places.numbers[places.columnsOf(place)] < REPLAY_AGE_MS) fresh.push(place);',
    to: 'fresh.push(place);',
    tests: ['test/protocol/peer/announce-shelf.test.ts'],
  },
  {
    breaks: 'what a sender spends is not what a person said of him',
    file: 'protocol/trust/pins.ts',
    from: 'const BUCKET = STANDING + 2;',
    to: 'const BUCKET = STANDING;',
    tests: ['test/protocol/trust/pins.test.ts'],
  },
  {
    breaks: 'whoever lost an announce is told again who said the words that he asks for again',
    file: 'protocol/peer/answers.ts',
    from: 'if (given?.has(name) === true && author !== null) given.delete(author.name);',
    to: '',
    tests: ['test/protocol/peer/answers.test.ts'],
  },
];
