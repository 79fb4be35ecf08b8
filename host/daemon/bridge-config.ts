/**
 * Bridge config: what a daemon's settings, its hardware and its store make of a bridge.
 */
import { SERIAL_PORTS_MAX } from '../../device/pi/config.ts';
import { sameBytes } from '../../protocol/core/bytes.ts';
import { GATEWAY } from '../../protocol/core/hello.ts';
import { GATEWAY_HISTORY_LIMITS } from '../../protocol/peer/history.ts';
import { RECORD_LINK_DEFAULTS } from '../../protocol/peer/record-link.ts';
import type { StationConfig } from '../../protocol/peer/settings.ts';
import { STATION_DEFAULTS } from '../../protocol/peer/settings.ts';
import { TRUNKS_DEFAULTS } from '../../protocol/peer/trunks.ts';
import type { BridgeConfig, BridgeSettings } from '../bridge.ts';
import type { DaemonConfig } from '../config.ts';
import type { BudgetLimits } from '../../protocol/peer/budget.ts';
import type { GatewayConfig } from '../gateway/gateway.ts';
import { CONVERSATIONS_DEFAULTS } from '../peer/contract.ts';
import type { Home } from './home.ts';

/** Lines dialled or up; others may open half as many beside them: 500 connections (DEFAULTS §5). */
const LINES_MAX = 334;

/** Lines of clients at once (DEFAULTS §5); one more is let go. */
export const CLIENT_LINES_MAX = 50;
/** A client that does not read costs so much, and then its least urgent packets. */
const CLIENT_LINK = { ...RECORD_LINK_DEFAULTS, packetsMax: 1024, bytesMax: 256 * 1024 };

/** `outMax`: links out that the radio has, 0 for none. */
export function bridgeConfigOf(
  config: DaemonConfig,
  outMax: number,
  home: Home,
  batteryPercent: number | null,
): BridgeConfig {
  const { routing, resilience, limits } = bridgeSettingsOf(config, batteryPercent);
  return {
    station: stationConfigOf(config, outMax, home),
    trunks: {
      ...TRUNKS_DEFAULTS,
      linesMax: LINES_MAX,
      link: RECORD_LINK_DEFAULTS,
    },
    clients: {
      ...TRUNKS_DEFAULTS,
      linesMax: 2 * CLIENT_LINES_MAX,
      link: CLIENT_LINK,
    },
    limits,
    talk: CONVERSATIONS_DEFAULTS,
    gateway: gatewayConfigOf(config),
    lan: config.lan,
    administrators: config.administrators,
    requestsPerMinute: config.rates.requests,
    routing,
    resilience,
  };
}

/** What of them a bridge takes up while it runs. `batteryPercent`: what the machine says, null for mains. */
export function bridgeSettingsOf(
  config: DaemonConfig,
  batteryPercent: number | null,
): BridgeSettings {
  const { security: level, resilience, limits, administrators } = config;
  const { energy, ...ways } = config.routing;
  const energyPercent = energy === 'auto' ? batteryPercent : energy === 'mains' ? null : energy;
  const routing = { ...ways, energyPercent, baud: config.baud };
  return { level, budget: budgetOf(config), limits, resilience, routing, administrators };
}

function stationConfigOf(
  config: DaemonConfig,
  outMax: number,
  { store, devices }: Home,
): StationConfig {
  const history = GATEWAY_HISTORY_LIMITS;
  const perMinute = config.rates.messages;
  const messages = { perSecond: perMinute / 60, burst: perMinute };
  const since = Date.now() - history.ageMs;
  return {
    ...STATION_DEFAULTS,
    name: config.name,
    role: GATEWAY,
    outMax,
    nodesMax: outMax > 0 ? STATION_DEFAULTS.nodesMax : 0,
    wires: SERIAL_PORTS_MAX,
    // Others may open half as many beside all that we dial.
    lines: LINES_MAX + LINES_MAX / 2,
    clients: CLIENT_LINES_MAX,
    ttlMax: config.ttl,
    seenMax: config.dedup.packets,
    seenAgeMs: config.dedup.seconds * 1000,
    admission: { ...STATION_DEFAULTS.admission, messages, level: config.security },
    // What is not shown when it comes by radio is not shown when it comes over a line.
    lineAdmission: { ...STATION_DEFAULTS.lineAdmission, level: config.security },
    stamps: config.stamps,
    pins: store.peers.pins(),
    history,
    // One more than is held, if there is: then it is known that older ones may come again.
    frames: store.messages.history(since, history.messages + 1).reverse(),
    devices,
  };
}

function gatewayConfigOf(config: DaemonConfig): GatewayConfig {
  const { peers, allow, publicAddress } = config;
  // Whoever is dialled may call, too, and it is one line all the same.
  const callers = allow.filter((node) => !peers.some((peer) => sameBytes(peer.node, 0, node)));
  return {
    lines: [...peers, ...callers.map((node) => ({ node, address: null }))],
    address: publicAddress,
    budget: budgetOf(config),
  };
}

function budgetOf({ budget }: DaemonConfig): BudgetLimits {
  return { bytesPerSecond: budget.bytesPerSecond, burstBytes: budget.burst };
}
