/**
 * Device rules: what Espruino lacks, or does otherwise without saying so, found in a syntax tree.
 * The facts are measured (DEVICE.md). They bind the sources of device code and the
 * finished bundle alike, because a bundler can bring back what a source avoided.
 */
import type { AnyNode, Program } from 'acorn';
import { isFunction, usesOf, walk } from './syntax.ts';
import type { Scope, Use } from './syntax.ts';
import { prematureUses } from './device-order.ts';

export type Finding = { node: AnyNode; what: string; instead: string };

/** `stage` tells class fields apart: a source may have them, esbuild lowers them, a bundle may not. */
export function deviceFindings(program: Program, stage: 'source' | 'bundle'): Finding[] {
  const findings: Finding[] = [];
  const add = (node: AnyNode, what: string, instead: string): void => {
    findings.push({ node, what, instead });
  };
  walk(program, (node) => {
    for (const rule of SYNTAX) if (rule.finds(node)) add(node, rule.what, rule.instead);
    if (stage === 'bundle' && node.type === 'PropertyDefinition') {
      add(node, 'a class field is left in the bundle', 'build with useDefineForClassFields: false');
    }
    const lack = lackOf(node);
    if (lack !== null) add(node, lack.what, lack.instead);
  });
  const uses = usesOf(program);
  for (const use of uses) {
    const { node, declared } = use;
    const instead = GLOBALS[node.name];
    if (declared === null && Object.hasOwn(GLOBALS, node.name)) {
      add(node, `a board has no ${node.name}`, instead);
    }
    if (capturesLoopVariable(use)) {
      const what = `this closure shares one ${node.name} with every round of the loop`;
      add(node, what, 'copy it to a const inside the block');
    }
  }
  for (const node of prematureUses(program, uses)) {
    add(node, `${node.name} is used above its declaration`, 'declare it first: nothing is hoisted');
  }
  return findings;
}

type Rule = { what: string; instead: string; finds: (node: AnyNode) => boolean };

const NOT_ASCII = /[^\x00-\x7f]/;

const SYNTAX: Rule[] = [
  {
    what: 'a default value',
    instead: 'pass every argument, or test for undefined',
    finds: (node) => node.type === 'AssignmentPattern',
  },
  {
    what: 'destructuring',
    instead: 'name each property where it is read',
    finds: (node) => node.type === 'ObjectPattern' || node.type === 'ArrayPattern',
  },
  {
    what: 'a rest or spread',
    instead: 'write the elements out, or loop',
    finds: (node) => node.type === 'RestElement' || node.type === 'SpreadElement',
  },
  {
    what: 'a computed key',
    instead: 'assign it by index after the object is made',
    finds: (node) =>
      (node.type === 'Property' ||
        node.type === 'MethodDefinition' ||
        node.type === 'PropertyDefinition') &&
      node.computed,
  },
  {
    what: 'a private #name',
    instead: 'use the private keyword',
    finds: (node) => node.type === 'PrivateIdentifier',
  },
  {
    what: 'a static block',
    instead: 'assign after the class',
    finds: (node) => node.type === 'StaticBlock',
  },
  {
    what: '?.',
    instead: 'compare with null',
    finds: (node) => node.type === 'ChainExpression',
  },
  {
    what: '**',
    instead: 'multiply, or shift',
    finds: (node) =>
      (node.type === 'BinaryExpression' && node.operator === '**') ||
      (node.type === 'AssignmentExpression' && node.operator === '**='),
  },
  {
    what: 'a logical assignment',
    instead: 'write an if',
    finds: (node) =>
      node.type === 'AssignmentExpression' && /^(&&|\|\||\?\?)=$/.test(node.operator),
  },
  {
    what: 'async',
    instead: 'make it a step of a machine',
    finds: (node) =>
      node.type === 'AwaitExpression' ||
      (isFunction(node) && 'async' in node && node.async) ||
      (node.type === 'ForOfStatement' && node.await),
  },
  {
    what: 'a generator',
    instead: 'return an array',
    finds: (node) => isFunction(node) && 'generator' in node && node.generator,
  },
  {
    what: 'a label',
    instead: 'return from a function',
    finds: (node) => node.type === 'LabeledStatement',
  },
  {
    what: 'a tagged template',
    instead: 'call the function',
    finds: (node) => node.type === 'TaggedTemplateExpression',
  },
  {
    what: 'a BigInt',
    instead: 'use two numbers of 32 bits',
    finds: (node) => node.type === 'Literal' && node.bigint != null,
  },
  {
    what: 'a regular expression beyond ES5',
    instead: 'compare character codes',
    finds: (node) =>
      node.type === 'Literal' &&
      node.regex != null &&
      (/\(\?[=!<]|\\[pk]/.test(node.regex.pattern) || /[^gim]/.test(node.regex.flags)),
  },
  {
    what: 'a letter that is not ASCII',
    instead: 'write it as bytes',
    finds: (node) =>
      (node.type === 'Literal' && NOT_ASCII.test(node.raw ?? '')) ||
      (node.type === 'TemplateElement' && NOT_ASCII.test(node.value.raw)) ||
      (node.type === 'Identifier' && NOT_ASCII.test(node.name)),
  },
  {
    what: 'new.target or import.meta',
    instead: 'pass what is needed as an argument',
    finds: (node) => node.type === 'MetaProperty',
  },
  {
    what: 'a dynamic import',
    instead: 'import at the top',
    finds: (node) => node.type === 'ImportExpression',
  },
  {
    what: 'default: before a case',
    instead: 'put it last: the cases below it are never reached',
    finds: (node) =>
      node.type === 'SwitchStatement' && node.cases.slice(0, -1).some(({ test }) => test == null),
  },
  {
    what: 'a class that extends a built-in',
    instead: 'return a reason, or throw a plain Error: super() throws something else',
    finds: (node) =>
      (node.type === 'ClassDeclaration' || node.type === 'ClassExpression') &&
      node.superClass?.type === 'Identifier' &&
      /^(\w*Error|Array|\w+Array|Object|Promise|Function|String|Number|Date)$/.test(
        node.superClass.name,
      ),
  },
  {
    what: 'an assignment to length',
    instead: 'make a new array, or splice',
    finds: (node) =>
      node.type === 'AssignmentExpression' &&
      node.left.type === 'MemberExpression' &&
      // What a class of ours calls its own length is no array's.
      node.left.object.type !== 'ThisExpression' &&
      memberName(node.left) === 'length',
  },
  {
    what: 'for..in, whose order differs',
    instead: 'keep the names in an array',
    finds: (node) => node.type === 'ForInStatement',
  },
  {
    what: 'indexOf of a negative number, which finds 0xFFFFFFFF in unsigned arrays',
    instead: 'compare in a loop',
    finds: (node) =>
      node.type === 'CallExpression' &&
      node.callee.type === 'MemberExpression' &&
      memberName(node.callee) === 'indexOf' &&
      node.arguments[0]?.type === 'UnaryExpression' &&
      node.arguments[0].operator === '-',
  },
];

const ARRAYS = 'use an array or a typed array';

const GLOBALS: Record<string, string> = {
  Map: ARRAYS,
  Set: ARRAYS,
  WeakMap: ARRAYS,
  WeakSet: ARRAYS,
  WeakRef: 'drop the reference yourself',
  Symbol: 'use a string',
  Proxy: 'call a function',
  Reflect: 'call the method',
  BigInt: 'use two numbers of 32 bits',
  BigInt64Array: 'use two Uint32Array',
  BigUint64Array: 'use two Uint32Array',
  TextEncoder: 'use charCodeAt',
  TextDecoder: 'use String.fromCharCode',
  queueMicrotask: 'give the machine a deadline',
  setImmediate: 'give the machine a deadline',
  structuredClone: 'copy the fields',
  crypto: 'take chance and hashes as arguments',
  performance: 'take the time as an argument',
  URL: 'parse the text',
  Buffer: 'use Uint8Array',
  process: 'take it as an argument',
  globalThis: 'name the global in a port',
  Intl: 'print numbers plainly',
};

/** Methods that are absent, or differ, on whatever they are called. */
const METHODS: Record<string, string> = {
  slice: 'write new Uint8Array(bytes.subarray(a, b)), or substr: a slice of bytes is a plain array',
  sort: 'insert in order: a sort keeps no order among equals',
  at: 'index from length',
  flat: 'loop',
  flatMap: 'loop',
  copyWithin: 'loop, from the end that is read last',
  codePointAt: 'use charCodeAt',
  normalize: 'keep texts ASCII',
  localeCompare: 'compare with <',
  matchAll: 'loop over exec',
  trimStart: 'loop over charCodeAt',
  trimEnd: 'loop over charCodeAt',
  lastIndexOf: 'loop from the end',
  findLast: 'loop from the end',
  findLastIndex: 'loop from the end',
  toSorted: 'insert in order',
  toSpliced: 'splice',
  finally: 'make it a step of a machine',
  setBigUint64: 'write two numbers of 32 bits',
  getBigUint64: 'read two numbers of 32 bits',
  setBigInt64: 'write two numbers of 32 bits',
  getBigInt64: 'read two numbers of 32 bits',
};

/** What is absent, or differs, on one global: `Math.imul` and the like. */
const STATICS: Record<string, Record<string, string>> = {
  Math: {
    imul: 'multiply halves of 16 bits',
    trunc: 'use | 0 or Math.floor',
    clz32: 'loop over the bits',
    fround: 'use a Float32Array',
    hypot: 'use Math.sqrt',
    log2: 'divide Math.log(x) by Math.LN2',
    log10: 'divide Math.log(x) by Math.LN10',
    cbrt: 'use Math.pow',
  },
  Number: {
    isInteger: 'compare with Math.floor',
    isSafeInteger: 'compare with Math.floor',
    isNaN: 'use isNaN',
    isFinite: 'use isFinite',
    MAX_SAFE_INTEGER: 'write 9007199254740991',
    EPSILON: 'write the tolerance that is meant',
    parseInt: 'use parseInt',
    parseFloat: 'use parseFloat',
  },
  Object: {
    freeze: 'leave it out',
    isFrozen: 'leave it out',
    seal: 'leave it out',
    keys: 'keep the names in an array: their order differs',
    values: 'keep the values in an array: their order differs',
    entries: 'keep the entries in an array: their order differs',
    fromEntries: 'assign by index',
    hasOwn: 'compare with undefined',
  },
  Array: { from: 'loop', of: 'write [a, b]' },
  Promise: {
    race: 'make it a step of a machine',
    any: 'make it a step of a machine',
    allSettled: 'make it a step of a machine',
  },
  ArrayBuffer: { isView: 'know the type' },
  String: { raw: 'write the text out', fromCodePoint: 'use fromCharCode' },
};
const BYTES = { from: 'use new', of: 'use new' };
for (const name of ['Int8', 'Uint8', 'Uint8Clamped', 'Int16', 'Uint16', 'Int32', 'Uint32']) {
  STATICS[`${name}Array`] = BYTES;
}

/** What a member expression, or a call of one, takes from the language that a board lacks. */
function lackOf(node: AnyNode): { what: string; instead: string } | null {
  if (node.type === 'MemberExpression' && node.object.type === 'Identifier') {
    const owner = node.object.name;
    const name = memberName(node) ?? '';
    if (Object.hasOwn(STATICS, owner) && Object.hasOwn(STATICS[owner], name)) {
      return { what: `a board has no dependable ${owner}.${name}`, instead: STATICS[owner][name] };
    }
  }
  if (node.type !== 'CallExpression') return null;
  const name = memberName(node.callee) ?? '';
  if (!Object.hasOwn(METHODS, name)) return null;
  return { what: `a board has no dependable .${name}()`, instead: METHODS[name] };
}

function memberName(node: AnyNode): string | null {
  if (node.type !== 'MemberExpression') return null;
  const { property, computed } = node;
  if (!computed) return property.type === 'Identifier' ? property.name : null;
  return property.type === 'Literal' && typeof property.value === 'string' ? property.value : null;
}

/** Whether a use reaches out of a function to the variable in the head of a loop around it. */
function capturesLoopVariable({ from, declared }: Use): boolean {
  if (declared === null || !/^For/.test(declared.node.type)) return false;
  let scope: Scope | null = from;
  for (; scope !== null && scope !== declared; scope = scope.parent) {
    if (isFunction(scope.node)) return true;
  }
  return false;
}
