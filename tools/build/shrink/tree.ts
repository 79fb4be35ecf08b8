/**
 * Tree: a parsed program that passes take apart and put together again. Nodes are those of ESTree,
 * and every name in a tree stands for one thing only (see rename.ts), so a part may be moved
 * anywhere without asking what its names mean there.
 */

/** A node. What it has depends on its type; the printer refuses what it does not know. */
export type Tree = { type: string; [part: string]: any };

/** The parts of a node that are nodes or lists of them; those of types not here are none. */
const PARTS: Record<string, string[]> = {
  Program: ['body'],
  BlockStatement: ['body'],
  ExpressionStatement: ['expression'],
  VariableDeclaration: ['declarations'],
  VariableDeclarator: ['id', 'init'],
  FunctionDeclaration: ['id', 'params', 'body'],
  FunctionExpression: ['id', 'params', 'body'],
  ArrowFunctionExpression: ['params', 'body'],
  ClassDeclaration: ['id', 'superClass', 'body'],
  ClassExpression: ['id', 'superClass', 'body'],
  ClassBody: ['body'],
  MethodDefinition: ['key', 'value'],
  ReturnStatement: ['argument'],
  ThrowStatement: ['argument'],
  IfStatement: ['test', 'consequent', 'alternate'],
  ForStatement: ['init', 'test', 'update', 'body'],
  ForOfStatement: ['left', 'right', 'body'],
  WhileStatement: ['test', 'body'],
  DoWhileStatement: ['body', 'test'],
  SwitchStatement: ['discriminant', 'cases'],
  SwitchCase: ['test', 'consequent'],
  TryStatement: ['block', 'handler'],
  CatchClause: ['param', 'body'],
  TemplateLiteral: ['expressions'],
  ArrayExpression: ['elements'],
  ObjectExpression: ['properties'],
  Property: ['key', 'value'],
  MemberExpression: ['object', 'property'],
  CallExpression: ['callee', 'arguments'],
  NewExpression: ['callee', 'arguments'],
  UnaryExpression: ['argument'],
  UpdateExpression: ['argument'],
  BinaryExpression: ['left', 'right'],
  LogicalExpression: ['left', 'right'],
  AssignmentExpression: ['left', 'right'],
  ConditionalExpression: ['test', 'consequent', 'alternate'],
  SequenceExpression: ['expressions'],
  ParenthesizedExpression: ['expression'],
};
const NONE: string[] = [];

/** Visits every node with its parent and the part of it that it is, parents first. */
export function each(
  node: Tree,
  visit: (node: Tree, parent: Tree | null, part: string) => void,
  parent: Tree | null = null,
  part = '',
): void {
  visit(node, parent, part);
  for (const key of PARTS[node.type] ?? NONE) {
    const value = node[key];
    if (Array.isArray(value)) {
      for (const item of value) if (item) each(item, visit, node, key);
    } else if (value) each(value, visit, node, key);
  }
}

/** What becomes of a node: itself, another, several in its place in a list, or nothing. */
export type Change = (node: Tree, parent: Tree | null, part: string) => Tree | Tree[] | null;

/** Changes a tree where it stands, children first. */
export function rewrite(
  node: Tree,
  change: Change,
  parent: Tree | null = null,
  part = '',
): Tree | Tree[] | null {
  for (const key of PARTS[node.type] ?? NONE) {
    const value = node[key];
    if (Array.isArray(value)) {
      let isSame = true;
      const changed = value.map((item) => {
        const other = item && rewrite(item, change, node, key);
        if (other !== item) isSame = false;
        return other ?? (item ? [] : item);
      });
      if (!isSame) node[key] = changed.flat();
    } else if (value) {
      const changed = rewrite(value, change, node, key);
      if (changed !== value) node[key] = Array.isArray(changed) ? block(changed) : changed;
    }
  }
  return change(node, parent, part);
}

export function copy<T>(node: T): T {
  return structuredClone(node);
}

/** Whether an identifier stands for a variable, rather than for a property or a declaration. */
export function isUse(parent: Tree | null, part: string): boolean {
  if (parent === null) return true;
  switch (parent.type) {
    case 'MemberExpression':
      return part !== 'property' || parent['computed'];
    case 'Property':
    case 'MethodDefinition':
      return part !== 'key';
    case 'VariableDeclarator':
    case 'ClassDeclaration':
    case 'ClassExpression':
      return part !== 'id';
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return part !== 'id' && part !== 'params';
    case 'CatchClause':
      return part !== 'param';
    default:
      return true;
  }
}

export function isFunction(node: Tree | null | undefined): boolean {
  return node !== null && node !== undefined && /Function/.test(node.type);
}

export function isIdentifier(node: Tree | null | undefined, name?: string): boolean {
  return node?.type === 'Identifier' && (name === undefined || node['name'] === name);
}

/** `object.name`; the name of the property, or null. */
export function memberName(node: Tree | null | undefined): string | null {
  if (node?.type !== 'MemberExpression' || node['computed']) return null;
  return node['property'].name;
}

export function identifier(name: string): Tree {
  return { type: 'Identifier', name };
}

export function literal(value: unknown): Tree {
  return { type: 'Literal', value };
}

export function block(body: Tree[]): Tree {
  return { type: 'BlockStatement', body };
}

export function statement(expression: Tree): Tree {
  return { type: 'ExpressionStatement', expression };
}

export function assign(left: Tree, right: Tree): Tree {
  return { type: 'AssignmentExpression', operator: '=', left, right };
}

export function declare(kind: string, name: string, init: Tree | null): Tree {
  const declarator = { type: 'VariableDeclarator', id: identifier(name), init };
  return { type: 'VariableDeclaration', kind, declarations: [declarator] };
}

/** The value of a literal, also a negative one; undefined for anything else. */
export function valueOf(node: Tree | null | undefined): unknown {
  if (node?.type === 'Literal' && !node['regex']) return node['value'];
  if (node?.type === 'UnaryExpression' && node['operator'] === '-') {
    const value = valueOf(node['argument']);
    return typeof value === 'number' ? -value : undefined;
  }
  return undefined;
}

export function ofValue(value: unknown): Tree {
  if (typeof value === 'number' && (value < 0 || Object.is(value, -0))) {
    return { type: 'UnaryExpression', operator: '-', prefix: true, argument: literal(-value) };
  }
  return literal(value);
}

/** Whether nothing but a value comes of it: leaving it out, or doing it twice, changes nothing. */
export function isPure(node: Tree | null): boolean {
  if (node === null) return true;
  switch (node.type) {
    case 'Literal':
    case 'Identifier':
    case 'ThisExpression':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return true;
    case 'UnaryExpression':
      return node['operator'] !== 'delete' && isPure(node['argument']);
    case 'BinaryExpression':
    case 'LogicalExpression':
      return isPure(node['left']) && isPure(node['right']);
    case 'ConditionalExpression':
      return isPure(node['test']) && isPure(node['consequent']) && isPure(node['alternate']);
    case 'MemberExpression':
      return isPure(node['object']) && (!node['computed'] || isPure(node['property']));
    case 'ArrayExpression':
      return node['elements'].every(isPure);
    case 'ObjectExpression':
      return node['properties'].every((property: Tree) => isPure(property['value']));
    case 'NewExpression':
      return (
        /^Uint(8|16|32)Array$/.test(node['callee'].name ?? '') && node['arguments'].every(isPure)
      );
    default:
      return false;
  }
}
