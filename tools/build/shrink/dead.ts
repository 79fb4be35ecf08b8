/**
 * Dead: takes out what nobody reads: methods, fields, parts of objects, variables and functions. By
 * name alone: the gate allows no computed keys, so what is read has its name somewhere.
 */
import { bindingsOf } from './program.ts';
import type { Tree } from './tree.ts';
import { each, isIdentifier, isPure, memberName, rewrite, statement } from './tree.ts';

/** `known` are the names by which the firmware knows what we hand to it. */
export function bury(program: Tree, known: Set<string>): boolean {
  const read = namesRead(program);
  const isUnread = (name: string): boolean => !read.has(name) && !known.has(name);
  const unread = unreadBindings(program);
  let changed = false;
  const gone = (instead: Tree[]): Tree[] => {
    changed = true;
    return instead;
  };
  rewrite(program, (node) => {
    switch (node.type) {
      case 'MethodDefinition':
        return node.kind === 'method' && isUnread(node.key.name) ? gone([]) : node;
      case 'Property':
        return isUnread(node.key.name ?? '') && node.key.name && isPure(node.value)
          ? gone([])
          : node;
      case 'FunctionDeclaration':
        return unread.has(node.id.name) ? gone([]) : node;
      case 'VariableDeclaration': {
        const { id, init } = node.declarations[0];
        if (!unread.has(id.name)) return node;
        const isSafe = isPure(init) || init.type === 'ClassExpression';
        return gone(isSafe ? [] : [statement(init)]);
      }
      case 'ExpressionStatement': {
        const kept = left(node.expression, isUnread, unread);
        return kept === undefined ? node : gone(kept === null ? [] : [statement(kept)]);
      }
      default:
        return node;
    }
  });
  return changed;
}

/** What is left of an assignment to something unread: nothing, or what is to be done all the same. */
function left(
  expression: Tree,
  isUnread: (name: string) => boolean,
  unread: Set<string>,
): Tree | null | undefined {
  const target = writtenBy(expression);
  if (target === null) return undefined;
  const name = fieldOf(target);
  const isGone = name === null ? isIdentifier(target) && unread.has(target.name) : isUnread(name);
  if (!isGone || !isPure(target)) return undefined;
  const { right } = expression;
  return right === undefined || isPure(right) ? null : right;
}

/** Where a statement writes to, and only it: `a.b = 1`, `a.b[c]++`. */
function writtenBy(expression: Tree): Tree | null {
  if (expression.type === 'AssignmentExpression') return expression.left;
  return expression.type === 'UpdateExpression' ? expression.argument : null;
}

/** The part that is written, or written into. */
function fieldOf(target: Tree): string | null {
  let at = target;
  while (at.type === 'MemberExpression' && at.computed) at = at.object;
  return memberName(at);
}

function namesRead(program: Tree): Set<string> {
  const written = new Set<Tree>();
  each(program, (node, parent, part) => {
    if (node.type === 'AssignmentExpression' && node.operator === '=') {
      if (memberName(node.left) !== null) written.add(node.left);
    }
    if (part !== 'expression' || parent?.type !== 'ExpressionStatement') return;
    let at = writtenBy(node);
    while (at?.type === 'MemberExpression' && at.computed) at = at.object;
    if (at !== null && memberName(at) !== null) written.add(at);
  });
  const names = new Set<string>();
  each(program, (node) => {
    const name = memberName(node);
    if (name !== null && !written.has(node)) names.add(name);
  });
  return names;
}

function unreadBindings(program: Tree): Set<string> {
  const alone = new Set<Tree>();
  each(program, (node) => {
    if (node.type === 'ExpressionStatement') alone.add(node.expression);
    if (node.type === 'ForStatement' && node.update) alone.delete(node.update);
  });
  const unread = new Set<string>();
  for (const { name, kind, reads } of bindingsOf(program).values()) {
    if (kind === 'param') continue;
    if (
      reads.every(
        ({ parent, part }) => part !== 'object' && alone.has(parent) && isWrite(parent, part),
      )
    ) {
      unread.add(name);
    }
  }
  return unread;
}

function isWrite(parent: Tree, part: string): boolean {
  return (
    parent.type === 'UpdateExpression' ||
    (parent.type === 'AssignmentExpression' && part === 'left')
  );
}
