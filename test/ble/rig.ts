/**
 * Rig: an air, some controllers in a folder of their own, and programs on them, each in a process of
 * its own because noble and bleno are made for one adapter a process. Nothing is shared with other
 * rigs, so tests run side by side.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildProgram } from '../../tools/build/program.ts';
import { Air } from './air.ts';
import { PATIENCE_MS } from '../patience.ts';
import type { AirOptions } from './air.ts';
import { Controller } from './controller.ts';

/** noble and bleno are optional, and where they could not be built there is nothing to carry. */
export const HAS_LIBRARIES = ['noble', 'bleno'].every((name) =>
  existsSync(fileURLToPath(new URL(`../../node_modules/@abandonware/${name}`, import.meta.url))),
);

export type Rig = {
  air: Air;
  folder: string;
  controllers: Controller[];
  /** Runs one of the programs beside this file on the controller of that number. */
  start(program: string, at: number, env?: Record<string, string>): Promise<Child>;
  close(): Promise<void>;
};

export async function openRig(count: number, options: Partial<AirOptions> = {}): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'hopline-air-'));
  const air = new Air(options);
  const controllers: Controller[] = [];
  for (let at = 0; at < count; at++) {
    const address = `c2:ba:be:01:00:${at.toString(16).padStart(2, '0')}`;
    const controller = new Controller(air, join(folder, `${at}.sock`), address);
    await controller.listen();
    controllers.push(controller);
  }
  const loader = buildProgram('test/ble/loader-main.ts', folder, 'cjs');
  const programs = new Map<string, Promise<string>>();
  const children: Child[] = [];
  return {
    air,
    folder,
    controllers,
    async start(program, at, env = {}) {
      const entry = `test/ble/${program}-main.ts`;
      if (!programs.has(entry)) programs.set(entry, buildProgram(entry, folder));
      const adapters = join(folder, `adapters-${at}`);
      mkdirSync(join(adapters, 'hci0'), { recursive: true });
      const child = new Child(
        fork(await programs.get(entry)!, {
          execArgv: ['--expose-gc', '--require', await loader],
          env: {
            ...process.env,
            VIRTUAL_HCI: `0=${controllers[at].path}`,
            VIRTUAL_ADAPTERS: adapters,
            ...env,
          },
          serialization: 'advanced',
          stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        }),
      );
      children.push(child);
      return child;
    },
    async close() {
      await Promise.all(children.map((child) => child.end()));
      await Promise.all(controllers.map((controller) => controller.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a program says: `kind`, and whatever belongs to it. */
export type Said = { kind: string; [name: string]: unknown };

export class Child {
  /** All it has said that was not yet asked for, in order. */
  readonly said: Said[] = [];
  /** What it printed, which should be nothing. */
  printed = '';
  status: number | null = null;
  private readonly process: ChildProcess;
  private readonly ended: Promise<void>;
  private readonly sleepers = new Set<() => void>();

  constructor(process: ChildProcess) {
    this.process = process;
    process.on('message', (message) => {
      this.said.push(message as Said);
      this.wake();
    });
    for (const stream of [process.stdout!, process.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.printed += text));
    }
    this.ended = new Promise((resolve) =>
      process.on('close', (status) => {
        this.status = status;
        this.wake();
        resolve();
      }),
    );
  }

  tell(message: object): void {
    this.process.send(message);
  }

  /** Takes the first thing it says, or has said, that fits; what came before it stays. */
  async hears<T extends Said>(fits: (said: Said) => boolean, what: string): Promise<T> {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const at = this.said.findIndex(fits);
      if (at >= 0) return this.said.splice(at, 1)[0] as T;
      const left = until - Date.now();
      if (left <= 0 || this.status !== null) {
        const last = JSON.stringify(this.said.slice(-5), (_, value) =>
          value instanceof Uint8Array ? `${value.length} bytes` : value,
        );
        const how = this.status === null ? 'waited in vain for' : `ended (${this.status}) before`;
        throw new Error(`${how} ${what}; it said last ${last}\n${this.printed}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.sleepers.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  kind<T extends Said>(kind: string): Promise<T> {
    return this.hears<T>((said) => said.kind === kind, kind);
  }

  private wake(): void {
    for (const sleeper of this.sleepers) sleeper();
    this.sleepers.clear();
  }

  async end(): Promise<void> {
    if (this.status === null) this.process.kill('SIGKILL');
    await this.ended;
  }

  /** Until it ends by itself. */
  async ends(): Promise<number | null> {
    await this.ended;
    return this.status;
  }
}
