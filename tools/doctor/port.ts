/**
 * Port: what the doctor looks at: files of the system, its programs, and a running relay. Below a
 * root folder of its own it is any machine that a test makes up.
 */
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statfsSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { StatusAnswer } from '../../device/pi/relay-service.ts';

export type DoctorPort = {
  exists(path: string): boolean;
  /** Null for what cannot be read. */
  read(path: string): string | null;
  /** Names in a folder; none where it is not there. */
  list(path: string): string[];
  /** Where a link leads; null for none. */
  leadsTo(path: string): string | null;
  mayUse(path: string): boolean;
  /** Of the disk on which the path is, or would be; null for unknown. */
  freeBytes(path: string): number | null;
  /** What a program says; null when it is not there, or fails. */
  run(program: string, words: string[]): string | null;
  /** Null when no relay runs that can be asked. */
  relay: StatusAnswer | null;
  /** The relay's folder. */
  data: string;
  unixMs: number;
};

/** This machine, or one below `root`, whose programs `run` stands for. */
export function machine(
  root: string,
  relay: StatusAnswer | null,
  data: string,
  run: DoctorPort['run'] = runProgram,
): DoctorPort {
  const at = (path: string): string => join(root, path);
  return {
    exists: (path) => existsSync(at(path)),
    read: (path) => orNull(() => readFileSync(at(path), 'latin1')),
    list: (path) => orNull(() => readdirSync(at(path)).sort()) ?? [],
    leadsTo: (path) => orNull(() => readlinkSync(at(path))),
    mayUse: (path) =>
      orNull(() => (accessSync(at(path), constants.R_OK | constants.W_OK), true)) ?? false,
    freeBytes(path) {
      let folder = at(path);
      while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
      const disk = orNull(() => statfsSync(folder));
      return disk === null ? null : disk.bavail * disk.bsize;
    },
    run,
    relay,
    data,
    unixMs: Date.now(),
  };
}

/** A program that says nothing for so long is stuck. */
const RUN_MAX_MS = 5000;

function runProgram(program: string, words: string[]): string | null {
  const { status, stdout } = spawnSync(program, words, { encoding: 'utf8', timeout: RUN_MAX_MS });
  return status === 0 ? stdout : null;
}

function orNull<Value>(look: () => Value): Value | null {
  try {
    return look();
  } catch {
    return null;
  }
}
