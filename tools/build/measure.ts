/**
 * Measure: what a board's program takes of the interpreter's memory, loaded from Storage and under
 * load. The Linux interpreter has larger variables than boards, so what is held in byte arrays
 * counts for less: the figures are said to be its.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `ESPRUINO_BIN`, or `espruino` on the PATH, or null. */
export function interpreter(env: Record<string, string | undefined>): string | null {
  const named = env['ESPRUINO_BIN'];
  if (named !== undefined && named !== '') return named;
  const found = spawnSync('/bin/sh', ['-c', 'command -v espruino'], { encoding: 'utf8', env });
  return found.status === 0 ? found.stdout.trim() : null;
}

export type Measured = { loaded: number; peak: number };

/** Null when the program did not come up. */
export async function measure(binary: string, code: string): Promise<Measured | null> {
  const folder = await mkdtemp(join(tmpdir(), 'hopline-measure-'));
  try {
    await writeFile(join(folder, 'code.js'), code);
    await writeFile(join(folder, 'radio.js'), RADIO);
    await writeFile(join(folder, 'put.js'), PUT);
    await runInterpreter(binary, ['put.js'], folder, '');
    const said = await runInterpreter(binary, [], folder, ASK);
    const [, loaded, peak] = /LOADED (\d+) PEAK (\d+)/.exec(said) ?? [];
    return loaded === undefined ? null : { loaded: Number(loaded), peak: Number(peak) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What a person would type to load it; each file lies in Storage, as on a board. */
const PUT = `echo(0);
var fs = require('fs'), storage = require('Storage');
storage.write('.boot0', fs.readFileSync('radio.js'));
storage.write('.bootcde', fs.readFileSync('code.js'));
setTimeout(quit, 1);
`;

/**
 * A radio that takes everything and answers nothing, so that queues fill; its own cost is taken
 * off. Full load: a link in and two out, and packets of 200 bytes from new senders, one every 5 ms.
 */
const RADIO = `
var heard, onRadio = {}, feedSegment;
var NRF = {
  setServices: function(s) {
    for (var a in s) for (var b in s[a]) feedSegment = s[a][b].onWrite;
  },
  updateServices: function() {},
  setAdvertising: function() {},
  setScan: function(f) { if (f) heard = f; },
  setTxPower: function() {},
  connect: function() { return new Promise(function() {}); },
  disconnect: function() {},
  on: function(e, f) { onRadio[e] = f; }
};
var own = process.memory().usage, most = 0, count = 0;
function look() { most = Math.max(most, process.memory().usage - own); }
function load() {
  if (!feedSegment) return;
  if (count === 0) onRadio.connect();
  count++;
  var f = new Uint8Array(222);
  f[0] = 1; f[1] = 2; f[2] = 7; f[12] = 0; f[13] = 200; f[9] = count >> 8; f[10] = count; f[20] = count;
  for (var at = 0, n = 0; at < 222; at += 49, n++) {
    var end = Math.min(222, at + 49), s = new Uint8Array(end - at + 1);
    s[0] = (at ? 0 : 128) | (end < 222 ? 0 : 64) | ((n + number) & 63);
    s.set(f.subarray(at, end), 1);
    feedSegment({ data: s.buffer });
    look();
  }
  number += n;
}
var number = 0;
`;

const ASK = `echo(0)
var loaded = process.memory().usage - own
for (var i = 0; i < 60; i++) load()
look(); print('LOADED ' + loaded + ' PEAK ' + most)
setTimeout(quit, 1)
`;

/** What it says. Its console stays open, or it would take the end of input for keys. */
export function runInterpreter(
  binary: string,
  args: string[],
  cwd: string,
  typed: string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const board = spawn(binary, args, { cwd, stdio: ['pipe', 'pipe', 'ignore'] });
    const patience = setTimeout(() => board.kill('SIGKILL'), 20_000);
    let said = '';
    board.stdout.setEncoding('latin1').on('data', (text: string) => (said += text));
    board.on('error', reject);
    board.on('close', () => {
      clearTimeout(patience);
      resolve(said);
    });
    board.stdin.on('error', () => {});
    // A moment for it to come up; lines apart, since its console loses bytes at full speed.
    typed.split('\n').forEach((line, at) => {
      setTimeout(() => board.stdin.write(`${line}\n`), 1000 + at * 100);
    });
  });
}
