/**
 * Theorem: whatever payloads arrive, from a wire or over radio, `Control` answers each with one
 * status or drops it as an answer, and never throws; what a node with an admin key does not see
 * proved changes nothing and has no other effect; every reply is one that `decodeReply` reads.
 */
import { createHmac } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { expect, it } from 'vitest';
import { CHALLENGE, OK } from '../../protocol/core/control-codes.ts';
import { Control } from '../../protocol/core/control.ts';
import { readFields } from '../../protocol/core/fields.ts';
import { ADMIN_KEY } from '../../protocol/core/settings-table.ts';
import type { Settings } from '../../protocol/core/settings.ts';
import { SLOT_MAX } from '../../protocol/core/settings.ts';
import { decodeReply, encodeRequest } from '../../protocol/wire/administer.ts';
import { storm, STORM_MS } from './storm.ts';

/** The real one: a million guesses would find what fits a weaker. */
const hmac = (key: Uint8Array, bytes: Uint8Array): Uint8Array =>
  createHmac('sha256', key).update(bytes).digest();
const ports = {
  ...{ crc: crc32, hmac, draw: () => new Uint8Array(16).fill(0xcc) },
  statistics: () => Uint8Array.of(1),
};
const NONE = { index: 1, generation: 0, fields: new Uint8Array(0) };
const settings = Uint8Array.of(1, 0, 1, 0x61, 3, 0, 1, 9, 14, 0, 2, 1, 0);
const requests = Array.from({ length: 12 }, (_, operation) => [
  encodeRequest(operation, operation, null, null),
  encodeRequest(operation, operation, operation === 10 ? Uint8Array.of(2) : settings, null),
  encodeRequest(operation, operation, Uint8Array.of(0, 0, 1, 2, 3, 4, 5, 6), null),
]).flat();

it('an open node stands every storm', { timeout: STORM_MS }, () => {
  const control = new Control([], NONE, ports);
  const statuses = new Set<number>();
  const kinds = new Set<string>();
  storm(requests, (payload, next) => {
    const wired = next(8) > 0;
    const was = control.settings;
    const out = control.step({ kind: 'request', link: next(3), wired, payload });
    for (const output of out) {
      kinds.add(output.kind);
      if (output.kind === 'store' && output.bytes.length > SLOT_MAX) throw new Error('no room');
    }
    const isStored = out.some((output) => output.kind === 'store');
    if (isStored !== (control.settings !== was)) throw new Error('changed without a store');
    statuses.add(statusOf(out));
    // A key that the storm came by would lock the node, and end it.
    if (control.settings[ADMIN_KEY]) control.settings = [];
  });
  expect([...statuses].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2, 3, 5]);
  expect([...kinds].sort()).toEqual([
    ...['clock', 'console', 'drop', 'identify', 'log', 'reboot', 'reply', 'settings', 'store'],
  ]);
});

it('a node with a key does nothing in any storm', { timeout: STORM_MS }, () => {
  const locked: Settings = [];
  locked[ADMIN_KEY] = new Uint8Array(32).fill(0x5a);
  const control = new Control(locked, NONE, ports);
  const proof = { key: new Uint8Array(32), challenge: new Uint8Array(16).fill(0xcc), hmac };
  const proved = requests.map((request) => {
    const fields = readFields(request, 2, [])!;
    return encodeRequest(1, fields[2]![0], fields[4] ?? null, proof);
  });
  const statuses = new Set<number>();
  storm([...requests, ...proved], (payload, next) => {
    const link = next(3);
    control.step({ kind: 'request', link, wired: true, payload: requests[21] });
    const out = control.step({ kind: 'request', link, wired: next(2) === 0, payload });
    if (out.length !== 1 || control.settings !== locked) throw new Error('it did something');
    const status = statusOf(out);
    // Settings read or staged would show in the status alone.
    if (status === OK && !isChallenge(out)) throw new Error('it obeyed');
    statuses.add(status);
  });
  // OK is what a challenge gets, REFUSED and LOCKED what is not proved, MALFORMED the rest.
  expect([...statuses].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2, 3]);
});

function isChallenge(out: ReturnType<Control['step']>): boolean {
  const [reply] = out;
  const read = reply.kind === 'reply' ? decodeReply(reply.payload) : 'not-a-reply';
  return typeof read !== 'string' && read.operation === CHALLENGE && read.challenge.length === 16;
}

/** -1 for a payload that was dropped. */
function statusOf(out: ReturnType<Control['step']>): number {
  const last = out.find((output) => output.kind === 'reply' || output.kind === 'drop');
  if (last === undefined) throw new Error('not answered');
  if (last.kind !== 'reply') return -1;
  const reply = decodeReply(last.payload);
  if (typeof reply === 'string') throw new Error(reply);
  return reply.status;
}
