/**
 * Running bridge: `hopline up` in a process of its own, asked over its API.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { HoplineError } from '../../protocol/errors.ts';

const START_MAX_MS = 60_000;

/** Below /api/v1; with a body it is said, and not asked. */
export type Asked = { path: string; body?: object };

export class RunningBridge {
  private readonly process: ChildProcess;
  private readonly url: string;
  private readonly token: string;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 32 });

  private constructor(process: ChildProcess, url: string, token: string) {
    this.process = process;
    this.url = url;
    this.token = token;
  }

  static async start(settings: string, folder: string): Promise<RunningBridge> {
    const words = ['up', '--config', settings, '--data', folder];
    const child = spawn(process.execPath, [...process.execArgv, process.argv[1], ...words], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const file = join(folder, 'bridge.json');
    const late = performance.now() + START_MAX_MS;
    while (!fs.existsSync(file)) {
      if (child.exitCode !== null || performance.now() > late) {
        child.kill();
        throw new HoplineError('CHECKS_FAILED', 'hopline up did not start; see above');
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { url } = JSON.parse(fs.readFileSync(file, 'utf8')) as { url: string };
    return new RunningBridge(child, url, fs.readFileSync(join(folder, 'token'), 'utf8').trim());
  }

  ask({ path, body }: Asked): Promise<unknown> {
    const method = body === undefined ? 'GET' : 'POST';
    const headers = { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' };
    return new Promise((resolve, reject) => {
      const asking = request(`${this.url}/api/v1/${path}`, { method, headers, agent: this.agent });
      asking.on('error', reject);
      asking.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () => {
          if (response.statusCode === 200) return resolve(JSON.parse(text));
          reject(new HoplineError('CHECKS_FAILED', `${path}: ${response.statusCode} ${text}`));
        });
      });
      asking.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  async end(): Promise<void> {
    this.agent.destroy();
    if (this.process.exitCode !== null) return;
    const ended = new Promise((resolve) => this.process.on('exit', resolve));
    this.process.kill();
    await ended;
  }
}
