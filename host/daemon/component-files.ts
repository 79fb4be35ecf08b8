/**
 * Component files: modules of the owner, each of which exports a `component` (host/component.ts). What
 * is not one is refused with its file and what it lacks, before anything runs.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { COURIER, ENCRYPTED, GATEWAY, HANDSHAKE } from '../../protocol/core/packet.ts';
import { HoplineError } from '../../protocol/errors.ts';
import type { Component, ComponentKind } from '../component.ts';

const NAME = /^[a-z][a-z0-9-]{0,31}$/;
/** What the bridge acts on itself, and nobody in its place. */
const TAKEN: readonly number[] = [HANDSHAKE, ENCRYPTED, COURIER, GATEWAY];
/** Whoever takes longer for one step has held up the whole bridge, and fails for it. */
const STEP_MAX_MS = 1000;
const PARTS: readonly (keyof Component)[] = ['step', 'deadline', 'health'];

export async function loadComponents(paths: readonly string[]): Promise<ComponentKind[]> {
  const kinds: ComponentKind[] = [];
  for (const path of paths) kinds.push(await load(path));
  return kinds;
}

/** The first that is not there; null where all are. */
export function absentComponent(paths: readonly string[]): string | null {
  return paths.find((path) => !existsSync(path)) ?? null;
}

async function load(path: string): Promise<ComponentKind> {
  if (absentComponent([path]) !== null) refuse(path, 'there is no such file');
  const module = await import(pathToFileURL(resolve(path)).href).catch((cause) =>
    refuse(path, `it cannot be loaded: ${reasonOf(cause as Error)}`, cause),
  );
  const { component } = module as { component?: Partial<ComponentKind> };
  if (typeof component !== 'object' || component === null) {
    refuse(path, 'it exports no "component"; write `export const component = { name, make, ... }`');
  }
  const { name, types = [], wishes = [], after = [], make } = component;
  if (typeof name !== 'string' || !NAME.test(name)) {
    refuse(path, 'its name is one word of small letters, digits and "-"');
  }
  if (typeof make !== 'function') refuse(path, 'it has no function "make" that makes one');
  if (!isListOf(types, isType)) refuse(path, '"types" is a list of packet types, 0 to 255');
  const taken = types.find((type) => TAKEN.includes(type));
  if (taken !== undefined) refuse(path, `packets of type ${taken} are the bridge's own to act on`);
  if (!isListOf(after, isText)) refuse(path, '"after" is a list of names of components');
  if (!isListOf(wishes, isText)) refuse(path, '"wishes" is a list of names of wishes');
  // One that lacks a part is found out when it is made, and fails like any.
  return { name, types, wishes, after, make: (ports, now) => prompt(whole(make(ports, now))) };
}

function whole(made: Component): Component {
  const missing = PARTS.find((part) => typeof made?.[part] !== 'function');
  if (missing !== undefined) throw new Error(`what it makes has no function "${missing}"`);
  return made;
}

/** As the machine that it is knows no clock, its time is taken here. */
function prompt(made: Component): Component {
  return {
    step(input, now) {
      const begunAt = performance.now();
      const outputs = made.step(input, now);
      const tookMs = performance.now() - begunAt;
      if (tookMs <= STEP_MAX_MS) return outputs;
      throw new Error(`a step took ${(tookMs / 1000).toFixed(1)} s, and held up the bridge`);
    },
    deadline: () => made.deadline(),
    health: (now) => made.health(now),
    statistics: (now) => made.statistics?.(now) ?? {},
  };
}

function isListOf<Item>(value: unknown, is: (item: unknown) => item is Item): value is Item[] {
  return Array.isArray(value) && value.every(is);
}

function isType(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xff;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** Node also names the module of ours that asked, which means nothing to whoever wrote this one. */
function reasonOf({ message }: Error): string {
  return message.replace(/ imported from .*$/s, '');
}

function refuse(path: string, what: string, cause?: unknown): never {
  throw new HoplineError('COMPONENT_INVALID', `${path}: ${what}`, { cause });
}
