/**
 * Shorten: the last touches, which make a program shorter but harder to work on. Lists are gone
 * through without counting, what is named often gets a name of its own, and what is declared first
 * and given a value later is declared with it.
 */
import { bindingsOf } from './program.ts';
import { print } from './print.ts';
import type { Tree } from './tree.ts';
import { declare, each, identifier, isIdentifier, isPure, isUse, memberName } from './tree.ts';
import { isFunction, literal, rewrite, valueOf } from './tree.ts';

export function shorten(program: Tree): void {
  plainCalls(program);
  twins(program);
  countless(program);
  declareWithValue(program);
  nameOften(program);
}

/** `(a) => f(a)` is `f`. */
function plainCalls(program: Tree): void {
  const bindings = bindingsOf(program);
  rewrite(program, (node, parent) => {
    if (!isFunction(node) || parent?.type === 'MethodDefinition' || parent === program) return node;
    const [only, ...more] = node.body.body ?? [{ type: 'ReturnStatement', argument: node.body }];
    const call = only?.argument ?? only?.expression;
    if (more.length > 0 || call?.type !== 'CallExpression' || !isIdentifier(call.callee))
      return node;
    const binding = bindings.get(call.callee.name);
    if (binding?.kind !== 'function' || binding.node.params.length !== node.params.length)
      return node;
    const isSame =
      call.arguments.length === node.params.length &&
      call.arguments.every((given: Tree, at: number) => isIdentifier(given, node.params[at].name));
    return isSame ? call.callee : node;
  });
}

/** Functions that differ in nothing but names are one. */
function twins(program: Tree): void {
  const known = new Map<string, string>();
  const instead = new Map<string, string>();
  program.body = program.body.filter((node: Tree) => {
    if (node.type !== 'FunctionDeclaration') return true;
    const names = new Map<string, string>();
    each(node, (inner, parent, part) => {
      const isOurs = parent === node ? part === 'params' : parent?.type === 'VariableDeclarator';
      if (isOurs && isIdentifier(inner) && part !== 'init') names.set(inner.name, `${names.size}`);
    });
    const text = print({ ...node, id: null }).replace(/[\w$]+/g, (word) => {
      const at = names.get(word);
      return at === undefined ? word : `$${at}`;
    });
    const twin = known.get(text);
    if (twin === undefined) known.set(text, node.id.name);
    else instead.set(node.id.name, twin);
    return twin === undefined;
  });
  each(program, (node) => {
    if (isIdentifier(node) && instead.has(node.name)) node.name = instead.get(node.name);
  });
}

/** `for (let i = 0; i < list.length; i++)` where the counter only finds `list[i]`. */
function countless(program: Tree): void {
  const bindings = bindingsOf(program);
  rewrite(program, (node) => {
    if (node.type !== 'ForStatement') return node;
    const counter = node.init?.declarations?.[0];
    const list = node.test?.right?.object;
    const isCount =
      valueOf(counter?.init) === 0 &&
      node.test.operator === '<' &&
      isIdentifier(node.test.left, counter.id.name) &&
      memberName(node.test.right) === 'length' &&
      node.update.operator === '++' &&
      isIdentifier(list) &&
      (bindings.get(list.name)?.values.length ?? 2) <= 1;
    if (!isCount) return node;
    const found = new Set<Tree>();
    let others = 0;
    each(node.body, (inner, parent, part) => {
      if (isIdentifier(inner, counter.id.name)) {
        const isRead = parent!.type === 'MemberExpression' && part === 'property';
        if (isRead && isIdentifier(parent!.object, list.name)) found.add(parent!);
        else others++;
      }
      const isWrite = parent?.type === 'UpdateExpression' || part === 'left';
      if (isWrite && inner.type === 'MemberExpression' && isIdentifier(inner.object, list.name)) {
        if (parent!.type !== 'BinaryExpression' && parent!.type !== 'LogicalExpression') others++;
      }
    });
    if (others > 0 || found.size === 0) return node;
    // Where the body begins by giving it a name, that is its name.
    const [first] = node.body.body;
    const isNamed =
      found.size === 1 &&
      first?.type === 'VariableDeclaration' &&
      found.has(first.declarations[0].init);
    if (isNamed) node.body.body.shift();
    const name = isNamed ? first.declarations[0].id.name : `each$${counter.id.name}`;
    rewrite(node.body, (inner) => (found.has(inner) ? identifier(name) : inner));
    return {
      type: 'ForOfStatement',
      left: declare('let', name, null),
      right: list,
      body: node.body,
    };
  });
}

/** Moves constant first values up to the declarations. */
function declareWithValue(program: Tree): void {
  const bare = new Map<string, Tree>();
  program.body = program.body.flatMap((node: Tree) => {
    if (node.type === 'VariableDeclaration' && !node.declarations[0].init) {
      bare.set(node.declarations[0].id.name, node.declarations[0]);
    }
    const { expression } = node;
    if (node.type !== 'ExpressionStatement' || expression.type !== 'AssignmentExpression') {
      return [node];
    }
    const declared = bare.get(expression.left.name);
    if (declared === undefined || expression.operator !== '=') return [node];
    bare.delete(expression.left.name);
    if (!isConstantMaking(expression.right)) return [node];
    declared.init = expression.right;
    return [];
  });
}

function isConstantMaking(node: Tree): boolean {
  let isOurs = isPure(node);
  each(node, (inner, parent, part) => {
    if (inner.type !== 'Identifier' || !isUse(parent, part)) return;
    if (!/^(Uint(8|16|32)Array|Infinity)$/.test(inner.name)) isOurs = false;
  });
  return isOurs;
}

/** Globals that stand in a program so often that a name of our own is shorter. */
const OFTEN = ['Uint8Array', 'Uint32Array', 'Uint16Array', 'Math.min', 'Math.floor'];

/** Properties of which the same is true: `list.length` becomes `list[length]`. */
const PROPERTIES = ['length', 'subarray', 'push'];

function nameOften(program: Tree): void {
  for (const property of PROPERTIES) {
    const nodes: Tree[] = [];
    each(program, (node) => void (memberName(node) === property && nodes.push(node)));
    if (nodes.length < 16) continue;
    const name = `often$${property}`;
    for (const node of nodes) Object.assign(node, { computed: true, property: identifier(name) });
    program.body.unshift(declare('let', name, literal(property)));
  }

  const uses = new Map<string, Tree[]>(OFTEN.map((name) => [name, []]));
  each(program, (node, parent, part) => {
    if (node.type === 'Identifier' && isUse(parent, part)) uses.get(node.name)?.push(node);
    const member = memberName(node);
    if (member !== null && isIdentifier(node.object)) {
      uses.get(`${node.object.name}.${member}`)?.push(node);
    }
  });
  for (const [name, nodes] of uses) {
    if (nodes.length * (name.length - 2) < name.length + 8) continue;
    const ours = identifier(`often$${name.replace('.', '$')}`);
    const [object, member] = name.split('.').map(identifier);
    const value =
      member === undefined
        ? object
        : { type: 'MemberExpression', object, property: member, computed: false };
    for (const node of nodes) {
      for (const key of Object.keys(node)) delete node[key];
      Object.assign(node, { ...ours });
    }
    program.body.unshift(declare('let', ours.name, value));
  }
}
