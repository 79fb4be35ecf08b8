/**
 * Builders: rows that show only what a test is about, and a store in a folder of its own.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  HeldPacket,
  Message,
  OutboxEntry,
  Retention,
  StoreWrite,
} from '../../../host/types.ts';
import { PUBLIC, RETENTION } from '../../../host/types.ts';
import { Store } from '../../../host/store/store.ts';
import type { Pin } from '../../../protocol/trust/pins.ts';

export const OWNER = new Uint8Array(32).fill(7);
export const NOW = 1_800_000_000_000;

export function message(some: Partial<Message> = {}): Message {
  return {
    conversation: PUBLIC,
    sender: id(1),
    id: 'one',
    text: 'hello',
    sentAt: NOW,
    heardAt: NOW + 5,
    isVerified: true,
    state: 'heard',
    reason: null,
    frame: null,
    ...some,
  };
}

export function said(some: Partial<Message> = {}): StoreWrite {
  return { kind: 'message', message: message(some) };
}

export function entry(some: Partial<OutboxEntry> = {}): OutboxEntry {
  return {
    recipient: id(2),
    id: 'one',
    payloadKind: 1,
    body: Uint8Array.of(1, 2, 3),
    madeAt: NOW,
    expiresAt: NOW + 1000,
    tries: 0,
    triedAt: null,
    ...some,
  };
}

export function packet(some: Partial<HeldPacket> = {}): HeldPacket {
  return {
    purpose: 'gateway',
    destination: id(3),
    mark: new Uint8Array(16).fill(1),
    frame: new Uint8Array(100).fill(9),
    priority: 2,
    heldAt: NOW,
    expiresAt: NOW + 1000,
    ...some,
  };
}

export function pin(of: number, some: Partial<Pin> = {}): Pin {
  const [noiseKey, signingKey] = [new Uint8Array(32).fill(of), new Uint8Array(32).fill(of + 1)];
  return { id: id(of), noiseKey, signingKey, standing: 'seen', proven: false, ...some };
}

export function id(of: number): Uint8Array {
  return new Uint8Array(8).fill(of);
}

export function limits(some: Partial<Retention>): Retention {
  return { ...RETENTION, ...some };
}

/** A folder that is gone after `run`. */
export function inFolder<T>(run: (folder: string) => T): T {
  const home = mkdtempSync(join(tmpdir(), 'hopline-store-'));
  const tidy = (): void => rmSync(home, { recursive: true, force: true });
  let result: T;
  try {
    result = run(join(home, 'data'));
  } catch (failure) {
    tidy();
    throw failure;
  }
  if (result instanceof Promise) return result.finally(tidy) as T;
  tidy();
  return result;
}

export function withStore<T>(run: (store: Store, folder: string) => T, retention = RETENTION): T {
  return inFolder((folder) => {
    const store = Store.open({ folder, owner: OWNER, retention });
    try {
      return run(store, folder);
    } finally {
      store.close();
    }
  });
}
