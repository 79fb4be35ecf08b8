/**
 * Bridge run: a daemon from its settings to its end, with its page and API, as `hopline up` runs it. A
 * signal ends it cleanly and within bounds; what it cannot do it says with what to do.
 */
import { batteryPercent } from '../../device/pi/battery.ts';
import { atMost, Ending, LEAVE_MAX_MS, runUntilEnded } from '../../device/pi/leaving.ts';
import type { OpenLog } from '../../device/pi/log.ts';
import { openLog } from '../../device/pi/log.ts';
import { thisMachine } from '../../device/pi/this-machine.ts';
import type { DaemonPorts } from '../../host/daemon.ts';
import { Daemon } from '../../host/daemon.ts';
import { writeBridgeFile } from '../../host/daemon/bridge-file.ts';
import { openTokenFile } from '../../host/daemon/token-file.ts';
import { DaemonDesk } from '../../host/desk.ts';
import { LogLines } from '../../host/desk/log-lines.ts';
import type { HttpServer, TakeLine } from '../../host/http/server.ts';
import { openHttp } from '../../host/http/server.ts';
import type { SettingsFile, Written } from '../../host/daemon/settings-file.ts';
import { Setup } from '../../host/daemon/setup.ts';
import type { HoplineError } from '../../protocol/errors.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import { fleetTool } from './fleet-tool.ts';
import { greeting } from './greeting.ts';
import { reread } from './reread.ts';
import type { StartDaemon } from './start.ts';

/** For an answer to leave, also over the air. */
const RESTART_MS = 1000;

export type BridgeRun = {
  version: string;
  env: Record<string, string | undefined>;
  /** Where the files of the page are; null for no page. */
  web: string | null;
  /** What a person is told at the start. */
  out(line: string): void;
  /** Where the log goes: a terminal gets short lines, anything else JSON. */
  logOutput: { write(text: string): unknown; isTTY?: boolean };
  isColoured: boolean;
};

/** Runs until a signal ends it; rejects when it cannot begin, or cannot go on. */
export async function runBridge(
  file: SettingsFile,
  run: BridgeRun,
  start: StartDaemon,
): Promise<void> {
  const started = file.read();
  const people = run.logOutput.isTTY === true ? { isColoured: run.isColoured } : null;
  const logLines = new LogLines();
  const log = openLog(
    started.config.log,
    { write: (text) => void run.logOutput.write(text) },
    people,
    (line) => logLines.add(line),
  );
  let running: Running | null = null;
  const ending = new Ending(() => running?.reread());
  const { env, version } = run;
  const broken = (cause: unknown): void => ending.fail(cause);
  const restart = isStartedAgain(env) ? { restart: () => restartSoon(ending) } : {};
  const machine = { ...thisMachine(env), batteryPercent: () => batteryPercent() };
  const ports = { ...machine, log, version, isVirtual: false, broken, ...restart };
  try {
    running = await begin(file, started, { ...ports, logLines }, run, start);
    const { daemon, end } = running;
    await runUntilEnded(ending, env, log, { isAlive: () => daemon.isAlive, leave: end });
  } finally {
    ending.close();
    await atMost(LEAVE_MAX_MS, running?.end() ?? Promise.resolve());
  }
}

/** systemd starts what it watches over again, and whoever says of himself that he does. */
function isStartedAgain(env: BridgeRun['env']): boolean {
  return Boolean(env['NOTIFY_SOCKET']) || env['HOPLINE_RESTARTED'] === '1';
}

/** Whoever asked for it has his answer first. */
function restartSoon(ending: Ending): void {
  setTimeout(() => ending.ask('restart'), RESTART_MS);
}

type Running = { daemon: Daemon; reread(): void; end(): Promise<void> };

/** Everything is open and said when it resolves; when it rejects, nothing is open. */
async function begin(
  file: SettingsFile,
  started: Written,
  ports: DaemonPorts & { log: OpenLog; logLines: LogLines },
  run: BridgeRun,
  start: StartDaemon,
): Promise<Running> {
  /** The last one opened is the first to be closed. */
  const ends: (() => unknown)[] = [];
  const end = async (): Promise<void> => {
    for (let next = ends.pop(); next !== undefined; next = ends.pop()) await next();
  };
  try {
    const { daemon, close } = await start(started.config, ports);
    ends.push(close);
    const { log } = ports;
    const setup = new Setup(file, started, {
      refusal: (config) => daemon.refusal(config),
      setUp(config) {
        daemon.setUp(config);
        log.level = config.log;
      },
    });
    const boot = toHex(ports.draw(4));
    const boards = daemon.isVirtual ? undefined : fleetTool(daemon, ports.listSerial);
    const desk = new DaemonDesk(daemon, boot, setup, ports.logLines, boards);
    ends.push(() => desk.close());
    const server = await openPage(daemon, desk, ports, run);
    ends.push(() => server.close());
    desk.pagePort = server.port;
    const { url } = server;
    const { data, http } = daemon.config;
    const { version } = run;
    ends.push(writeBridgeFile(data, { url, pid: process.pid, version, token: http.tokenFile }));
    greeting(daemon, desk.status(), url, server.newLogin().link).forEach(run.out);
    return { daemon, reread: () => reread(setup, log), end };
  } catch (failure) {
    await end();
    throw failure;
  }
}

async function openPage(
  daemon: Daemon,
  desk: DaemonDesk,
  { log }: DaemonPorts,
  { web, version }: BridgeRun,
): Promise<HttpServer> {
  const { config, isVirtual } = daemon;
  const takeLine: TakeLine = (...asked) => daemon.takeClient(...asked);
  const { host, port, hosts, openOnLoopback: isOpenOnLoopback, tokenFile } = config.http;
  const token = openTokenFile(tokenFile);
  const open = (at: number): Promise<HttpServer> =>
    openHttp({ host, port: at, hosts, token, isOpenOnLoopback, web, version, log, takeLine }, desk);
  return open(port).catch((failure: HoplineError) => {
    // Whoever looks around for the first time has chosen no port, and any other is as good.
    if (!isVirtual || failure.code !== 'LISTEN_FAILED') throw failure;
    return open(0);
  });
}
