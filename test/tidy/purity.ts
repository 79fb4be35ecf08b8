/**
 * Purity: what machines may not touch, and what boards cannot run. A line that cannot be replayed
 * from a seed belongs in an adapter.
 */
import { deviceFindings } from '../../tools/build/device-rules.ts';
import { isFunction, usesOf, walk } from '../../tools/build/syntax.ts';
import { isIn, MACHINE_ROOMS } from './doors.ts';
import type { Problem, Rule, Source } from './tree.ts';

const PURE_ROOMS = [
  'protocol',
  'tools/simulate',
  'tools/flash',
  'tools/provision',
  'host/bridge.ts',
  ...MACHINE_ROOMS,
];
const DEVICE_ROOMS = ['protocol/core', 'device/espruino'];

const TIME = 'take the time as an argument';
const WAIT = 'say when in deadline(), and wait for the tick';
const CHANCE = 'take a Random as an argument';
const OUTSIDE = 'give an output, and let an adapter perform it';
const AT_ONCE = 'answer at once: what takes time is an output now and an input later';

const IMPURE: Record<string, string> = {
  Date: TIME,
  performance: TIME,
  setTimeout: WAIT,
  setInterval: WAIT,
  setImmediate: WAIT,
  clearTimeout: WAIT,
  clearInterval: WAIT,
  clearImmediate: WAIT,
  queueMicrotask: WAIT,
  process: OUTSIDE,
  console: OUTSIDE,
  fetch: OUTSIDE,
  WebSocket: OUTSIDE,
  require: OUTSIDE,
  globalThis: OUTSIDE,
  crypto: CHANCE,
  Buffer: 'use Uint8Array',
  Promise: AT_ONCE,
  Intl: 'leave words and numbers to whoever prints them',
};

/** Methods whose answer depends on where they run. */
const LOCAL = /^(toLocale\w+|localeCompare)$/;

export const purity: Rule = {
  promise: 'machines own no clock, no chance and no outside',
  check: ({ sources }) =>
    sources.filter(({ path }) => PURE_ROOMS.some((room) => isIn(path, room))).flatMap(impurities),
};

function impurities(source: Source): Problem[] {
  const { path, program, lineOf } = source;
  const problems: Problem[] = [];
  for (const { node, declared } of usesOf(program)) {
    if (declared !== null || !Object.hasOwn(IMPURE, node.name)) continue;
    const what = `${node.name} in a pure room`;
    problems.push({ file: path, line: lineOf(node), what, instead: IMPURE[node.name] });
  }
  walk(program, (node) => {
    const at = (what: string, instead: string): void => {
      problems.push({ file: path, line: lineOf(node), what, instead });
    };
    if (node.type === 'AwaitExpression' || (isFunction(node) && 'async' in node && node.async)) {
      at('async in a pure room', AT_ONCE);
    }
    if (node.type !== 'MemberExpression' || node.property.type !== 'Identifier') return;
    const { name } = node.property;
    if (node.object.type === 'Identifier' && node.object.name === 'Math' && name === 'random') {
      at('Math.random in a pure room', CHANCE);
    }
    if (LOCAL.test(name)) at(`${name}() depends on the machine`, 'compare and print plainly');
  });
  for (const { target, isPackage, line } of source.imports) {
    if (isPackage && target.startsWith('node:')) {
      problems.push({ file: path, line, what: `${target} in a pure room`, instead: OUTSIDE });
    }
  }
  return problems;
}

export const device: Rule = {
  promise: 'device code runs alike on a board and here',
  check: ({ sources }) =>
    sources
      .filter(({ path }) => DEVICE_ROOMS.some((room) => isIn(path, room)))
      .flatMap(({ path, program, lineOf }) =>
        deviceFindings(program, 'source').map(({ node, what, instead }) => ({
          file: path,
          line: lineOf(node),
          what,
          instead,
        })),
      ),
};
