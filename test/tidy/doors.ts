/**
 * Doors: who may import whom, and which packages where: a row a room, those that do not stand yet among
 * them. A file belongs to the first row that fits it.
 */
import type { Import, Problem, Rule, Source } from './tree.ts';

type Door = {
  /** A folder, or a single file. */
  room: string;
  /** Folders and files it may import beside its own. */
  imports: string[];
  /** Packages it may import; `@scope/*` and `node:*` stand for many, `*` for all. */
  packages: string[];
};

/** Rooms of machines: no IO, no clock, no chance, and each on its own. */
export const MACHINE_ROOMS = [
  'registry',
  'neighbours',
  'peer',
  'routing',
  'resilience',
  'gateway',
  'administration',
  'channels',
  'groups',
  'files',
  'rooms',
].map((name) => `host/${name}`);

const PI_PACKAGES = [
  '@abandonware/noble',
  '@abandonware/bleno',
  'serialport',
  '@serialport/parser-delimiter',
  'node:*',
  'yaml',
  'sodium-native',
];

const DOORS: Door[] = [
  { room: 'protocol/core', imports: [], packages: [] },
  { room: 'protocol', imports: [], packages: ['cbor-x', '@noble/*', 'pako'] },
  // What a board calls modules is built into its firmware.
  { room: 'device/espruino', imports: ['protocol/core'], packages: ['Storage', 'crypto'] },
  { room: 'device/pi', imports: ['protocol'], packages: PI_PACKAGES },
  ...MACHINE_ROOMS.map((room) => ({
    room,
    imports: ['protocol', 'host/types.ts', 'host/component.ts', 'host/events.ts', 'host/fields.ts'],
    packages: [],
  })),
  // What a page does to take part.
  { room: 'device/browser', imports: ['protocol'], packages: [] },
  // Their own npm packages join these rows with the feature that needs them.
  { room: 'host/links', imports: ['protocol', 'host/types.ts'], packages: ['node:*', 'ws'] },
  {
    room: 'host/store',
    imports: ['protocol', 'host/types.ts'],
    packages: ['node:*', 'better-sqlite3', 'better-sqlite3-13'],
  },
  // It runs in a browser: all it has of us are types, answers, and how messages are read and written.
  {
    room: 'host/http/web',
    imports: [
      'host/http/views.ts',
      'host/http/mentions.ts',
      'host/http/text-limit.ts',
      'protocol/printable.ts',
      'protocol/qr.ts',
    ],
    packages: ['preact'],
  },
  {
    room: 'host/http',
    imports: ['protocol', 'host/types.ts', 'host/events.ts'],
    packages: ['node:*', 'fastify', 'ws'],
  },
  { room: 'host/types.ts', imports: ['protocol'], packages: [] },
  { room: 'host/fields.ts', imports: ['protocol'], packages: [] },
  { room: 'host/events.ts', imports: ['protocol', 'host/fields.ts'], packages: [] },
  {
    room: 'host/component.ts',
    imports: ['protocol', 'host/types.ts', 'host/events.ts'],
    packages: [],
  },
  {
    room: 'host/daemon/token-file.ts',
    imports: ['protocol', 'device/pi/private-file.ts'],
    packages: ['node:*'],
  },
  // The reader of settings is that of the relay; what is usual, machines say.
  {
    room: 'host/settings',
    imports: ['protocol', 'device/pi', 'host/types.ts', 'host/resilience/settings.ts'],
    packages: [],
  },
  {
    room: 'host/config.ts',
    imports: [
      'protocol',
      'host/settings',
      'host/events.ts',
      'host/gateway/limits.ts',
      'host/resilience/settings.ts',
      'host/routing/strategy.ts',
      'device/pi',
    ],
    packages: ['node:path'],
  },
  {
    room: 'host/bridge.ts',
    imports: ['protocol', 'host/types.ts', 'host/component.ts', 'host/events.ts', ...MACHINE_ROOMS],
    packages: [],
  },
  { room: 'host/desk.ts', imports: ['protocol', 'host'], packages: [] },
  { room: 'host/desk', imports: ['protocol', 'host'], packages: [] },
  { room: 'host/daemon.ts', imports: ['protocol', 'host', 'device/pi'], packages: ['node:*'] },
  // Settings are changed as they are written.
  {
    room: 'host/daemon/settings-file.ts',
    imports: ['protocol', 'host', 'device/pi'],
    packages: ['node:*', 'yaml'],
  },
  { room: 'host/daemon/sheet.ts', imports: ['host', 'device/pi'], packages: ['yaml'] },
  { room: 'host/daemon', imports: ['protocol', 'host', 'device/pi'], packages: ['node:*'] },
  {
    room: 'tools/simulate',
    imports: [
      'protocol',
      'host/types.ts',
      'host/component.ts',
      'host/events.ts',
      'host/bridge.ts',
      'device/pi/yaml-file.ts',
      'host/http/web/curve.ts',
      ...MACHINE_ROOMS,
    ],
    packages: [],
  },
  { room: 'tools/flash', imports: ['protocol'], packages: [] },
  {
    room: 'tools/provision',
    imports: ['protocol', 'tools/flash', 'device/pi/yaml-file.ts'],
    packages: [],
  },
  // What libraries carry alone is measured beside what we carry over them.
  {
    room: 'tools/bench',
    imports: ['protocol', 'host', 'device/pi', 'tools'],
    packages: ['node:*', 'serialport', 'ws'],
  },
  {
    room: 'tools/bridge',
    imports: ['protocol', 'host', 'device/pi', 'tools'],
    packages: ['node:*', 'ws'],
  },
  {
    room: 'tools',
    imports: ['protocol', 'host', 'device/pi'],
    packages: ['node:*', 'acorn', 'esbuild'],
  },
  { room: 'test', imports: ['protocol', 'device', 'host', 'tools'], packages: ['*'] },
];

export const doors: Rule = {
  promise: 'every import goes through a door of its room',
  check: ({ sources }) => sources.flatMap(throughDoors),
};

function throughDoors(source: Source): Problem[] {
  const { path } = source;
  const door = doorOf(path);
  if (door === null) {
    const what = 'it stands in no room';
    return [{ file: path, line: 1, what, instead: 'move it into one of the table of doors' }];
  }
  return source.imports
    .filter((item) => !isOpen(door, item))
    .map(({ target, isPackage, line }) => ({
      file: path,
      line,
      what: `${door.room} must not import ${target}`,
      instead: isPackage
        ? `it may use ${list(door.packages)}: take what you need as an argument`
        : `it may import ${list([door.room, ...door.imports])}: move down what both need`,
    }));
}

function doorOf(path: string): Door | null {
  return DOORS.find(({ room }) => isIn(path, room)) ?? null;
}

function isOpen(door: Door, { target, isPackage }: Import): boolean {
  if (isPackage) return door.packages.some((allowed) => isPackageOf(target, allowed));
  return [door.room, ...door.imports].some((room) => isIn(target, room));
}

export function isIn(path: string, room: string): boolean {
  return path === room || path.startsWith(`${room}/`);
}

function isPackageOf(target: string, allowed: string): boolean {
  if (allowed.endsWith('*')) return target.startsWith(allowed.slice(0, -1));
  return target === allowed || target.startsWith(`${allowed}/`);
}

function list(names: string[]): string {
  return names.length === 0 ? 'no package' : names.join(', ');
}

export const cycles: Rule = {
  promise: 'no import leads back to where it came from',
  check({ sources }) {
    const imports = new Map(sources.map((source) => [source.path, source.imports]));
    const problems: Problem[] = [];
    const done = new Set<string>();
    const visit = (path: string, way: string[]): void => {
      if (done.has(path)) return;
      for (const { target, line } of imports.get(path) ?? []) {
        const at = [...way, path].indexOf(target);
        if (at < 0) {
          visit(target, [...way, path]);
          continue;
        }
        const round = [...[...way, path].slice(at), target].join(' > ');
        const instead = 'move what both need into a file below them';
        problems.push({ file: path, line, what: `a cycle: ${round}`, instead });
      }
      done.add(path);
    };
    for (const { path } of sources) visit(path, []);
    return problems;
  },
};

export const reach: Rule = {
  promise: 'every source is reached from a program or a test',
  check({ sources }) {
    const imports = new Map(sources.map((source) => [source.path, source.imports]));
    const reached = new Set<string>();
    const visit = (path: string): void => {
      if (reached.has(path)) return;
      reached.add(path);
      for (const { target, isPackage } of imports.get(path) ?? []) if (!isPackage) visit(target);
    };
    for (const { path } of sources) if (ENTRY.test(path)) visit(path);
    return sources
      .filter(({ path }) => !reached.has(path))
      .map(({ path }) => ({
        file: path,
        line: 1,
        what: 'nothing imports it',
        instead: 'use it or remove it',
      }));
  },
};

/** Where programs and tests begin; a `main.ts` below device/ or test/ is bundled for a board. */
const ENTRY =
  /^(tools\/hopline\.ts|tools\/build\/make\.mjs|test\/vitest\.config\.mjs|host\/http\/web\/(api\/)?main\.tsx|(device|test)\/.*\bmain\.ts|test\/.*\.test\.ts)$/;
