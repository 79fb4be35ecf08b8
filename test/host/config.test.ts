/**
 * The settings of a bridge: read with their places, refused with what to do, and said as JSON Schema
 * by the same table.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { readYaml } from '../../device/pi/yaml-file.ts';
import {
  daemonSchema,
  defaultDaemonConfig,
  readDaemonConfig,
  SETTINGS,
} from '../../host/config.ts';
import { ALONE_TIMES, CARE_DEFAULTS } from '../../host/resilience/settings.ts';
import type { Schema } from '../../host/settings/rules.ts';
import { toHex } from '../../protocol/wire/hex.ts';

const MACHINE = { env: { HOME: '/h/ada' }, hostname: 'attic' };

const accepts = new Ajv2020({ strict: true }).compile(daemonSchema());

describe('the settings of a bridge', () => {
  it('say how much longer a node is waited for where nobody can be asked about it', () => {
    const said = JSON.stringify(daemonSchema());
    expect(said).toContain(`no other node hears it; ${ALONE_TIMES} times that where no other`);
  });

  it('are all there without a file', () => {
    const config = defaultDaemonConfig(MACHINE);
    expect(config).toMatchObject({
      name: 'attic',
      data: '/h/ada/.local/state/hopline',
      listen: { host: '0.0.0.0', port: 8334 },
      peers: [],
      publicAddress: null,
      http: { host: '127.0.0.1', port: 8000, openOnLoopback: false },
      budget: { bytesPerSecond: 2000, burst: 16_000 },
      resilience: { pace: { intervalMs: 10_000, missedMax: 3 }, phi: 8, confirmMs: 30_000 },
      rates: { messages: 60, requests: 100 },
      dedup: { packets: 10_000, seconds: 600 },
      routing: { strategy: 'shortest', place: null, mobility: null, energy: 'auto' },
      limits: {
        local: { inMbps: 0.25, outMbps: 10, allMbps: 10 },
        internet: { inMbps: 100, outMbps: 100, allMbps: 100 },
      },
      keep: { messages: 1_000_000, megabytes: 1024, days: 365 },
    });
    expect(config.http.tokenFile).toBe('/h/ada/.local/state/hopline/token');
    expect(read('# nothing but words\n')).toEqual(config);
  });

  it('are those of a file where it says something', () => {
    const config = read(`
name: town-hall
data: /srv/hopline
serial: [/dev/ttyUSB0]
listen: { port: off }
peers:
  - { address: 'bridge.example.org:8334', node: 0123456789ABCDEF }
allow: [fedcba9876543210]
http: { hosts: [bridge.home.example], open-on-loopback: true }
`);
    expect(config.keyFile).toBe('/srv/hopline/keys');
    expect([config.listen, config.serial]).toEqual([null, ['/dev/ttyUSB0']]);
    expect(config.peers.map(({ node }) => toHex(node))).toEqual(['0123456789abcdef']);
    expect(config.allow.map(toHex)).toEqual(['fedcba9876543210']);
    expect(config.http).toMatchObject({ hosts: ['bridge.home.example'], openOnLoopback: true });
  });

  it('take limits in kbit/s, and give one connection no more than all of them', () => {
    const { limits } = read('limits: { clients: 2000, client-out: 500, lines: 800 }');
    expect(limits).toEqual({
      local: { inMbps: 0.25, outMbps: 0.5, allMbps: 2 },
      internet: { inMbps: 0.8, outMbps: 0.8, allMbps: 0.8 },
    });
  });

  it('say how the mesh is looked after, in seconds', () => {
    expect(defaultDaemonConfig(MACHINE).resilience.care).toEqual(CARE_DEFAULTS);
    const healing = 'healing: { check: 10, together: 120, merge: 600, retry: 30, attempts: 3 }';
    expect(read(healing).resilience.care).toEqual({
      checkMs: 10_000,
      togetherMs: 120_000,
      mergeMs: 600_000,
      retryMs: 30_000,
      attemptsMax: 3,
    });
  });

  it('take the folder that was given beside the file', () => {
    const config = readDaemonConfig(readYaml('x', 'data: /one'), MACHINE, '/two');
    expect([config.data, config.keyFile, config.socket]).toEqual([
      '/two',
      '/two/keys',
      '/two/relay.sock',
    ]);
  });

  it('are shown by example, and every example is one', () => {
    const settings = settingsOf(daemonSchema());
    expect(settings.length).toBeGreaterThanOrEqual(35);
    for (const { path, schema } of settings) {
      const { description, examples } = schema as { description?: string; examples?: unknown[] };
      expect(description, path.join('.')).toMatch(/^[a-z]/);
      expect(examples?.length, path.join('.')).toBeGreaterThan(0);
      for (const example of examples!) {
        if (path.includes('[]')) continue;
        const file = at(path, example);
        expect(() => read(JSON.stringify(file)), path.join('.')).not.toThrow();
        expect(accepts(file), path.join('.')).toBe(true);
      }
    }
  });

  it('are shown by the README as they may stand in a file', () => {
    const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
    const blocks = [...readme.matchAll(/(?<=^```yaml\n)[^]*?(?=^```)/gm)].map(String);
    const ours = blocks.filter((text) => /^(name|on):/.test(text));
    expect(ours).toHaveLength(2);
    for (const text of ours) expect(() => read(text)).not.toThrow();
  });

  for (const [file, told] of [
    [{ nmae: 'x' }, /1:2: there is no setting "nmae".*name/],
    [{ name: 'x'.repeat(33) }, /1:9: name takes a text of 1 to 32 bytes/],
    [{ name: '' }, /name takes a text/],
    [{ radio: { adapter: 'usb0' } }, /write the name of one, like hci0/],
    [{ radio: { on: 'perhaps' } }, /on takes true or false/],
    [{ radio: 'on' }, /radio takes settings of its own; write radio: \{ on: /],
    [{ listen: 'off' }, /listen takes settings of its own; write listen: \{ port: off \}/],
    [{ serial: 'sometimes' }, /serial is one of auto, none/],
    [{ serial: ['/dev/a', '/dev/a'] }, /is there twice/],
    [{ baud: 12 }, /baud takes a whole number from 300/],
    [{ ttl: 65 }, /ttl takes a whole number from 1 to 64/],
    [{ ttl: 6.5 }, /ttl takes a whole number/],
    [{ security: 'strcit' }, /did you mean strict/],
    [{ listen: { port: 'of' } }, /port takes a whole number from 0 to 65535/],
    [{ listen: { port: 65_536 } }, /port takes a whole number/],
    [{ listen: { host: 'a b' } }, /without a port/],
    [{ peers: [{ node: '0123456789abcdef' }] }, /address is missing: where it listens/],
    [{ peers: [{ address: 'there:8334' }] }, /node is missing/],
    [{ peers: [{ address: 'there', node: '0123456789abcdef' }] }, /an address is host:port/],
    [{ peers: [{ address: 'there:66000', node: '0123456789abcdef' }] }, /an address is host:port/],
    [{ peers: [{ address: 'there:1', node: '0123' }] }, /a node id is 16 hex digits/],
    [{ peers: { address: 'there:1' } }, /peers takes a list/],
    [{ allow: ['nobody'] }, /"nobody"; a node id is 16 hex digits/],
    [{ 'public-address': 'https://there:8334' }, /an address is host:port/],
    [{ http: { port: -1 } }, /port takes a whole number/],
    [{ http: { hosts: ['page.example:8000'] } }, /write names without a port/],
    [{ http: { token: 'a secret' } }, /there is no setting "token".*token-file/],
    [{ budget: { burst: 0 } }, /burst takes a whole number from 1/],
    [{ limits: { clients: 15 } }, /clients takes a whole number from 16 to 10000000/],
    [{ limits: { 'line-out': 0.5 } }, /line-out takes a whole number from 16/],
    [{ limits: { client: 100 } }, /client/],
    [{ failure: { heartbeat: 0 } }, /heartbeat/],
    [{ failure: { phi: 17 } }, /phi/],
    [{ rates: { messages: 0 } }, /messages takes a whole number from 1 to 6000/],
    [{ rates: { requests: 6001 } }, /requests takes a whole number/],
    [{ dedup: { packets: 65_535 } }, /packets takes a whole number from 256 to 65534/],
    [{ dedup: { seconds: 299 } }, /seconds takes a whole number from 300/],
    [{ healing: { attempts: 0 } }, /attempts takes a whole number from 1/],
    [{ routing: { strategy: 'fastest' } }, /strategy/],
    [{ routing: { strategy: 'geographic' } }, /geographic goes by places/],
    [{ routing: { place: '91,0' } }, /a place is latitude,longitude/],
    [{ routing: { place: '-1,181' } }, /a place is latitude,longitude/],
    [{ routing: { altitude: 100_001 } }, /altitude takes a whole number from -100000 to 100000/],
    [{ routing: { accuracy: -1 } }, /accuracy takes a whole number from 0/],
    [{ routing: { mobility: 'fast' } }, /mobility is one of static, random/],
    [{ routing: { speed: 3601 } }, /speed takes a whole number from 0 to 3600/],
    [{ routing: { bearing: 360 } }, /bearing takes a whole number from 0 to 359/],
    [{ routing: { period: 86_401 } }, /period takes a whole number from 0 to 86400/],
    [{ routing: { energy: 101 } }, /energy takes a whole number from 0 to 100/],
    [{ keep: { days: 0 } }, /days takes a whole number from 1/],
    [{ notes: 'door.key' }, /notes takes a list/],
    [{ on: [{ event: 'NodeFailed', command: 'x' }] }, /event is one of any, PeerJoined/],
    [{ on: [{ event: 'any' }] }, /either a webhook or a command/],
    [{ on: [{ event: 'any', command: 'x', webhook: 'http://h' }] }, /either a webhook or/],
    [{ on: [{ event: 'any', webhook: 'example.org' }] }, /write where to send it/],
    [{ on: [{ event: 'any', webhook: 'http://me:key@h/hook' }] }, /write where to send it/],
    [{ components: 'greeter.mjs' }, /components takes a list/],
  ] as const) {
    const text = JSON.stringify(file);
    it(`refuse ${text.slice(0, 60)} by both, and say why`, () => {
      expect(() => read(text)).toThrow(told);
      expect(() => read(text)).toThrow(/bridge\.yaml:1:\d+: .*\[CONFIG_INVALID\]/);
      expect(accepts(file)).toBe(false);
    });
  }

  it('refuse to send events to what is no host, though its form is that of one', () => {
    for (const host of ['10.0.0.256', 'h:66000', '[1::2::3]']) {
      const file = { on: [{ event: 'any', webhook: `http://${host}/hook?at=me@h` }] };
      expect(() => read(JSON.stringify(file)), host).toThrow(/webhook: write where to send it/);
    }
    const right = { on: [{ event: 'any', webhook: 'http://10.0.0.255/hook?at=me@h' }] };
    expect(() => read(JSON.stringify(right))).not.toThrow();
  });

  it('tell the line and the column of a mistake', () => {
    const text = 'name: attic\nhttp:\n  prot: 8000\n';
    expect(() => read(text)).toThrow(
      /bridge\.yaml:3:3: there is no setting "prot"; did you mean port|bridge\.yaml:3:3: .*"port"/,
    );
  });

  it('are named in the schema as in the table, and nothing else is', () => {
    const schema = daemonSchema() as { properties: object; additionalProperties: boolean };
    expect(Object.keys(schema.properties)).toEqual(Object.keys(SETTINGS));
    expect(schema.additionalProperties).toBe(false);
  });
});

it('say where a bridge is, how it moves and what is left of its battery', () => {
  const text = `routing:
  place: 52.5200,13.4050
  altitude: 34
  accuracy: 25
  mobility: circular
  speed: 36
  bearing: 270
  period: 600
  energy: 40
`;
  const { place, mobility, energy } = read(text).routing;
  expect(place).toEqual({ latitude: 52.52, longitude: 13.405, altitudeM: 34, accuracyM: 25 });
  expect(mobility).toMatchObject({ kind: 'circular', periodS: 600 });
  expect(mobility!.eastMps).toBeCloseTo(-10);
  expect(mobility!.northMps).toBeCloseTo(0);
  expect(energy).toBe(40);
  const still = read('routing: { mobility: static, speed: 9, bearing: 90 }').routing.mobility;
  expect(still).toEqual({ kind: 'static', northMps: 0, eastMps: 0, periodS: 0 });
});

function read(text: string) {
  return readDaemonConfig(readYaml('bridge.yaml', text), MACHINE);
}

type Found = { path: string[]; schema: Schema };

/** Everything that takes a value, with its way from the top; `[]` stands for the entry of a list. */
function settingsOf(schema: Schema, path: string[] = []): Found[] {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>);
  return properties.flatMap(([name, each]) => {
    const here = [...path, name];
    if (each['type'] === 'object') return settingsOf(each, here);
    const entries = settingsOf((each['items'] ?? {}) as Schema, [...here, '[]']);
    return [{ path: here, schema: each }, ...entries];
  });
}

function at(path: string[], value: unknown): unknown {
  return path.reduceRight((inner, name) => ({ [name]: inner }), value);
}
