/**
 * Config: how a daemon is set up, in one table from which files are read and the JSON Schema of
 * `hopline config schema` is made. Every setting has a value without a file; a file says only what is
 * different, and each mistake in it is told with its line and column. Secrets are named by their
 * files, and stand in none of ours.
 */
import { join } from 'node:path';
import type { RelayConfig, Surroundings } from '../device/pi/config.ts';
import {
  ADAPTER_FORM,
  ADAPTER_MAX,
  BAUD_LIMITS,
  defaultConfig as relayDefaults,
  inFolder,
  LOG_LEVELS,
  NAME_MAX,
  NOTE_DEVICES_MAX,
  PATH_MAX,
  SERIAL_PORTS_MAX,
  SOCKET_PATH_MAX,
  TTL_LIMITS,
  USUAL,
} from '../device/pi/config.ts';
import type { Section } from '../device/pi/yaml-file.ts';
import { readYaml } from '../device/pi/yaml-file.ts';
import type { SideLimits, TrafficLimits } from './gateway/limits.ts';
import { TRAFFIC_LIMITS } from './gateway/limits.ts';
import type { StrategyName } from './routing/strategy.ts';
import { STRATEGY_NAMES } from './routing/strategy.ts';
import { SECURITY_LEVELS } from '../protocol/trust/levels.ts';
import { fromHex } from '../protocol/wire/hex.ts';
import { MESH_EVENTS } from './events.ts';
import type { ResilienceSettings } from './resilience/settings.ts';
import type { MeshEventKind } from './events.ts';
import { failure, healing, resilienceSettingsOf } from './settings/failure.ts';
import { dedup, rates } from './settings/intake.ts';
import type { OwnSettings } from './settings/ways.ts';
import { OWN, ownOf } from './settings/ways.ts';
import type { Schema, Setting, Values } from './settings/rules.ts';
import {
  flag,
  group,
  list,
  map,
  oneOf,
  optional,
  readTable,
  required,
  schemaOf,
  setting,
  shaped,
  text,
  texts,
  whole,
  wordOr,
} from './settings/rules.ts';

/** What is let in from other gateways (DEFAULTS §5). */
const LISTEN_PORT = 8334;
const CLIENTS_PORT = 8333;
const HTTP_PORT = 8000;
/** Lines that a file may name; more are joined one by one. */
const PEERS_MAX = 256;
const HOSTS_MAX = 32;
const ADDRESS_MAX = 400;
/** Bridges whose owners administer this one. */
const ADMINISTRATORS_MAX = 32;
/** Components of the owner, and things done when something happens. */
const COMPONENTS_MAX = 32;
const ACTIONS_MAX = 64;
const COMMAND_MAX = 1000;
/** Of a limit. */
const KBPS_MIN = 16;
const KBPS_MAX = 10_000_000;

/** As the relay's settings, with what only a bridge does. */
export type DaemonConfig = Omit<RelayConfig, 'history'> & {
  /** Where other gateways are let in; null for nowhere. */
  listen: { host: string; port: number } | null;
  /** Programs and pages of our own people; null for none, not even over the page's port. */
  clients: ClientsConfig | null;
  /** Lines to dial. */
  peers: { address: string; node: Uint8Array }[];
  /** Whether bridges of this network find each other. */
  lan: boolean;
  /** Who may open a line, beside those we dial and those a person invited. */
  allow: Uint8Array[];
  /** Whom we obey: ids, or whole fingerprints, in hex. */
  administrators: string[];
  /** The folder of the keys of our boards; null for none. */
  nodeKeys: string | null;
  /** `host:port` under which others reach us, for invitations. */
  publicAddress: string | null;
  http: HttpConfig;
  /** What may go from lines to the radios (WIRE §28). */
  budget: { bytesPerSecond: number; burst: number };
  /** What clients and lines may carry. */
  limits: TrafficLimits;
  keep: { messages: number; megabytes: number; days: number };
  /** When a node has failed (DEFAULTS §3); the API may change it. */
  resilience: ResilienceSettings;
  /** Of one peer, a minute (DEFAULTS §2). */
  rates: { messages: number; requests: number };
  /** Packets remembered, and for how long (DEFAULTS §2). */
  dedup: { packets: number; seconds: number };
  /** How the way of a packet for one node is chosen, and what this one says of itself for it. */
  routing: OwnSettings & { strategy: StrategyName };
  /** Modules of the owner's own components. */
  components: string[];
  on: ActionConfig[];
};

/** What is done when something happens: a request is sent, or a command run. */
export type ActionConfig = { event: MeshEventKind | 'any' } & (
  { webhook: string } | { command: string }
);

export type ClientsConfig = {
  host: string;
  /** Null where the port of the page is all there is. */
  port: number | null;
  /** Nobody chose it, so another program may have it. */
  isUsualPort: boolean;
  /** Pages from which clients may come, beside those of this machine. */
  origins: string[];
};

export type HttpConfig = {
  host: string;
  port: number;
  /** Names under which it may be asked, beside its own address. */
  hosts: string[];
  /** Whether programs on this machine need no token. */
  openOnLoopback: boolean;
  tokenFile: string;
};

/** 1 to 65535; 0 takes any that is free. */
const PORT = /(0|[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])/.source;
const HOST = /([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\])/.source;
const address = shaped(
  ADDRESS_MAX,
  new RegExp(`^((udp://)?${HOST}:${PORT}|wss?://${HOST}(:${PORT})?(/[\\w./~-]{0,127})?)$`),
  'an address is host:port, as in bridge.example.org:8334, or udp://host:port, or wss://host',
);
const hostName = new RegExp(`^(${HOST}|[0-9a-fA-F:.]+)$`);
const host = shaped(253, hostName, 'write the name or the address of a host, without a port');
const nodeForm = /^[0-9a-fA-F]{16}$/;
const nodeWhat = 'a node id is 16 hex digits; hopline status prints it';
const nodeId = map(shaped(16, nodeForm, nodeWhat), (hex) => fromHex(hex.toLowerCase())!);
const nodeIds = map(texts({ most: 16, form: nodeForm, what: nodeWhat }), (ids) =>
  ids.map((hex) => fromHex(hex.toLowerCase())!),
);
const administrators = map(
  texts(
    {
      most: 64,
      form: /^([0-9a-fA-F]{16}|[0-9a-fA-F]{64})$/,
      what: 'an administrator is the id of a bridge, or its fingerprint: 16 or 64 hex digits',
    },
    ADMINISTRATORS_MAX,
  ),
  (all) => all.map((hex) => hex.toLowerCase()),
);
const ORIGIN = /^https?:\/\/([A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\])(:\d{1,5})?$/;
const path = text(PATH_MAX);
const eventName = oneOf(['any', ...MESH_EVENTS]);
const webWhat = 'write where to send it, as in https://example.org/hook';
/** Nothing is sent to one with a name and a password in front of its host. */
const webForm = shaped(COMMAND_MAX, /^https?:\/\/[^\s/?#@]+([/?#]\S*)?$/, webWhat);
const webAddress: typeof webForm = {
  read(section, name) {
    const value = webForm.read(section, name);
    // No pattern tells 10.0.0.255 from 10.0.0.256.
    if (value === undefined || URL.canParse(value)) return value;
    return section.fail(name, `${name}: ${webWhat}`);
  },
  schema: webForm.schema,
};
/** An action is one thing: the other half of it would be forgotten. */
const actions = list(
  {
    event: required(eventName, {
      help: 'the event that leads to it, or any',
      examples: ['NodeConfirmedFailed'],
    }),
    webhook: optional(webAddress, {
      help: 'where the event is posted as JSON',
      examples: ['https://example.org/hook'],
    }),
    command: optional(text(COMMAND_MAX), {
      help: 'what is run; it finds the event as JSON on its input, and its name in $HOPLINE_EVENT',
      examples: ['logger -t hopline'],
    }),
  },
  ACTIONS_MAX,
  (section, { event, webhook, command }): ActionConfig => {
    if (webhook !== undefined && command === undefined) return { event, webhook };
    if (command !== undefined && webhook === undefined) return { event, command };
    return section.fail(null, 'an action has either a webhook or a command');
  },
  { minProperties: 2, maxProperties: 2 },
);

const ways = group(
  {
    strategy: setting(oneOf(STRATEGY_NAMES), 'shortest', {
      help: 'how the way of a packet for one node is chosen; hopline path shows what came of it',
      examples: ['balanced'],
    }),
    ...OWN,
  },
  'the ways that packets take',
);
/** One strategy goes by places, and is nothing without our own. */
const GEOGRAPHIC = {
  if: {
    type: 'object',
    properties: { strategy: { type: 'string', const: 'geographic' } },
    required: ['strategy'],
  },
  then: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] },
};
const routing: typeof ways = {
  read(section, name) {
    const values = ways.read(section, name);
    if (values.strategy !== 'geographic' || values.place !== undefined) return values;
    return section.fail(name, 'geographic goes by places: say routing.place, or take shortest');
  },
  schema: { ...ways.schema, ...GEOGRAPHIC },
  isRequired: false,
};

/** In kbit/s. Less than a heartbeat needs would end every line. */
function rate(mbps: number, help: string, example: number): Setting<number> {
  const told = { help: `kbit/s that ${help}`, examples: [example] };
  return setting(whole(KBPS_MIN, KBPS_MAX), mbps * 1000, told);
}
const { local, internet } = TRAFFIC_LIMITS;

/** Every setting there is. */
export const SETTINGS = {
  name: optional(text(NAME_MAX), {
    help: 'shown to phones; without it, the name of the machine',
    examples: ['town-hall'],
  }),
  data: optional(path, {
    help: 'the folder of keys and messages',
    examples: ['/var/lib/hopline'],
  }),
  'key-file': optional(path, {
    help: 'who this bridge is; without it, keys in the folder of data',
    examples: ['/var/lib/hopline/keys'],
  }),
  socket: optional(text(SOCKET_PATH_MAX), {
    help: 'where hopline status, ping, trace, scan and monitor ask',
    examples: ['/run/hopline/relay.sock'],
  }),
  radio: group(
    {
      on: setting(flag, USUAL.radio.isOn, {
        help: 'whether to use Bluetooth',
        examples: [false],
      }),
      adapter: optional(
        shaped(
          ADAPTER_MAX,
          ADAPTER_FORM,
          'write the name of one, like hci0; hopline doctor lists them',
        ),
        {
          help: 'which Bluetooth adapter; without it, the first',
          examples: ['hci0'],
        },
      ),
    },
    'the Bluetooth adapter',
  ),
  serial: setting(
    wordOr(['auto', 'none'], texts({ most: PATH_MAX }, SERIAL_PORTS_MAX)),
    USUAL.serial,
    {
      help: 'boards on wires: auto for every port with hardware behind it, none, or a list of ports',
      examples: ['auto', 'none', ['/dev/ttyUSB0']],
    },
  ),
  baud: setting(whole(BAUD_LIMITS.least, BAUD_LIMITS.most), USUAL.baud, {
    help: 'the speed of those ports',
    examples: [9600],
  }),
  'power-cycle': optional(path, {
    help: 'a command for a node that hangs; it finds the port in $PORT',
    examples: ['uhubctl -l 1-1 -a cycle'],
  }),
  ttl: setting(whole(TTL_LIMITS.least, TTL_LIMITS.most), USUAL.ttl, {
    help: 'hops that packets between nodes keep at most',
    examples: [7],
  }),
  security: setting(oneOf(SECURITY_LEVELS), USUAL.security, {
    help: 'what must be signed by whom before it is shown',
    examples: ['strict'],
  }),
  stamps: setting(flag, USUAL.stamps, {
    help: 'whether our announces show work: nodes whose security is strict see nobody else',
    examples: [false],
  }),
  notes: setting(texts({ most: PATH_MAX }, NOTE_DEVICES_MAX), [], {
    help: 'key files of devices whose notes this bridge says on',
    examples: [['/etc/hopline/keys/door.key']],
  }),
  log: setting(oneOf(LOG_LEVELS), USUAL.log, {
    help: 'how much is said about what happens',
    examples: ['debug'],
  }),
  failure,
  healing,
  rates,
  dedup,
  listen: group(
    {
      host: setting(host, '0.0.0.0', {
        help: 'the address on which other gateways are let in',
        examples: ['192.0.2.7', '::'],
      }),
      port: setting(wordOr(['off'], whole(0, 65_535)), LISTEN_PORT, {
        help: 'the port; off where nobody is to be let in, 0 for any that is free',
        examples: [8334, 'off'],
      }),
    },
    'lines that other gateways open; only those who are allowed or invited get one',
  ),
  clients: group(
    {
      host: setting(host, '127.0.0.1', {
        help: 'the address on which clients are let in, over TCP and WebSocket',
        examples: ['0.0.0.0'],
      }),
      port: optional(wordOr(['off'], whole(0, 65_535)), {
        help: `the port; without it ${CLIENTS_PORT} if that is free; off for none but the page's`,
        examples: [8333, 'off'],
      }),
      origins: setting(
        texts({ most: 261, form: ORIGIN, what: 'write https://host, without a path' }, HOSTS_MAX),
        [],
        {
          help: 'pages elsewhere from which a browser may open a line here',
          examples: [['https://chat.example.org']],
        },
      ),
    },
    'programs and pages of your own, each let in by a token: hopline clients add',
  ),
  peers: setting(
    list(
      {
        address: required(address, {
          help: 'where it listens, as host:port',
          examples: ['bridge.example.org:8334'],
        }),
        node: required(nodeId, {
          help: 'the node id of who must be there, 16 hex digits',
          examples: ['0123456789abcdef'],
        }),
      },
      PEERS_MAX,
    ),
    [],
    {
      help: 'lines to other gateways, dialled for ever; hopline join adds others without a file',
      examples: [[{ address: 'bridge.example.org:8334', node: '0123456789abcdef' }]],
    },
  ),
  lan: setting(flag, false, {
    help: 'whether to tell this network that we are here, and find others in it; those we know get a line',
    examples: [true],
  }),
  allow: setting(nodeIds, [], {
    help: 'node ids of those who may open a line',
    examples: [['0123456789abcdef']],
  }),
  administrators: setting(administrators, [], {
    help: 'bridges that may administer this one from afar: ids, or whole fingerprints',
    examples: [['0123456789abcdef']],
  }),
  'node-keys': optional(path, {
    help: 'the folder where hopline provision keeps the keys of the boards here, to administer them',
    examples: ['/etc/hopline/keys'],
  }),
  'public-address': optional(address, {
    help: 'the address under which others reach us, for hopline invite',
    examples: ['bridge.example.org:8334'],
  }),
  http: group(
    {
      host: setting(host, '127.0.0.1', {
        help: 'the address of the page and the API',
        examples: ['127.0.0.1'],
      }),
      port: setting(whole(0, 65_535), HTTP_PORT, {
        help: 'its port; 0 for any that is free',
        examples: [8000],
      }),
      hosts: setting(
        texts({ most: 253, form: hostName, what: 'write names without a port' }, HOSTS_MAX),
        [],
        {
          help: 'names under which it may be asked, beside its address and localhost',
          examples: [['bridge.home.example']],
        },
      ),
      'open-on-loopback': setting(flag, false, {
        help: 'whether programs and browsers on this machine need no token',
        examples: [true],
      }),
      'token-file': optional(path, {
        help: 'a file with the token of the API; without it, one in the folder of data',
        examples: ['/etc/hopline/token'],
      }),
    },
    'the page and the API',
  ),
  routing,
  budget: group(
    {
      'bytes-per-second': setting(whole(1, 10_000_000), 2000, {
        help: 'bytes a second from lines to each radio',
        examples: [2000],
      }),
      burst: setting(whole(1, 100_000_000), 16_000, {
        help: 'bytes that may go at once after a silence',
        examples: [16_000],
      }),
    },
    'what may go from the internet to the radios',
  ),
  limits: group(
    {
      clients: rate(local.allMbps, 'all clients together may carry, each way', 2000),
      'client-in': rate(local.inMbps, 'one client may bring; faster ones are read no faster', 1000),
      'client-out': rate(local.outMbps, 'one client is given; what matters most goes first', 2000),
      lines: rate(internet.allMbps, 'all lines to other gateways may carry, each way', 20_000),
      'line-in': rate(internet.inMbps, 'one line may bring', 5000),
      'line-out': rate(internet.outMbps, 'one line is given; what matters most goes first', 5000),
    },
    'what clients and lines may carry, in thousands of bits a second',
  ),
  keep: group(
    {
      messages: setting(whole(1, 100_000_000), 1_000_000, {
        help: 'messages kept; then the oldest go',
        examples: [10_000],
      }),
      megabytes: setting(whole(1, 1_000_000), 1024, {
        help: 'megabytes of messages kept; then the oldest go',
        examples: [100],
      }),
      days: setting(whole(1, 36_500), 365, {
        help: 'days after which a message goes',
        examples: [30],
      }),
    },
    'what is kept, and for how long',
  ),
  components: setting(texts({ most: PATH_MAX }, COMPONENTS_MAX), [], {
    help: 'modules with components of your own; they may do whatever the bridge may',
    examples: [['/etc/hopline/greeter.mjs']],
  }),
  on: setting(actions, [], {
    help: 'what is done when something happens',
    examples: [[{ event: 'NodeConfirmedFailed', command: 'logger -t hopline' }]],
  }),
};

/** The settings of a file, and the usual ones where it says nothing; `data` outweighs it. */
export function readDaemonConfig(
  top: Section,
  surroundings: Surroundings,
  data: string | null = null,
): DaemonConfig {
  return configOf(readTable(top, SETTINGS), surroundings, data);
}

/** The settings without a file. */
export function defaultDaemonConfig(
  surroundings: Surroundings,
  data: string | null = null,
): DaemonConfig {
  return readDaemonConfig(readYaml('', ''), surroundings, data);
}

/** For editors, and for whoever writes settings by program. */
export function daemonSchema(): Schema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Settings of a Hopline bridge',
    ...schemaOf(SETTINGS),
  };
}

function configOf(
  values: Values<typeof SETTINGS>,
  surroundings: Surroundings,
  data: string | null,
): DaemonConfig {
  const usual = relayDefaults(surroundings);
  const named = data ?? values.data;
  const folder = named === undefined ? usual : inFolder(named, {});
  const { radio, listen, clients, http, routing, budget, limits, keep } = values;
  return {
    name: values.name ?? usual.name,
    data: folder.data,
    keyFile: values['key-file'] ?? folder.keyFile,
    socket: values.socket ?? folder.socket,
    radio: { isOn: radio.on, adapter: radio.adapter ?? null },
    serial: values.serial === 'none' ? [] : values.serial,
    baud: values.baud,
    powerCycle: values['power-cycle'] ?? null,
    ttl: values.ttl,
    security: values.security,
    stamps: values.stamps,
    notes: values.notes,
    log: values.log,
    listen: listen.port === 'off' ? null : { host: listen.host, port: listen.port },
    clients: {
      host: clients.host,
      port: clients.port === 'off' ? null : (clients.port ?? CLIENTS_PORT),
      isUsualPort: clients.port === undefined,
      origins: clients.origins,
    },
    peers: values.peers,
    lan: values.lan,
    allow: values.allow,
    administrators: values.administrators,
    nodeKeys: values['node-keys'] ?? null,
    publicAddress: values['public-address'] ?? null,
    http: {
      host: http.host,
      port: http.port,
      hosts: http.hosts,
      openOnLoopback: http['open-on-loopback'],
      tokenFile: http['token-file'] ?? join(folder.data, 'token'),
    },
    resilience: resilienceSettingsOf(values.failure, values.healing),
    rates: values.rates,
    dedup: values.dedup,
    routing: { strategy: routing.strategy, ...ownOf(routing) },
    budget: { bytesPerSecond: budget['bytes-per-second'], burst: budget.burst },
    limits: {
      local: sideOf(limits['client-in'], limits['client-out'], limits.clients),
      internet: sideOf(limits['line-in'], limits['line-out'], limits.lines),
    },
    keep,
    components: values.components,
    on: values.on,
  };
}

/** Of all, one has no more. */
function sideOf(inKbps: number, outKbps: number, allKbps: number): SideLimits {
  const [inMbps, outMbps] = [inKbps, outKbps].map((kbps) => Math.min(kbps, allKbps) / 1000);
  return { inMbps, outMbps, allMbps: allKbps / 1000 };
}
