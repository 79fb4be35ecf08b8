/**
 * Control: lets an admin read and change a node over any link (WIRE §21). A request that is
 * malformed, out of order or unauthorised gets a status, changes nothing and is counted. Fields of
 * type u8 and length u16; a request ends with its MAC, unknown fields are skipped.
 *
 *   01 request id u16 | 02 operation | 03 status | 04 argument | 05 setting at fault
 *   06 challenge 16 | 07 MAC 16: HMAC-SHA256(admin key, challenge | all that lies before this field)
 *
 *   challenge -> request with MAC -> answer, once for every request of a node with an admin key
 *   stage, stage ... -> commit (stored, then in force) or roll back
 */
import {
  ARGUMENT,
  CHALLENGE,
  CHALLENGE_BYTES,
  CHALLENGE_SIZE,
  COMMIT,
  FAULT,
  FULL,
  IDENTIFY,
  LOCKED,
  LOG_LEVEL,
  LOG_LEVEL_MAX,
  MAC,
  MAC_SIZE,
  MALFORMED,
  OK,
  OPEN_CONSOLE,
  OPERATION,
  READ_SETTINGS,
  REBOOT,
  REFUSED,
  REQUEST_ID,
  ROLL_BACK,
  SET_CLOCK,
  STAGE,
  STATISTICS,
  STATUS,
  UNSUPPORTED,
  WIDTHS,
} from './control-codes.ts';
import { LOGS, WIRES } from './features.ts';
import type { Fields } from './fields.ts';
import { bigEndian, bytesIn, encodeFields, numberIn, numberOf, readFields } from './fields.ts';
import type { Crc32 } from './framing.ts';
import { UNIX_MS_MAX } from './hello.ts';
import type { Machine, Millis, Tick } from './machine.ts';
import { ADMIN_KEY, NOTE_KEY } from './settings-table.ts';
import type { Settings, Slot } from './settings.ts';
import { changeSettings, encodeSlot, readableSettings, SLOT_MAX } from './settings.ts';

export type Hmac = (key: Uint8Array, bytes: Uint8Array) => Uint8Array;

export type ControlPorts = {
  crc: Crc32;
  /** A challenge: 16 bytes that nobody can foresee. */
  draw: () => Uint8Array;
  /** HMAC-SHA256; null on a board without SHA-256, which then cannot have keys. */
  hmac: Hmac | null;
  /** The argument of the answer to STATISTICS. */
  statistics: () => Uint8Array;
};

export type Request = { kind: 'request'; link: number; wired: boolean; payload: Uint8Array };
export type ControlInput = Request | { kind: 'linkDown'; link: number };

export type ControlOutput =
  | { kind: 'store'; slot: number; bytes: Uint8Array }
  | { kind: 'settings'; settings: Settings }
  | { kind: 'reply'; link: number; payload: Uint8Array }
  | { kind: 'clock'; unixMs: number }
  | { kind: 'log'; level: number }
  | { kind: 'identify' }
  | { kind: 'reboot' }
  | { kind: 'console'; link: number }
  | { kind: 'drop'; reason: 'not-a-request' };

export class Control implements Machine<ControlInput, ControlOutput> {
  /** Those in force. */
  settings: Settings;
  /** Requests answered, by status. */
  readonly answered = new Uint32Array(6);
  private readonly ports: ControlPorts;
  private staged: Settings | null = null;
  private slot: number;
  private generation: number;
  /** The open challenge of each link, if any. Links are numbered from 0, and so bound it. */
  private readonly challenges: (Uint8Array | null)[] = [];

  /** `slot` is the one the settings were read from. */
  constructor(settings: Settings, slot: Slot, ports: ControlPorts) {
    this.settings = settings;
    this.slot = slot.index;
    this.generation = slot.generation;
    this.ports = ports;
  }

  step(input: ControlInput | Tick): ControlOutput[] {
    const out: ControlOutput[] = [];
    if (input.kind === 'request') this.answer(input, out);
    if (input.kind === 'linkDown') this.challenges[input.link] = null;
    return out;
  }

  deadline(): Millis {
    return Infinity;
  }

  private answer(request: Request, out: ControlOutput[]): void {
    const fields = readFields(request.payload, 2, WIDTHS) || [];
    if (fields[STATUS]) {
      // Answering answers would go on for ever.
      out.push({ kind: 'drop', reason: 'not-a-request' });
      return;
    }
    const reply: Fields = [];
    reply[REQUEST_ID] = fields[REQUEST_ID];
    reply[OPERATION] = fields[OPERATION];
    const status = this.obey(request, fields, reply, out);
    reply[STATUS] = bigEndian(status, 1);
    this.answered[status]++;
    out.push({ kind: 'reply', link: request.link, payload: encodeFields(reply, 2) });
    if (status !== OK) return;
    // Last, so that the admin hears of it.
    const operation = numberIn(fields, OPERATION, 0);
    if (operation === REBOOT) out.push({ kind: 'reboot' });
    if (WIRES && operation === OPEN_CONSOLE) out.push({ kind: 'console', link: request.link });
  }

  /** The status; what it changes goes to `out`, and what the answer carries to `reply`. */
  private obey(request: Request, fields: Fields, reply: Fields, out: ControlOutput[]): number {
    const operation = numberIn(fields, OPERATION, 0);
    if (!operation || !fields[REQUEST_ID]) return MALFORMED;
    if (operation === CHALLENGE) {
      reply[CHALLENGE_BYTES] = this.challenges[request.link] = this.ports.draw();
      return OK;
    }
    const refusal = this.authorise(request, fields[MAC]);
    if (refusal !== OK) return refusal;
    const argument = bytesIn(fields, ARGUMENT);
    switch (operation) {
      case READ_SETTINGS:
        reply[ARGUMENT] = readableSettings(
          argument.length > 0 && this.staged !== null ? this.staged : this.settings,
        );
        return OK;
      case STAGE:
        return this.stage(argument, request.wired, reply);
      case COMMIT:
        return this.commit(out);
      case ROLL_BACK:
        this.staged = null;
        return OK;
      case STATISTICS:
        reply[ARGUMENT] = this.ports.statistics();
        return OK;
      case REBOOT:
      case OPEN_CONSOLE:
        return WIRES ? OK : UNSUPPORTED;
      case SET_CLOCK:
        if (argument.length !== 8 || numberOf(argument) > UNIX_MS_MAX) return MALFORMED;
        out.push({ kind: 'clock', unixMs: numberOf(argument) });
        return OK;
      case IDENTIFY:
        out.push({ kind: 'identify' });
        return OK;
      case LOG_LEVEL:
        if (!LOGS) return UNSUPPORTED;
        if (argument.length !== 1 || argument[0] > LOG_LEVEL_MAX) return MALFORMED;
        out.push({ kind: 'log', level: argument[0] });
        return OK;
      default:
        return UNSUPPORTED;
    }
  }

  private authorise(request: Request, mac: Uint8Array | null | undefined): number {
    const key = this.settings[ADMIN_KEY];
    const hmac = this.ports.hmac;
    const challenge = this.challenges[request.link];
    if (!key) return request.wired ? OK : LOCKED;
    if (!hmac) return UNSUPPORTED;
    if (!mac) return LOCKED;
    if (!challenge) return REFUSED;
    // Used up, whether the MAC is right or not.
    this.challenges[request.link] = null;
    const expected = hmac(key, macInput(challenge, request.payload));
    // In a time that does not tell where they differ (RELIABILITY S22).
    let difference = 0;
    for (let i = 0; i < MAC_SIZE; i++) difference |= expected[i] ^ mac[i];
    return difference === 0 ? OK : REFUSED;
  }

  /** A request is staged whole or not at all; several add up. */
  private stage(argument: Uint8Array, wired: boolean, reply: Fields): number {
    const base = this.staged || this.settings;
    const change = changeSettings(base, argument);
    if (change === null) return MALFORMED;
    const settings = change.settings;
    let fault = change.fault;
    // Set over radio, a key would be known to whoever listens; and without HMAC an admin key would
    // lock everyone out for good.
    for (let id = ADMIN_KEY; id <= NOTE_KEY; id++) {
      if (settings[id] !== base[id] && (!wired || this.ports.hmac === null)) fault = id;
    }
    if (fault >= 0) {
      reply[FAULT] = bigEndian(fault, 1);
      return REFUSED;
    }
    if (encodeSlot(settings, 0, this.ports.crc).length > SLOT_MAX) return FULL;
    this.staged = settings;
    return OK;
  }

  private commit(out: ControlOutput[]): number {
    const settings = this.staged;
    if (settings === null) return REFUSED;
    this.settings = settings;
    this.staged = null;
    this.slot = 1 - this.slot;
    this.generation = (this.generation + 1) >>> 0;
    const bytes = encodeSlot(settings, this.generation, this.ports.crc);
    out.push({ kind: 'store', slot: this.slot, bytes: bytes });
    out.push({ kind: 'settings', settings: settings });
    return OK;
  }
}

/** What the MAC at the end of a request is over. */
export function macInput(challenge: Uint8Array, request: Uint8Array): Uint8Array {
  const size = request.length - 3 - MAC_SIZE;
  const bytes = new Uint8Array(CHALLENGE_SIZE + size);
  bytes.set(challenge);
  bytes.set(request.subarray(0, size), CHALLENGE_SIZE);
  return bytes;
}
