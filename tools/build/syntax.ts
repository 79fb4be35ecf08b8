/**
 * Syntax: a walk over a parsed program, and which declaration every name in it means. The device
 * gate reads finished bundles with it, the tidy test our sources.
 */
import type { AnyNode, Identifier, Pattern, Program } from 'acorn';

/** The node that opens a scope, and the names declared in it. */
export type Scope = { node: AnyNode; names: Set<string>; parent: Scope | null };

/** One use of a name: where it stands, and where it is declared; null means outside the program. */
export type Use = { node: Identifier; from: Scope; declared: Scope | null };

export function children(node: AnyNode): AnyNode[] {
  const found: AnyNode[] = [];
  for (const value of Object.values(node)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (typeof item?.type === 'string') found.push(item);
    }
  }
  return found;
}

/** Visits a node and everything below it, top down. */
export function walk(node: AnyNode, visit: (node: AnyNode) => void): void {
  visit(node);
  for (const child of children(node)) walk(child, visit);
}

export function isFunction(node: AnyNode): boolean {
  return /Function/.test(node.type);
}

/** Every use of every name. Declarations count as uses of themselves. */
export function usesOf(program: Program): Use[] {
  const uses: Use[] = [];
  resolve(program, { node: program, names: declaredIn(program), parent: null }, uses);
  return uses;
}

function resolve(node: AnyNode, scope: Scope, uses: Use[]): void {
  if (node.type === 'Identifier') {
    let declared: Scope | null = scope;
    while (declared !== null && !declared.names.has(node.name)) declared = declared.parent;
    uses.push({ node, from: scope, declared });
    return;
  }
  for (const child of children(node)) {
    if (isLabel(node, child)) continue;
    const names = declaredIn(child);
    const opens = isFunction(child) || names.size > 0;
    resolve(child, opens ? { node: child, names, parent: scope } : scope, uses);
  }
}

/** Whether `child` of `node` is a word that names no variable: a property, a label, an export. */
function isLabel(node: AnyNode, child: AnyNode): boolean {
  switch (node.type) {
    case 'MemberExpression':
      return child === node.property && !node.computed;
    case 'Property':
    case 'MethodDefinition':
    case 'PropertyDefinition':
      return child === node.key && !node.computed;
    case 'LabeledStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
      return child === node.label;
    case 'ImportSpecifier':
      return child === node.imported && node.imported !== node.local;
    case 'ExportNamedDeclaration':
      return node.source != null && child.type === 'ExportSpecifier';
    case 'ExportSpecifier':
      return child === node.exported && node.exported !== node.local;
    case 'ExportAllDeclaration':
    case 'MetaProperty':
      return true;
    default:
      return false;
  }
}

/** The names that a node declares for what is inside it. */
function declaredIn(node: AnyNode): Set<string> {
  const names = new Set<string>();
  switch (node.type) {
    case 'Program':
      declaredAt(node.body, names);
      hoisted(node, names);
      break;
    case 'BlockStatement':
    case 'StaticBlock':
      declaredAt(node.body, names);
      break;
    case 'SwitchStatement':
      for (const { consequent } of node.cases) declaredAt(consequent, names);
      break;
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      if (node.type === 'FunctionExpression' && node.id) names.add(node.id.name);
      for (const parameter of node.params) namesOf(parameter, names);
      hoisted(node.body, names);
      break;
    case 'ClassDeclaration':
    case 'ClassExpression':
      if (node.id) names.add(node.id.name);
      break;
    case 'ForStatement':
      if (node.init) declaredAt([node.init], names);
      break;
    case 'ForInStatement':
    case 'ForOfStatement':
      declaredAt([node.left], names);
      break;
    case 'CatchClause':
      if (node.param) namesOf(node.param, names);
      break;
  }
  return names;
}

/** What the statements of one block declare for that block. */
function declaredAt(statements: AnyNode[], names: Set<string>): void {
  for (const statement of statements) {
    switch (statement.type) {
      case 'ImportDeclaration':
        for (const { local } of statement.specifiers) names.add(local.name);
        break;
      case 'ExportNamedDeclaration':
      case 'ExportDefaultDeclaration':
        if (statement.declaration) declaredAt([statement.declaration], names);
        break;
      case 'FunctionDeclaration':
      case 'ClassDeclaration':
        if (statement.id) names.add(statement.id.name);
        break;
      case 'VariableDeclaration':
        if (statement.kind === 'var') break;
        for (const { id } of statement.declarations) namesOf(id, names);
        break;
    }
  }
}

/** What `var` declares anywhere below, functions apart. */
function hoisted(node: AnyNode, names: Set<string>): void {
  if (node.type === 'VariableDeclaration' && node.kind === 'var') {
    for (const { id } of node.declarations) namesOf(id, names);
  }
  for (const child of children(node)) if (!isFunction(child)) hoisted(child, names);
}

function namesOf(pattern: Pattern, names: Set<string>): void {
  switch (pattern.type) {
    case 'Identifier':
      names.add(pattern.name);
      break;
    case 'ObjectPattern':
      for (const property of pattern.properties) {
        namesOf(property.type === 'Property' ? property.value : property.argument, names);
      }
      break;
    case 'ArrayPattern':
      for (const element of pattern.elements) if (element) namesOf(element, names);
      break;
    case 'AssignmentPattern':
      namesOf(pattern.left, names);
      break;
    case 'RestElement':
      namesOf(pattern.argument, names);
      break;
  }
}
