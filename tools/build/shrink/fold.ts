/**
 * Fold: works out what is known when the program is built, and takes out what can then never run.
 */
import type { Tree } from './tree.ts';
import { block, copy, declare, each, isFunction, isIdentifier, isPure } from './tree.ts';
import { ofValue, rewrite, valueOf } from './tree.ts';

export function fold(program: Tree): void {
  rewrite(program, (node, parent, part) => {
    switch (node.type) {
      case 'BinaryExpression':
        return binary(node);
      case 'UnaryExpression':
        return unary(node);
      case 'LogicalExpression':
        return logical(node);
      case 'ConditionalExpression': {
        const test = truthOf(node.test);
        return test === null ? node : test ? node.consequent : node.alternate;
      }
      case 'IfStatement':
        return branch(node, parent, part);
      case 'WhileStatement':
        return truthOf(node.test) === false ? [] : node;
      case 'ForStatement':
        return loop(node);
      case 'BlockStatement':
        node.body = reachable(node.body);
        return inList(parent, part) && !parent!.cases ? flat(node) : node;
      case 'SwitchCase':
        node.consequent = reachable(node.consequent);
        return node;
      case 'SwitchStatement':
        return withoutEmptyEnd(node);
      case 'ExpressionStatement':
        return isPure(node.expression) ? [] : node;
      default:
        return node;
    }
  });
}

function inList(parent: Tree | null, part: string): boolean {
  return Array.isArray(parent?.[part]);
}

/** Names stand for one thing only, so a block needs no walls; in a `case` it keeps them. */
function flat(node: Tree): Tree | Tree[] {
  return node.body;
}

/** What follows a statement that never ends is dead. */
function reachable(body: Tree[]): Tree[] {
  const last = body.findIndex((node) => /^(Return|Throw|Break|Continue)Statement$/.test(node.type));
  return last < 0 ? body : body.slice(0, last + 1);
}

/** The last cases of a switch, when they do nothing, and the break that would end it anyway. */
function withoutEmptyEnd(node: Tree): Tree {
  const isIdle = ({ consequent }: Tree): boolean =>
    consequent.every(({ type }: Tree) => type === 'BreakStatement');
  const idle = node.cases.length - 1 - node.cases.findLastIndex((one: Tree) => !isIdle(one));
  const dropped: Tree[] = node.cases.slice(node.cases.length - idle);
  // Without a default, those that do nothing may as well have no case.
  const isDefaultKept = node.cases
    .slice(0, node.cases.length - idle)
    .some((one: Tree) => !one.test);
  const isOpen = node.cases.at(-idle - 1)?.consequent.at(-1)?.type === 'BreakStatement';
  if (idle > 0 && !isDefaultKept && (isOpen || dropped.length === node.cases.length)) {
    node.cases = node.cases.slice(0, node.cases.length - idle);
  }
  const last = node.cases.at(-1);
  if (last?.consequent.at(-1)?.type === 'BreakStatement') last.consequent.pop();
  return node;
}

/** Whether a value counts as true; null where that is not known. */
function truthOf(node: Tree): boolean | null {
  const value = valueOf(node);
  if (value !== undefined) return Boolean(value);
  if (isFunction(node) || node.type === 'ObjectExpression') return true;
  return null;
}

function binary(node: Tree): Tree {
  const left = valueOf(node.left);
  const right = valueOf(node.right);
  if (left === undefined || right === undefined) return simpler(node, left, right);
  const numbers = typeof left === 'number' && typeof right === 'number';
  if (node.operator === '===') return ofValue(left === right);
  if (node.operator === '!==') return ofValue(left !== right);
  if (!numbers) {
    const texts = typeof left === 'string' && typeof right === 'string';
    return texts && node.operator === '+' ? ofValue(left + right) : node;
  }
  const compared = COMPARED[node.operator]?.(left, right);
  if (compared !== undefined) return ofValue(compared);
  const result = NUMBERS[node.operator]?.(left, right);
  // A quotient or Infinity may be longer than what it is the result of.
  return result === undefined || !Number.isInteger(result) ? node : ofValue(result);
}

const COMPARED: Record<string, (left: number, right: number) => boolean> = {
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
};

const NUMBERS: Record<string, (left: number, right: number) => number> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
  '<<': (left, right) => left << right,
  '>>': (left, right) => left >> right,
  '>>>': (left, right) => left >>> right,
  '&': (left, right) => left & right,
  '|': (left, right) => left | right,
  '^': (left, right) => left ^ right,
};

/** What the types of our sources make true: both sides of these operators are numbers. */
function simpler(node: Tree, left: unknown, right: unknown): Tree {
  switch (node.operator) {
    case '*':
      if (right === 1) return node.left;
      return left === 1 ? node.right : node;
    case '+':
      if (right === 0 && isNumber(node.left)) return node.left;
      return left === 0 && isNumber(node.right) ? node.right : node;
    case '<<':
      return left === 0 ? ofValue(0) : node;
    default:
      return node;
  }
}

function isNumber(node: Tree): boolean {
  if (node.type === 'BinaryExpression') return /^([-*/%&|^]|<<|>>>?)$/.test(node.operator);
  return typeof valueOf(node) === 'number';
}

function unary(node: Tree): Tree {
  const truth = node.operator === '!' ? truthOf(node.argument) : null;
  return truth === null ? node : ofValue(!truth);
}

function logical(node: Tree): Tree {
  const truth = truthOf(node.left);
  if (node.operator === '??') return node;
  if (truth === null) {
    // Whatever stands before it, the value is known; both sides of ours are conditions.
    const last = node.right.type === 'Literal' ? node.right.value : null;
    const decides = node.operator === '&&' ? last === false : last === true;
    return decides && isPure(node.left) ? node.right : node;
  }
  return truth === (node.operator === '&&') ? node.right : node.left;
}

function branch(node: Tree, parent: Tree | null, part: string): Tree | Tree[] {
  const truth = truthOf(node.test);
  const spliced = (body: Tree | null): Tree | Tree[] =>
    inList(parent, part) ? (body?.body ?? []) : (body ?? block([]));
  if (truth !== null) return spliced(truth ? node.consequent : node.alternate);
  if (node.alternate?.body.length === 0) node.alternate = null;
  if (node.consequent.body.length > 0 || node.alternate) return node;
  return isPure(node.test) ? spliced(null) : { type: 'ExpressionStatement', expression: node.test };
}

/** A loop that runs once is its body, with the number in place of the counter. */
function loop(node: Tree): Tree | Tree[] {
  const counter = node.init?.declarations?.[0];
  const from = valueOf(counter?.init);
  const to = valueOf(node.test?.right);
  if (typeof from !== 'number' || typeof to !== 'number') return node;
  if (node.test.operator !== '<' || !isIdentifier(node.test.left, counter.id.name)) return node;
  if (from >= to) return [];
  if (from + 1 !== to || node.update.type !== 'UpdateExpression') return node;
  let isPlain = true;
  each(node.body, (inner, parent, part) => {
    if (/^(Break|Continue)Statement$/.test(inner.type)) isPlain = false;
    const isOurs = isIdentifier(inner, counter.id.name);
    if (isOurs && (part === 'left' || parent?.type === 'UpdateExpression')) isPlain = false;
  });
  if (!isPlain) return node;
  return [declare('const', counter.id.name, copy(counter.init)), ...node.body.body];
}
