/**
 * Settings: what a station is made with, and the defaults of a relay on a Pi (DEFAULTS §2).
 */
import type { Rate } from '../core/buckets.ts';
import type { Crc32 } from '../core/framing.ts';
import { PEER } from '../core/hello.ts';
import type { Millis, Random } from '../core/machine.ts';
import type { Pace } from '../core/paced-heartbeat.ts';
import { PACE } from '../core/paced-heartbeat.ts';
import type { AdmissionConfig } from '../trust/admission.ts';
import { ADMISSION_DEFAULTS } from '../trust/admission.ts';
import type { Crypto } from '../trust/crypto.ts';
import type { Identity } from '../trust/identity.ts';
import type { Decisions, Pin, PinsConfig } from '../trust/pins.ts';
import { PINS_DEFAULTS } from '../trust/pins.ts';
import { capabilities } from '../wire/capabilities.ts';
import type { AnnouncePace } from './announcer.ts';
import { ANNOUNCE_PACE } from './announcer.ts';
import type { Draw } from './author.ts';
import type { HistoryLimits } from './history.ts';
import { HISTORY_LIMITS } from './history.ts';
import type { Judge } from './judge.ts';
import type { Device } from './note-desk.ts';
import { REACHABLE_MS } from './peers.ts';
import type { ReconcileConfig } from './reconcile.ts';
import { RECONCILE_DEFAULTS } from './reconcile.ts';
import type { RoutePort } from './route-port.ts';

export type StationConfig = {
  /** As announces say it: UTF-8, at most `NAME_MAX` bytes. */
  name: string;
  /** As hellos say it (WIRE §20). */
  role: number;
  /** Links out on the air, numbered from 1; 0 when there is no radio. */
  outMax: number;
  /** Whether it finds and chooses its links on the air; else its owner ties all of them. */
  choosesLinks: boolean;
  /** How many of them other nodes may take; the rest is for phones. */
  nodesMax: number;
  /** Wires, numbered from `outMax` + 1. */
  wires: number;
  /** Lines of the internet, numbered on from the last wire. */
  lines: number;
  /** Lines of our own clients, numbered on from the last line; none where it is absent. */
  clients?: number;
  /** Percent of the time in which to scan while there is something to find. */
  scanDuty: number;
  /** TTLs above it are cut down to it (WIRE §12). */
  ttlMax: number;
  /** The largest frame that node links and wires take. */
  frameMax: number;
  /** How links of nodes, and wires, beat at first. */
  pace: Pace;
  /** Writes of a link that may be out at once. */
  window: number;
  /** Packets and bytes that may wait for a link. */
  packetsMax: number;
  bytesMax: number;
  /** Packets remembered. */
  seenMax: number;
  /** For so long; those that are critical for 300 s. */
  seenAgeMs: Millis;
  /** Packets waiting for their moment on the air. */
  waitingMax: number;
  /** Whether broadcasts cross only some links to nodes that agree to it (WIRE §29). */
  spreads: boolean;
  admission: AdmissionConfig;
  /** What lines may bring: those at their far ends have admitted it on their own links. */
  lineAdmission: AdmissionConfig;
  pinsLimits: PinsConfig;
  /** What was stored. */
  pins: Pin[];
  decisions: Decisions;
  /** Whether our announces show work (DEFAULTS §2): only so does a node under `strict` show us. */
  stamps: boolean;
  history: HistoryLimits;
  /** How history is compared with Hopline neighbours; null: they are asked as phones are (WIRE §9). */
  reconcile: ReconcileConfig | null;
  /** Whether anybody is asked at all: among thousands, nobody holds what all of them said. */
  asksForHistory: boolean;
  /** Of history for our island, once there was a line: half of what the internet may have of the air. */
  islandBytesPerSecond: number;
  /** Signed public packets of our own store, the oldest first: what was said before a restart. */
  frames: Uint8Array[];
  /** How often we announce ourselves, and how long others are about after they did. */
  announces: AnnouncePace;
  reachableMs: Millis;
  /** What announces say we can do (WIRE §5). */
  capabilities: bigint;
  /** Devices whose notes are said on, each with its counter as stored. */
  devices: Device[];
};

/** What one link may bring that nobody vouches for: a phone's files, and little more than a radio carries. */
const UNVERIFIED: Rate = { perSecond: 200, burst: 1000 };
/** More than a line carries: it is bounded by its bytes, and what it fills is not read on. */
const LINE_TRAFFIC: Rate = { perSecond: 500_000, burst: 1_000_000 };
/** Of one sender: what he said in the hours that a line was down comes all at once. */
const CAUGHT_UP: Rate = { perSecond: 100, burst: 10_000 };

export const STATION_DEFAULTS: StationConfig = {
  name: 'Hopline relay',
  role: PEER,
  outMax: 6,
  choosesLinks: true,
  nodesMax: 3,
  wires: 4,
  lines: 0,
  scanDuty: 25,
  ttlMax: 7,
  frameMax: 65_536,
  pace: PACE,
  window: 4,
  packetsMax: 256,
  bytesMax: 256 * 1024,
  seenMax: 10_000,
  seenAgeMs: 600_000,
  waitingMax: 1024,
  spreads: true,
  admission: { ...ADMISSION_DEFAULTS, unverified: UNVERIFIED },
  lineAdmission: {
    ...ADMISSION_DEFAULTS,
    perLinkAndSender: LINE_TRAFFIC,
    unverified: LINE_TRAFFIC,
    messages: CAUGHT_UP,
    answers: CAUGHT_UP,
  },
  pinsLimits: PINS_DEFAULTS,
  pins: [],
  decisions: { denied: [], quarantined: [], limits: [] },
  stamps: false,
  history: HISTORY_LIMITS,
  reconcile: RECONCILE_DEFAULTS,
  asksForHistory: true,
  islandBytesPerSecond: 1000,
  frames: [],
  announces: ANNOUNCE_PACE,
  reachableMs: REACHABLE_MS,
  // It answers pings and traces, and has none of what the phones' other bits say.
  capabilities: capabilities(['meshDiagnostics']),
  devices: [],
};

export type StationPorts = {
  crypto: Crypto;
  identity: Identity;
  random: Random;
  draw: Draw;
  crc: Crc32;
  /** What is thought of senders, beside what a person decided. */
  judge?: Judge;
  /** Whoever knows ways; without it all is flooded, and no hello says otherwise. */
  routes?: RoutePort;
};
