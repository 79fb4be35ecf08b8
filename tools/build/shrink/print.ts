/**
 * Print: a tree as text, with brackets wherever they could matter: esbuild takes out those that do
 * not. It knows the language that a board knows, and refuses the rest.
 */
import type { Tree } from './tree.ts';

export function print(node: Tree | null): string {
  if (node === null) return '';
  const printer = PRINTERS[node.type];
  if (printer === undefined) throw new Error(`a board's program has a ${node.type}`);
  return printer(node);
}

function list(nodes: Tree[]): string {
  return nodes.map(print).join(', ');
}

function lines(nodes: Tree[]): string {
  return nodes.map(print).join('\n');
}

/** A function as a method is written. */
function tail(node: Tree): string {
  return `(${list(node['params'])}) ${print(node['body'])}`;
}

function operands(node: Tree): string {
  return `(${print(node['left'])} ${node['operator']} ${print(node['right'])})`;
}

function wordy(word: string, part: string): (node: Tree) => string {
  return (node) => (node[part] ? `${word} ${print(node[part])};` : `${word};`);
}

function classTail(node: Tree): string {
  return `class ${print(node['id'])} {\n${lines(node['body'].body)}\n}`;
}

/** A statement after a head that ends in a bracket. */
function nested(node: Tree): string {
  return node.type === 'EmptyStatement' ? '{}' : `{ ${print(node)} }`;
}

const PRINTERS: Record<string, (node: Tree) => string> = {
  Program: (node) => lines(node['body']),
  BlockStatement: (node) => `{\n${lines(node['body'])}\n}`,
  EmptyStatement: () => '',
  ExpressionStatement: (node) => `(${print(node['expression'])});`,
  VariableDeclaration: (node) => `${node['kind']} ${list(node['declarations'])};`,
  VariableDeclarator: (node) =>
    node['init'] ? `${print(node['id'])} = ${print(node['init'])}` : print(node['id']),
  FunctionDeclaration: (node) => `function ${print(node['id'])}${tail(node)}`,
  FunctionExpression: (node) => `(function ${print(node['id'])}${tail(node)})`,
  ArrowFunctionExpression: (node) =>
    node['body'].type === 'BlockStatement'
      ? `((${list(node['params'])}) => ${print(node['body'])})`
      : `((${list(node['params'])}) => (${print(node['body'])}))`,
  ClassExpression: (node) => `(${classTail(node)})`,
  MethodDefinition: (node) => `${print(node['key'])}${tail(node['value'])}`,
  ReturnStatement: wordy('return', 'argument'),
  ThrowStatement: wordy('throw', 'argument'),
  BreakStatement: () => 'break;',
  ContinueStatement: () => 'continue;',
  IfStatement: (node) =>
    `if (${print(node['test'])}) ${nested(node['consequent'])}` +
    (node['alternate'] ? ` else ${nested(node['alternate'])}` : ''),
  ForStatement: (node) =>
    `for (${print(node['init']).replace(/;$/, '')}; ${print(node['test'])}; ${print(node['update'])}) ` +
    nested(node['body']),
  ForOfStatement: (node) =>
    `for (${print(node['left']).replace(/;$/, '')} of ${print(node['right'])}) ${nested(node['body'])}`,
  WhileStatement: (node) => `while (${print(node['test'])}) ${nested(node['body'])}`,
  DoWhileStatement: (node) => `do ${nested(node['body'])} while (${print(node['test'])});`,
  SwitchStatement: (node) =>
    `switch (${print(node['discriminant'])}) {\n${lines(node['cases'])}\n}`,
  SwitchCase: (node) =>
    `${node['test'] ? `case ${print(node['test'])}` : 'default'}: ${lines(node['consequent'])}`,
  TryStatement: (node) =>
    `try ${print(node['block'])} ${node['handler'] ? print(node['handler']) : ''}`,
  CatchClause: (node) =>
    `catch ${node['param'] ? `(${print(node['param'])}) ` : ''}${print(node['body'])}`,
  Identifier: (node) => node['name'],
  ThisExpression: () => 'this',
  Literal: (node) =>
    node['regex'] || node['value'] === undefined ? node['raw'] : JSON.stringify(node['value']),
  TemplateLiteral: (node) =>
    '`' +
    node['quasis']
      .map((quasi: Tree, at: number) => {
        const expression = node['expressions'][at];
        return quasi['value'].raw + (expression ? '${' + print(expression) + '}' : '');
      })
      .join('') +
    '`',
  ArrayExpression: (node) => `[${list(node['elements'])}]`,
  ObjectExpression: (node) => `({ ${list(node['properties'])} })`,
  Property: (node) => `${print(node['key'])}: ${print(node['value'])}`,
  MemberExpression: (node) =>
    node['computed']
      ? `${print(node['object'])}[${print(node['property'])}]`
      : `${/^[\d-]/.test(print(node['object'])) ? `(${print(node['object'])})` : print(node['object'])}.${print(node['property'])}`,
  CallExpression: (node) => `${print(node['callee'])}(${list(node['arguments'])})`,
  NewExpression: (node) => `new ${print(node['callee'])}(${list(node['arguments'])})`,
  UnaryExpression: (node) => `(${node['operator']} ${print(node['argument'])})`,
  UpdateExpression: (node) =>
    node['prefix']
      ? `(${node['operator']}${print(node['argument'])})`
      : `(${print(node['argument'])}${node['operator']})`,
  BinaryExpression: operands,
  LogicalExpression: operands,
  AssignmentExpression: operands,
  ConditionalExpression: (node) =>
    `(${print(node['test'])} ? ${print(node['consequent'])} : ${print(node['alternate'])})`,
  SequenceExpression: (node) => `(${list(node['expressions'])})`,
  ParenthesizedExpression: (node) => `(${print(node['expression'])})`,
};
