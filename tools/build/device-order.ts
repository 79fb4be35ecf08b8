/**
 * Device order: Espruino hoists nothing, so what runs while its block is still being read must be
 * declared above, and so must all that it calls. Calls are followed through functions and
 * constructors by name; calls of methods are not.
 */
import type { AnyNode, Identifier, Program } from 'acorn';
import { children, isFunction, walk } from './syntax.ts';
import type { Use } from './syntax.ts';

/** The names that are used before their declaration has been read. */
export function prematureUses(program: Program, uses: Use[]): Identifier[] {
  const blocks: Blocks = new Map();
  for (const use of uses) if (use.declared) blocks.set(use.node, use.declared.node);
  const found = new Set<Identifier>();
  walk(program, (node) => {
    if (node.type === 'Program' || node.type === 'BlockStatement') inBlock(node, blocks, found);
  });
  return [...found];
}

/** The block that declares what a name means. */
type Blocks = Map<AnyNode, AnyNode>;

/** What a block declares that can be called: which statement that is, and what a call runs. */
type Callable = { at: number; runs: AnyNode[] };

function inBlock(
  block: AnyNode & { body: AnyNode[] },
  blocks: Blocks,
  found: Set<Identifier>,
): void {
  const statements = block.body.map((node) =>
    node.type === 'ExportNamedDeclaration' ? (node.declaration ?? node) : node,
  );
  const callables = new Map<string, Callable>();
  statements.forEach((statement, at) => {
    for (const [name, runs] of callablesOf(statement)) callables.set(name, { at, runs });
  });
  statements.forEach((statement, at) => {
    if (isFunction(statement)) return;
    const visited = new Set<AnyNode>();
    const follow = (node: AnyNode): void => {
      if (visited.has(node)) return;
      visited.add(node);
      for (const name of readWhenRun(node)) {
        const target = callables.get(name.name);
        if (target === undefined || blocks.get(name) !== block) continue;
        if (target.at > at) found.add(name);
        else target.runs.forEach(follow);
      }
    };
    follow(statement);
  });
}

function callablesOf(statement: AnyNode): [string, AnyNode[]][] {
  if (statement.type === 'VariableDeclaration') {
    return statement.declarations.flatMap(({ id, init }): [string, AnyNode[]][] =>
      id.type === 'Identifier' && init ? [[id.name, runBy(init)]] : [],
    );
  }
  const named = statement.type === 'FunctionDeclaration' || statement.type === 'ClassDeclaration';
  return named && statement.id ? [[statement.id.name, runBy(statement)]] : [];
}

/** What a call of this value runs; nothing when it is neither function nor class. */
function runBy(value: AnyNode): AnyNode[] {
  switch (value.type) {
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return [value.body];
    case 'ClassDeclaration':
    case 'ClassExpression':
      return value.body.body.flatMap((member): AnyNode[] => {
        if (member.type === 'PropertyDefinition') return member.value ? [member.value] : [];
        const isConstructor = member.type === 'MethodDefinition' && member.kind === 'constructor';
        return isConstructor ? [member.value.body] : [];
      });
    default:
      return [];
  }
}

/** The names read when a piece of code runs: what an inner function reads waits for its call. */
function readWhenRun(node: AnyNode): Identifier[] {
  if (node.type === 'Identifier') return [node];
  return children(node).flatMap((child) => {
    // To declare a name is not to read it.
    if ('id' in node && child === node.id) return [];
    if (!isFunction(child)) return readWhenRun(child);
    const calledAtOnce = node.type === 'CallExpression' && child === node.callee;
    return calledAtOnce ? runBy(child).flatMap(readWhenRun) : [];
  });
}
