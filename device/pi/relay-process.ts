/**
 * Relay process: a relay from its settings to its end, as `hopline relay` and the packed program run
 * it. A signal ends it cleanly and within bounds; what it cannot do it says with what to do.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { HoplineError } from '../../protocol/errors.ts';
import type { StoredRecord } from '../../protocol/peer/contract.ts';
import { Identity } from '../../protocol/trust/identity.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { RelayConfig } from './config.ts';
import { defaultConfig, readConfig } from './config.ts';
import { loadSodium, nativeCrypto } from './crypto.ts';
import { createKeyFile, readKeyFile } from './key-file.ts';
import { atMost, Ending, LEAVE_MAX_MS, runUntilEnded } from './leaving.ts';
import type { Log } from './log.ts';
import { openLog } from './log.ts';
import { readNoteDevice } from './node-keys.ts';
import { codeOf } from './private-file.ts';
import type { RelayMemory } from './relay.ts';
import { Relay } from './relay.ts';
import { relayService } from './relay-service.ts';
import { readCounters, readPins, writeCounters, writePins } from './state-file.ts';
import { openStatusSocket } from './status-socket.ts';
import { thisMachine } from './this-machine.ts';

export type RelayRun = {
  /** Null for the settings without a file. */
  configFile: string | null;
  version: string;
  env: Record<string, string | undefined>;
  /** Where the log goes: a terminal gets short lines, anything else JSON. */
  output: { write(text: string): unknown; isTTY?: boolean };
  isColoured: boolean;
};

async function readConfigFile(path: string | null, env: RelayRun['env']): Promise<RelayConfig> {
  const surroundings = { env, hostname: hostname() };
  if (path === null) return defaultConfig(surroundings);
  // Whoever has no file need not have what reads it.
  const { readYaml } = await import('./yaml-file.ts');
  const text = await readFile(path, 'utf8').catch((cause) => {
    const code = codeOf(cause);
    const why = code === 'ENOENT' ? 'there is no such file or folder' : `the system says ${code}`;
    throw new HoplineError('FILE_UNREADABLE', `${path}: ${why}`, { cause });
  });
  return readConfig(readYaml(path, text), surroundings);
}

/** Runs a relay until a signal ends it; rejects when it cannot begin, or cannot go on. */
export async function runRelay(run: RelayRun): Promise<void> {
  const config = await readConfigFile(run.configFile, run.env);
  const people = run.output.isTTY === true ? { isColoured: run.isColoured } : null;
  const log = openLog(config.log, { write: (text) => void run.output.write(text) }, people);
  const ending = new Ending();
  let socket: Awaited<ReturnType<typeof openStatusSocket>> | null = null;
  let relay: Relay | null = null;
  try {
    const { memory, store } = remember(config, log);
    const service = (): ReturnType<typeof relayService> | null =>
      relay === null ? null : relayService(relay.audience, run.version);
    // First of all, since two of one identity are worse than none.
    socket = await openStatusSocket(config.socket, {
      ask: (question, values) => service()?.ask(question, values) ?? null,
      follow: (what, values, event) => service()?.follow(what, values, event) ?? null,
    });
    relay = await Relay.start(config, memory, {
      ...thisMachine(run.env),
      log,
      store,
      broken: (cause) => ending.fail(cause),
    });
    const { id } = memory.identity;
    log.info('relay', {
      id: toHex(id),
      name: config.name,
      pid: process.pid,
      socket: config.socket,
    });
    const alive = relay;
    await runUntilEnded(ending, run.env, log, {
      isAlive: () => alive.isAlive,
      leave: () => alive.leave(),
    });
  } finally {
    ending.close();
    await atMost(LEAVE_MAX_MS, Promise.all([relay?.leave(), socket?.close()]));
  }
}

type Kept = { memory: RelayMemory; store: (record: StoredRecord) => void };

/** Who it is, made at the first start and never again (S24), and what it stored. */
function remember(config: RelayConfig, log: Log): Kept {
  const [countersFile, pinsFile] = [join(config.data, 'counters'), join(config.data, 'pins')];
  const sodium = loadSodium();
  const crypto = nativeCrypto(sodium);
  if (sodium === null)
    log.debug('sodium-native is not there; checking signatures takes twice as long');
  const counters = readCounters(countersFile);
  const pins = readPins(pinsFile);
  const isFirst = !existsSync(config.keyFile) && counters === null && pins === null;
  const secrets = isFirst
    ? createKeyFile(config.keyFile, randomBytes)
    : readKeyFile(config.keyFile);
  if (isFirst)
    log.info('a new identity was drawn; who loses its file loses it', { file: config.keyFile });
  const known = counters ?? new Map<string, number>();
  if (counters === null) writeCounters(countersFile, known);
  if (pins === null) writePins(pinsFile, []);
  const devices = config.notes.map((file) =>
    readNoteDevice(file, (id) => known.get(toHex(id)) ?? -1),
  );
  const identity = new Identity(crypto, secrets);
  return {
    memory: { identity, pins: pins ?? [], devices },
    store(record) {
      if (record.kind === 'pins') return writePins(pinsFile, record.pins);
      known.set(toHex(record.device), record.counter);
      writeCounters(countersFile, known);
    },
  };
}
