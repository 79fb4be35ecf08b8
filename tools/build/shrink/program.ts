/**
 * Program: parsed so that passes have it easy. Every name stands for one thing in the whole of it,
 * every declaration declares one name, and every branch and loop has a block.
 */
import type { Program } from 'acorn';
import { parse } from 'acorn';
import type { Scope } from '../syntax.ts';
import { usesOf } from '../syntax.ts';
import type { Tree } from './tree.ts';
import { block, each, isUse, rewrite } from './tree.ts';

export function readProgram(code: string): Tree {
  const program = parse(code, { ecmaVersion: 'latest', sourceType: 'module' });
  nameApart(program);
  rewrite(program as unknown as Tree, plain);
  return program as unknown as Tree;
}

/** What is declared inside of something gets a number of its own. */
function nameApart(program: Program): void {
  const taken = new Map<Scope, Map<string, string>>();
  let count = 0;
  for (const { node, declared } of usesOf(program)) {
    if (declared === null || declared.parent === null) continue;
    const names = taken.get(declared) ?? new Map<string, string>();
    taken.set(declared, names);
    const name = names.get(node.name) ?? `${node.name}$${++count}`;
    names.set(node.name, name);
    node.name = name;
  }
}

function plain(node: Tree, parent: Tree | null, part: string): Tree | Tree[] {
  switch (node.type) {
    case 'VariableDeclaration':
      if (node.declarations.length === 1 || part === 'init' || part === 'left') return node;
      return node.declarations.map((one: Tree) => ({ ...node, declarations: [one] }));
    case 'EmptyStatement':
      return Array.isArray(parent?.[part]) ? [] : node;
    case 'IfStatement':
      if (node.alternate) node.alternate = blocked(node.alternate);
      node.consequent = blocked(node.consequent);
      return node;
    case 'ForStatement':
    case 'ForOfStatement':
    case 'WhileStatement':
    case 'DoWhileStatement':
      node.body = blocked(node.body);
      return node;
    case 'Property':
      node.shorthand = false;
      node.method = false;
      return node;
    default:
      return node;
  }
}

function blocked(node: Tree): Tree {
  if (node.type === 'BlockStatement') return node;
  return block(node.type === 'EmptyStatement' ? [] : [node]);
}

/** One name: where it is declared, read and written. */
export type Binding = {
  name: string;
  kind: 'variable' | 'function' | 'class' | 'param';
  /** Declared by a statement of the program itself. */
  isTop: boolean;
  /** The declarator, function or class. */
  node: Tree;
  /** Identifiers that read it, each with what it is part of. */
  reads: { parent: Tree; part: string }[];
  /** What is assigned to it, its initial value included; null for `++` and the like. */
  values: (Tree | null)[];
  /** Assignments that are statements of the program itself. */
  topAssignments: number;
};

export function bindingsOf(program: Tree): Map<string, Binding> {
  const bindings = new Map<string, Binding>();
  const add = (name: string, kind: Binding['kind'], isTop: boolean, node: Tree): Binding => {
    const binding: Binding = {
      name,
      kind,
      isTop,
      node,
      reads: [],
      values: [],
      topAssignments: 0,
    };
    bindings.set(name, binding);
    return binding;
  };
  const top = new Set<Tree>(program.body);
  each(program, (node, parent) => {
    if (node.type === 'VariableDeclarator') {
      const binding = add(node.id.name, 'variable', top.has(parent!), node);
      if (node.init) binding.values.push(node.init);
    } else if (node.type === 'FunctionDeclaration') {
      add(node.id.name, 'function', top.has(node), node);
    } else if (node.type === 'ClassDeclaration') add(node.id.name, 'class', top.has(node), node);
    else if (node.type === 'CatchClause' && node.param) {
      add(node.param.name, 'param', false, node).values.push(null);
    }
    if (/Function/.test(node.type)) {
      if (node.type === 'FunctionExpression' && node.id) add(node.id.name, 'function', false, node);
      for (const param of node.params) add(param.name, 'param', false, node);
    }
  });
  const topExpressions = new Set<Tree>(
    program.body.flatMap((node: Tree) =>
      node.type === 'ExpressionStatement' ? [node.expression] : [],
    ),
  );
  each(program, (node, parent, part) => {
    if (node.type !== 'Identifier' || parent === null || !isUse(parent, part)) return;
    const binding = bindings.get(node.name);
    if (binding === undefined) return;
    if (parent.type === 'AssignmentExpression' && part === 'left') {
      binding.values.push(parent.operator === '=' ? parent.right : null);
      if (topExpressions.has(parent)) binding.topAssignments++;
      if (parent.operator === '=') return;
    } else if (parent.type === 'UpdateExpression') binding.values.push(null);
    binding.reads.push({ parent, part });
  });
  // A loop gives its variable each round, as a caller gives a parameter.
  each(program, (node) => {
    if (node.type !== 'ForOfStatement') return;
    bindings.get(node.left.declarations[0].id.name)!.kind = 'param';
  });
  return bindings;
}
