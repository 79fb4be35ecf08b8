/**
 * Provisioning of a fleet: what a file says of many nodes, compared with them and applied to them. One
 * that fails is reported, and the rest goes on; run again, it finds what is done to be done.
 */
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HoplineError } from '../../protocol/errors.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { Args, Io } from '../command.ts';
import { has, textOf } from '../command.ts';
import { entryText } from '../provision/fleet-text.ts';
import type { Entry } from '../provision/fleet.ts';
import { readFleet } from '../provision/fleet.ts';
import type { Place, Port } from '../provision/match.ts';
import { placesOf, unnamedPorts, wantsIds } from '../provision/match.ts';
import type { Change, NodeState } from '../provision/plan.ts';
import { changesOf, isNew } from '../provision/plan.ts';
import { visible } from '../../protocol/admin/setting-text.ts';
import type { ListPorts } from './provision-site.ts';
import { failureAt, severally, Site } from './provision-site.ts';

/** How often ports are listed while a board is waited for. */
const LOOK_AGAIN_MS = 500;

/** An entry of the file, and what was found of it. */
type Found = {
  entry: Entry;
  place: Place;
  state: NodeState | null;
  changes: Change[];
  /** Why it cannot be what it should; null when it can. */
  failure: HoplineError | null;
};

/** A line of the table at the end. */
type Row = { name: string; id: string; port: string; result: string; isDone: boolean };

/** A node of the file as programs read of it; `problem` says why it is not reached. */
export type PlanRow = {
  name: string;
  port: string | null;
  id: string | null;
  changes: Change[];
  problem: string | null;
};
export type ApplyRow = Omit<PlanRow, 'problem'> & { result: string; isDone: boolean };

/** A fleet as its file says it, and the site where it is. */
type Fleet = { read: Entry[]; ports: string[]; site: Site };

export async function plan(file: string, args: Args, io: Io, listPorts: ListPorts): Promise<void> {
  const { found, spare } = await survey(file, args, io, listPorts);
  if (has(args, 'json')) {
    for (const each of found) io.out(JSON.stringify(planRow(each)));
    return;
  }
  const names = widest(found.map(({ entry }) => entry.name));
  const ports = widest(found.map(({ place }) => portOf(place)));
  for (const each of found) for (const line of linesOf(each, names, ports)) io.out(line);
  for (const port of spare) io.out(`not in the file: ${described(port)}`);
  const differing = found.filter(({ changes }) => changes.length > 0).length;
  const unread = found.filter(({ place, state }) => place.kind !== 'next' && state === null).length;
  const others = unread === 0 ? '' : `; ${unread} could not be read`;
  if (found.length > 1) io.out(`${differing} of ${found.length} nodes would change${others}`);
}

export async function apply(file: string, args: Args, io: Io, listPorts: ListPorts): Promise<void> {
  const { site, found, spare } = await survey(file, args, io, listPorts);
  const waiting = found.filter(({ place }) => place.kind === 'next');
  const rows = await severally(found, async (each) => {
    if (each.place.kind === 'next') return null;
    const row = await settled(site, each);
    io.err(`${row.name}: ${row.result}`);
    return row;
  });
  const taken = new Set((await site.listPorts()).map(({ path }) => path));
  for (const each of waiting) {
    const row = await settleNext(site, each.entry, taken, io);
    io.err(`${row.name}: ${row.result}`);
    rows[found.indexOf(each)] = row;
  }
  const all = rows.flatMap((row) => (row === null ? [] : [row]));
  if (has(args, 'json')) for (const row of all) io.out(JSON.stringify(row));
  else {
    for (const line of tableOf(all)) io.out(line);
    for (const port of spare) io.out(`not in the file: ${described(port)}`);
  }
  const left = all.filter(({ isDone }) => !isDone);
  if (left.length === 0) return;
  const names = left.map(({ name }) => name).join(', ');
  throw new HoplineError('FLEET_UNFINISHED', `${names}; run this again for them`);
}

/** `ports` are those wished; without any, all that are there. */
export async function exportFleet(
  wished: string[],
  args: Args,
  io: Io,
  listPorts: ListPorts,
): Promise<void> {
  const site = new Site(textOf(args, 'keys') ?? 'keys', listPorts, io.stopping());
  const there = await site.listPorts();
  const nameOf = namesOf(there);
  const listed = portsOf(there, named(args).map(nameOf), []);
  const ports =
    wished.length === 0
      ? listed
      : [...new Set(wished.map(nameOf))].map(
          (path) => listed.find((port) => port.path === path) ?? bare(path),
        );
  const seen = await severally(ports, async (port) => ({ port, seen: await lookAt(site, port) }));
  const lines: string[] = [];
  const problems: string[] = [];
  for (const { port, seen: state } of seen) {
    if (state instanceof HoplineError) problems.push(state.message);
    else lines.push(...entryText(state, port));
  }
  io.out(lines.length > 0 ? 'nodes:' : 'nodes: []');
  for (const line of lines) io.out(line);
  for (const problem of problems) io.out(`# ${problem}`);
  if (problems.length > 0) {
    throw new HoplineError('FLEET_UNFINISHED', `${problems.length} of ${ports.length} not read`);
  }
}

/** What would change, of whoever is plugged in. */
export async function planOf(fleet: Fleet): Promise<PlanRow[]> {
  return (await surveyed(fleet)).found.map(planRow);
}

/** Makes it so, node by node; who must be asked for by hand is left out, and the row says so. */
export async function applyTo(fleet: Fleet, done: (row: ApplyRow) => void): Promise<ApplyRow[]> {
  const { site, found } = await surveyed(fleet);
  return severally(found, async (each) => {
    const { name, port, id, changes } = planRow(each);
    const { result, isDone } = await settled(site, each);
    const known = site.keysOf(name)?.id;
    const row = { name, port, id: known ? toHex(known) : id, changes, result, isDone };
    done(row);
    return row;
  });
}

function planRow({ entry, place, state, changes, failure }: Found): PlanRow {
  const port = place.kind === 'found' ? place.path : null;
  const id = state === null ? null : toHex(state.id);
  const problem = failure?.message ?? (port === null ? problemOf(entry, place) : null);
  return { name: entry.name, port, id, changes, problem };
}

async function survey(
  file: string,
  args: Args,
  io: Io,
  listPorts: ListPorts,
): Promise<{ site: Site; found: Found[]; spare: Port[] }> {
  const read = readFleet(file, await io.readText(file));
  const folder = textOf(args, 'keys') ?? join(dirname(file), 'keys');
  const site = new Site(folder, listPorts, io.stopping());
  return surveyed({ read, ports: named(args), site });
}

/** Everything is read and judged first: the file, the keys, and who is there. */
async function surveyed({
  read,
  ports: given,
  site,
}: Fleet): Promise<{ site: Site; found: Found[]; spare: Port[] }> {
  const listed = await site.listPorts();
  const nameOf = namesOf(listed);
  const wished = given.map(nameOf);
  // A board that was plugged in when asked for is known by its id from then on.
  const entries = read.map((entry): Entry => {
    const { match } = entry;
    if (match.by === 'port') return { ...entry, match: { by: 'port', text: nameOf(match.text) } };
    const keys = match.by === 'next' ? site.keysOf(entry.name) : null;
    if (keys === null || keys.isPending) return entry;
    return { ...entry, match: { by: 'nodeId', text: toHex(keys.id) } };
  });
  const ports = portsOf(listed, wished, entries);
  const spare = unnamedPorts(entries, ports);
  const { ids, locked } = await askedWho(site, wantsIds(entries) ? spare : [], wished);
  const places = placesOf(entries, ports, ids);
  const found = await severally([...entries.entries()], async ([at, entry]) =>
    lookFor(site, entry, places[at]),
  );
  refuseDoubles(found);
  for (const { state } of found) if (state !== null && !isNew(state)) site.saw(state.id);
  const used = places.flatMap((place) => (place.kind === 'found' ? [place.path] : []));
  return {
    site,
    found: found.map((each, at) => {
      if (each.place.kind !== 'absent' || each.entry.match.by !== 'nodeId') return each;
      if (locked.length > 0) return behindLock(each, locked);
      return read[at].match.by === 'next' ? before(each) : each;
    }),
    spare: spare.filter(({ path }) => !used.includes(path)),
  };
}

/** Provisioned by an earlier run, and not plugged in now. */
function before(found: Found): Found {
  return { ...found, place: { kind: 'absent', isDone: true } };
}

/** It may be at one of these ports, and nobody can be asked there. */
function behindLock(found: Found, ports: readonly string[]): Found {
  const { name } = found.entry;
  const detail = `${ports.join(', ')}: it may be ${name}; find ${name} by its port, serial or usbPath`;
  return { ...found, failure: new HoplineError('CONSOLE_LOCKED', detail) };
}

/** The ports there are, and those that the person or an entry names besides. */
function portsOf(
  listed: readonly Port[],
  wished: readonly string[],
  entries: readonly Entry[],
): Port[] {
  const more = [...wished];
  for (const { match } of entries) if (match.by === 'port') more.push(match.text);
  const missing = [...new Set(more)].filter((path) => listed.every((port) => port.path !== path));
  return [...listed, ...missing.map(bare)];
}

/**
 * Links such as those in /dev/serial/by-id give one port several names. It goes by the name under
 * which it is listed, or else by the first that it was called here.
 */
function namesOf(listed: readonly Port[]): (path: string) => string {
  const names = new Map(listed.map(({ path }) => [realOf(path), path]));
  return (path) => {
    const real = realOf(path);
    if (!names.has(real)) names.set(real, path);
    return names.get(real)!;
  };
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // What is not there has no other name.
    return path;
  }
}

function named(args: Args): string[] {
  return (textOf(args, 'ports') ?? '').split(',').filter((path) => path !== '');
}

/** A port of which the system knows nothing but its path. */
function bare(path: string): Port {
  return { path, serial: null, usbPath: null };
}

/**
 * The ids of those at the ports, by path, and the ports whose consoles are locked. Boards that nobody
 * named may be somebody's own: they are asked, and not stopped.
 */
async function askedWho(
  site: Site,
  ports: readonly Port[],
  wished: readonly string[],
): Promise<{ ids: Map<string, string>; locked: string[] }> {
  const ids = new Map<string, string>();
  const locked: string[] = [];
  await severally(ports, async ({ path }) => {
    const isGentle = !wished.includes(path);
    const visited = await site.visit(path, { kind: 'look' }, null, isGentle).catch((failure) => {
      if (site.stop.aborted) throw failure;
      return null;
    });
    if (visited === null) return;
    if (visited.ok) ids.set(path, toHex(visited.visit.state.id));
    else if ('id' in visited.failure) ids.set(path, toHex(visited.failure.id));
    else if (visited.failure.reason === 'locked') locked.push(path);
  });
  return { ids, locked };
}

async function lookFor(site: Site, entry: Entry, place: Place): Promise<Found> {
  const found: Found = { entry, place, state: null, changes: [], failure: null };
  if (place.kind !== 'found') return found;
  const seen = await lookAt(site, bare(place.path), entry.name);
  if (seen instanceof HoplineError) return { ...found, failure: seen };
  const keys = isNew(seen) ? site.keysOf(entry.name) : null;
  return { ...found, state: seen, changes: changesOf(entry.wishes, seen, keys?.id ?? null) };
}

async function lookAt(
  site: Site,
  { path }: Port,
  name?: string,
): Promise<NodeState | HoplineError> {
  try {
    const keys = name === undefined ? null : site.keysOf(name);
    const visited = await site.visit(path, { kind: 'look' }, keys);
    return visited.ok ? visited.visit.state : failureAt(path, visited.failure);
  } catch (failure) {
    if (failure instanceof HoplineError && !site.stop.aborted) return failure;
    throw failure;
  }
}

/** Two boards with one id, such as after copying flash, would be one node to the mesh (S5). */
function refuseDoubles(found: readonly Found[]): void {
  const owners = new Map<string, string>();
  for (const { entry, state } of found) {
    if (state === null || isNew(state)) continue;
    const id = toHex(state.id);
    const owner = owners.get(id);
    if (owner !== undefined) {
      const what = `${owner} and ${entry.name} are both ${id}; erase one of them with flash --erase`;
      throw new HoplineError('NODE_REFUSED', what);
    }
    owners.set(id, entry.name);
  }
}

async function settled(site: Site, found: Found): Promise<Row> {
  const { entry, place, state, failure } = found;
  const { name } = entry;
  if (place.kind !== 'found' || state === null) {
    const port = place.kind === 'found' ? place.path : '-';
    const result = failure === null ? problemOf(entry, place) : `FAILED: ${failure.message}`;
    const isDone = place.kind === 'absent' && place.isDone;
    return { name, id: '-', port, result, isDone };
  }
  const port = place.path;
  try {
    const visit = await site.settle(port, name, entry.wishes, state);
    const id = toHex(visit.state.id);
    return { name, id, port, result: resultOf(found, visit.isChanged), isDone: true };
  } catch (cause) {
    if (!(cause instanceof HoplineError) || site.stop.aborted) throw cause;
    const id = isNew(state) ? '-' : toHex(state.id);
    return { name, id, port, result: `FAILED: ${cause.message}`, isDone: false };
  }
}

function resultOf({ state, changes }: Found, isChanged: boolean): string {
  if (!isChanged) return 'as it should be';
  const names = changes.map(({ name }) => name).filter((name) => !/-key$|^node-id$/.test(name));
  const keyless = state!.canHoldKeys ? '' : `, without keys: ${noHash(state!)}`;
  if (isNew(state!)) return `provisioned${keyless}`;
  return `changed: ${names.join(', ')}`;
}

function noHash({ board }: NodeState): string {
  return `${board === null ? 'this board' : visible(board)} has no SHA-256`;
}

/** Waits for a board at a port that was not there before, and gives it to the entry. */
async function settleNext(site: Site, entry: Entry, taken: Set<string>, io: Io): Promise<Row> {
  io.err(`plug in the board for ${entry.name} (Ctrl-C stops; run this again to go on)`);
  for (;;) {
    const port = await newPort(site, taken, io);
    const found = await lookFor(site, entry, { kind: 'found', path: port.path });
    const { state } = found;
    // The board of somebody else is never taken for the one asked for.
    if (state === null) io.err(found.failure!.message);
    else if (isNew(state)) return settled(site, found);
    else {
      const who = site.keysById(state.id)?.name ?? toHex(state.id);
      io.err(`${port.path}: that is ${who}; plug in another board for ${entry.name}`);
    }
  }
}

async function newPort(site: Site, taken: Set<string>, io: Io): Promise<Port> {
  for (;;) {
    const ports = await site.listPorts();
    const port = ports.find(({ path }) => !taken.has(path));
    for (const path of taken) if (ports.every((each) => each.path !== path)) taken.delete(path);
    if (port !== undefined) {
      taken.add(port.path);
      return port;
    }
    if (site.stop.aborted) throw new HoplineError('FLEET_UNFINISHED', 'stopped; run this again');
    await io.wait(LOOK_AGAIN_MS);
  }
}

function problemOf({ match }: Entry, place: Place): string {
  switch (place.kind) {
    case 'found':
      return 'not read';
    case 'absent':
      if (place.isDone) return 'provisioned before, not plugged in now';
      return match.by === 'next' ? 'not plugged in' : `not plugged in: ${match.by} ${match.text}`;
    case 'ambiguous':
      return `FAILED: several boards fit: ${place.paths.join(', ')}`;
    case 'taken':
      return `FAILED: its board, at ${place.path}, is also that of ${place.by}`;
    case 'next':
      return 'will be asked for';
  }
}

/** `names` and `ports` are the widths of their columns. */
function linesOf(found: Found, names: number, ports: number): string[] {
  const { entry, place, state, changes, failure } = found;
  const head = `${entry.name.padEnd(names)}  ${portOf(place).padEnd(ports)}`;
  if (failure !== null) return [`${head}  cannot be read: ${failure.message}`];
  if (state === null) return [`${head}  ${problemOf(entry, place)}`];
  const who = isNew(state) ? 'new' : toHex(state.id);
  const keyless = state.canHoldKeys ? [] : [`  no keys: ${noHash(state)}`];
  if (changes.length === 0) return [`${head}  ${who}  as it should be`, ...keyless];
  return [`${head}  ${who}`, ...changeLines(changes), ...keyless];
}

export function changeLines(changes: readonly Change[]): string[] {
  const width = Math.max(...changes.map(({ name }) => name.length));
  return changes.map(({ name, from, to }) => `  ${name.padEnd(width)}  ${from} -> ${to}`);
}

function portOf(place: Place): string {
  return place.kind === 'found' ? place.path : '-';
}

function widest(texts: readonly string[]): number {
  return Math.max(...texts.map((text) => text.length));
}

function described({ path, serial, usbPath }: Port): string {
  const known = [serial && `serial ${serial}`, usbPath && `usbPath ${usbPath}`];
  return [path, ...known.filter((word) => word)].join('  ');
}

function tableOf(rows: readonly Row[]): string[] {
  const cells = [
    ['node', 'id', 'port', 'result'],
    ...rows.map(({ name, id, port, result }) => [name, id, port, result]),
  ];
  const widths = [0, 1, 2].map((at) => widest(cells.map((row) => row[at])));
  return cells.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  '));
}
