/**
 * The admin's side of control (WIRE §21): requests with their proof, and what came back. A relay
 * does not carry it.
 */
import {
  ARGUMENT,
  CHALLENGE_BYTES,
  FAULT,
  MAC,
  MAC_SIZE,
  OPEN_CONSOLE,
  OPERATION,
  REQUEST_ID,
  STATUS,
  WIDTHS,
} from '../core/control-codes.ts';
import type { Hmac } from '../core/control.ts';
import { macInput } from '../core/control.ts';
import type { Fields } from '../core/fields.ts';
import { bigEndian, bytesIn, encodeFields, numberIn, readFields } from '../core/fields.ts';

/** Null where no MAC is needed: for a challenge, or over a wire to a node without an admin key. */
export type Proof = { key: Uint8Array; challenge: Uint8Array; hmac: Hmac };

export function encodeRequest(
  id: number,
  operation: number,
  argument: Uint8Array | null,
  proof: Proof | null,
): Uint8Array {
  const fields: Fields = [];
  fields[REQUEST_ID] = bigEndian(id, 2);
  fields[OPERATION] = bigEndian(operation, 1);
  fields[ARGUMENT] = argument;
  if (proof === null) return encodeFields(fields, 2);
  fields[MAC] = new Uint8Array(MAC_SIZE);
  const mac = proof.hmac(proof.key, macInput(proof.challenge, encodeFields(fields, 2)));
  fields[MAC] = new Uint8Array(mac.subarray(0, MAC_SIZE));
  return encodeFields(fields, 2);
}

export type Reply = {
  /** 0, as the operation, when the request was too malformed to tell. */
  id: number;
  operation: number;
  status: number;
  /** Empty for none, as the challenge. */
  argument: Uint8Array;
  challenge: Uint8Array;
  /** The id of the setting at fault. */
  fault: number | null;
};

/** Why a payload was no reply; `bad-field` also where it is cut short. */
export type ReplyMalformed = 'bad-field' | 'not-a-reply';

export function decodeReply(payload: Uint8Array): Reply | ReplyMalformed {
  const fields = readFields(payload, 2, WIDTHS);
  if (fields === null) return 'bad-field';
  const status = fields[STATUS];
  if (!status) return 'not-a-reply';
  return {
    id: numberIn(fields, REQUEST_ID, 0),
    operation: numberIn(fields, OPERATION, 0),
    status: status[0],
    argument: bytesIn(fields, ARGUMENT),
    challenge: bytesIn(fields, CHALLENGE_BYTES),
    fault: numberIn(fields, FAULT, null),
  };
}

/** What the answer to STATISTICS says, by name. */
export function statisticsIn({ argument }: Reply): Record<string, number> {
  const lines = new TextDecoder().decode(argument).split('\n');
  const pairs = lines.map((line): [string, number] => {
    const [name, value = ''] = line.split('=');
    return [name, Number(value)];
  });
  return Object.fromEntries(pairs.filter(([, value]) => Number.isFinite(value)));
}

/** What opens the console that a node with this admin key has locked. */
export function consolePassword(adminKey: Uint8Array, hmac: Hmac): string {
  const secret = hmac(adminKey, Uint8Array.of(OPEN_CONSOLE)).subarray(0, 15);
  return btoa(String.fromCharCode(...secret));
}
