/**
 * Inline: what is called in one place only stands there itself, and what is shorter than a call
 * stands wherever it is called. Each function less is seven variables less on a board.
 */
import type { Binding } from './program.ts';
import { bindingsOf } from './program.ts';
import { callsOf, isConstant } from './propagate.ts';
import type { Tree } from './tree.ts';
import {
  assign,
  block,
  copy,
  declare,
  each,
  identifier,
  isFunction,
  isIdentifier,
  isPure,
  memberName,
  rewrite,
  statement,
  valueOf,
} from './tree.ts';

/** What can stand in the place of its calls. */
type Callee = {
  name: string;
  /** A function or the value of a method. */
  run: Tree;
  calls: Tree[];
};

/** Nodes that may be written once more, in all places together, rather than called. */
const TINY = 27;

export function inline(program: Tree, known: Set<string>): boolean {
  const bindings = bindingsOf(program);
  const parents = new Map<Tree, Tree>();
  each(program, (node, parent) => void (parent !== null && parents.set(node, parent)));
  const callees = [...functionsOf(bindings), ...methodsOf(program, known)].filter(
    ({ run, calls }) => calls.length > 0 && !calls.some((call) => above(call, parents).has(run)),
  );
  let changed = false;
  for (const callee of callees) {
    if (callee.calls.length !== 1) continue;
    if (asExpression(callee, bindings) || asStatements(program, callee, bindings, parents)) {
      remove(program, callee);
      changed = true;
    }
  }
  if (changed) return true;
  const tiny = callees.find((callee) => asExpression(callee, bindings));
  if (tiny !== undefined) remove(program, tiny);
  return tiny !== undefined;
}

/** All that a node is part of. */
function above(node: Tree, parents: Map<Tree, Tree>): Set<Tree> {
  const found = new Set<Tree>([node]);
  for (let at = parents.get(node); at !== undefined; at = parents.get(at)) found.add(at);
  return found;
}

function functionsOf(bindings: Map<string, Binding>): Callee[] {
  const found: Callee[] = [];
  for (const binding of bindings.values()) {
    const called = callsOf(binding);
    if (called !== null) found.push({ name: binding.name, ...called });
  }
  return found;
}

/** Methods that are called as `this.method(...)` in their own class, and in no other way. */
function methodsOf(program: Tree, known: Set<string>): Callee[] {
  const classes: Tree[] = [];
  each(program, (node) => void (node.type === 'ClassExpression' && classes.push(node)));
  const foreign = new Set<string>(known);
  const owners = new Map<Tree, Tree>();
  for (const one of classes) each(one, (node) => void owners.set(node, one));
  const own = new Map<Tree, Map<string, Tree[]>>(classes.map((one) => [one, new Map()]));
  each(program, (node, parent, part) => {
    const name = memberName(node);
    if (name === null) return;
    const calls = own.get(owners.get(node)!);
    const isOwn = parent?.type === 'CallExpression' && part === 'callee';
    if (calls === undefined || !isOwn || node.object.type !== 'ThisExpression') foreign.add(name);
    else calls.set(name, [...(calls.get(name) ?? []), parent]);
  });
  return classes.flatMap((one) =>
    one.body.body.flatMap((member: Tree): Callee[] => {
      const { name } = member.key;
      if (member.kind !== 'method' || foreign.has(name)) return [];
      return [{ name, run: member.value, calls: own.get(one)!.get(name) ?? [] }];
    }),
  );
}

/** The one expression that a function gives back, or null. */
function expressionOf(run: Tree): Tree | null {
  if (run.body.type !== 'BlockStatement') return run.body;
  const [first, ...more] = run.body.body;
  if (first === undefined) return identifier('undefined');
  if (more.length > 0) return null;
  if (first.type === 'ReturnStatement') return first.argument;
  // What a function without a result gives back is used by nobody.
  return first.type === 'ExpressionStatement' ? first.expression : null;
}

function sizeOf(node: Tree): number {
  let size = 0;
  each(node, () => void size++);
  return size;
}

function asExpression(callee: Callee, bindings: Map<string, Binding>): boolean {
  const expression = expressionOf(callee.run);
  if (
    expression === null ||
    callee.calls.some((call) => call.arguments.length < callee.run.params.length)
  )
    return false;
  let hasFunction = false;
  each(expression, (node) => void (hasFunction = hasFunction || isFunction(node)));
  const isShort = sizeOf(expression) * (callee.calls.length - 1) <= TINY;
  if (!isShort || (hasFunction && callee.calls.length > 1)) return false;
  const params: string[] = callee.run.params.map((param: Tree) => param.name);
  if (params.some((name) => bindings.get(name)!.values.length > 0)) return false;
  const pure = isPure(expression);
  const fits = callee.calls.every((call) =>
    call.arguments.every((argument: Tree, at: number) => {
      if (isFixed(argument, bindings)) return true;
      if (at >= params.length) return isPure(argument);
      if (bindings.get(params[at])!.reads.length > 1) return false;
      if (pure && isPure(argument)) return true;
      // What is worked out first in the call is worked out first in the expression.
      return params.length === 1 && leads(expression, useOf(expression, params[0]), bindings);
    }),
  );
  if (!fits) return false;
  for (const call of callee.calls) {
    const given = new Map(params.map((name, at) => [name, call.arguments[at]]));
    const own = callee.calls.length === 1 ? expression : copy(expression);
    const body = rewrite(own, (node) =>
      node.type === 'Identifier' && given.has(node.name) ? copy(given.get(node.name)!) : node,
    ) as Tree;
    become(call, body);
  }
  return true;
}

/** A name that the firmware gives a meaning. */
function isGlobal(node: Tree, bindings: Map<string, Binding>): boolean {
  return isIdentifier(node) && !bindings.has(node.name);
}

function useOf(expression: Tree, name: string): Tree {
  let found = expression;
  each(expression, (node) => {
    if (isIdentifier(node, name)) found = node;
  });
  return found;
}

/** Whether a value is the same now and later. */
function isFixed(node: Tree, bindings: Map<string, Binding>): boolean {
  if (valueOf(node) !== undefined || node.type === 'ThisExpression') return true;
  return isIdentifier(node) && isConstant(bindings.get(node.name));
}

function become(node: Tree, other: Tree): void {
  for (const key of Object.keys(node)) delete node[key];
  Object.assign(node, other);
}

function remove(program: Tree, { run }: Callee): void {
  rewrite(program, (node) => {
    if (node === run && node.type === 'FunctionDeclaration') return [];
    if (node.type === 'MethodDefinition' && node.value === run) return [];
    if (node.type === 'VariableDeclaration' && node.declarations[0].init === run) return [];
    return node;
  });
}

let fresh = 0;

function asStatements(
  program: Tree,
  callee: Callee,
  bindings: Map<string, Binding>,
  parents: Map<Tree, Tree>,
): boolean {
  if (callee.run.body.type !== 'BlockStatement') {
    const { body } = callee.run;
    callee.run.body = block([{ type: 'ReturnStatement', argument: body }]);
  }
  const [call] = callee.calls;
  const way = above(call, parents);
  let done = false;
  const place = (list: Tree[], tail: boolean): Tree[] => {
    if (done) return list;
    return list.flatMap((node, at) => {
      if (done || !way.has(node)) return [node];
      const rest = list.slice(at + 1);
      const isLast = tail && rest.every(({ type }) => type === 'BreakStatement');
      const instead = placed(node, call, callee, isLast, bindings);
      if (instead !== null) {
        done = true;
        return instead;
      }
      descend(node, isLast, place, way);
      return [node];
    });
  };
  program.body = place(program.body, false);
  return done;
}

/** Puts a function into one of these statements; whether what follows the last is the end. */
type Place = (list: Tree[], tail: boolean) => Tree[];

/** Looks in the lists of statements below one. */
function descend(node: Tree, tail: boolean, place: Place, way: Set<Tree>): void {
  const inside = (part: Tree | null, isTail: boolean): void => {
    if (part === null || part === undefined) return;
    if (part.type === 'BlockStatement') part.body = place(part.body, isTail);
    else descend(part, isTail, place, way);
  };
  switch (node.type) {
    case 'BlockStatement':
      node.body = place(node.body, tail);
      break;
    case 'IfStatement':
      functionsIn(node.test, place, way);
      inside(node.consequent, tail);
      inside(node.alternate, tail);
      break;
    case 'SwitchStatement':
      node.cases.forEach((one: Tree, at: number) => {
        const ends = one.consequent.at(-1)?.type === 'BreakStatement';
        one.consequent = place(one.consequent, tail && (ends || at === node.cases.length - 1));
      });
      break;
    case 'ForStatement':
    case 'ForOfStatement':
    case 'WhileStatement':
    case 'DoWhileStatement':
      inside(node.body, false);
      break;
    case 'TryStatement':
      inside(node.block, false);
      if (node.handler) inside(node.handler.body, false);
      break;
    case 'FunctionDeclaration':
      inside(node.body, true);
      break;
    default:
      functionsIn(node, place, way);
  }
}

/** Functions and methods inside of an expression. */
function functionsIn(node: Tree, place: Place, way: Set<Tree>): void {
  each(node, (inner) => {
    if (way.has(inner) && isFunction(inner) && inner.body.type === 'BlockStatement') {
      inner.body.body = place(inner.body.body, true);
    }
  });
}

/** What a statement becomes when what it calls stands in it; null when that cannot be. */
function placed(
  node: Tree,
  call: Tree,
  { run }: Callee,
  isTail: boolean,
  bindings: Map<string, Binding>,
): Tree[] | null {
  const params = run.params.map((param: Tree, at: number) =>
    declare('let', param.name, call.arguments[at] ?? null),
  );
  // Arguments beyond the parameters would still be worked out.
  if (!call.arguments.slice(run.params.length).every(isPure)) return null;
  const body: Tree[] = run.body.body;
  if (node.type === 'ReturnStatement' && node.argument === call) {
    const end = endsAlways(body) ? [] : [{ type: 'ReturnStatement', argument: null }];
    return [...params, ...body, ...end];
  }
  if (node.type === 'ExpressionStatement' && node.expression === call) {
    const silent = (value: Tree | null): Tree[] =>
      value === null || isPure(value) ? [] : [statement(value)];
    const without = withoutReturns(body, silent);
    if (without !== null) return [...params, ...without];
    if (!isTail) return null;
    return [...params, ...body.map((one) => silenced(one))];
  }
  const into = (name: string): ((value: Tree | null) => Tree[]) => {
    return (value) => [statement(assign(identifier(name), value ?? identifier('undefined')))];
  };
  if (node.type === 'VariableDeclaration' && node.declarations[0].init === call) {
    const { name } = node.declarations[0].id;
    const last = body.at(-1);
    if (last?.type === 'ReturnStatement' && !body.slice(0, -1).some(returns)) {
      return [...params, ...body.slice(0, -1), declare('let', name, last.argument)];
    }
    const without = withoutReturns(body, into(name));
    return without && [declare('let', name, null), ...params, ...without];
  }
  const expression = node.expression;
  if (
    node.type === 'ExpressionStatement' &&
    expression.type === 'AssignmentExpression' &&
    expression.operator === '=' &&
    expression.right === call &&
    (isIdentifier(expression.left) || expression.left.object?.type === 'ThisExpression')
  ) {
    const target = expression.left;
    const without = withoutReturns(body, (value) => [
      statement(assign(copy(target), value ?? identifier('undefined'))),
    ]);
    return without && [...params, ...without];
  }
  const part = {
    IfStatement: 'test',
    ReturnStatement: 'argument',
    ExpressionStatement: 'expression',
    VariableDeclaration: 'declarations',
    SwitchStatement: 'discriminant',
  }[node.type];
  if (part === undefined) return null;
  const holder = part === 'declarations' ? node.declarations[0] : node;
  if (!leads(holder[part === 'declarations' ? 'init' : part], call, bindings)) return null;
  const name = `leading$${++fresh}`;
  const hoisted = placed(
    declare('let', name, call),
    call,
    { run, calls: [call], name: '' },
    false,
    bindings,
  );
  if (hoisted === null) return null;
  become(call, identifier(name));
  return [...hoisted, node];
}

/** Whether a call is the first thing that is done in an expression. */
function leads(node: Tree | null, call: Tree, bindings: Map<string, Binding>): boolean {
  if (node === null) return false;
  if (node === call) return true;
  switch (node.type) {
    case 'UnaryExpression':
      return leads(node.argument, call, bindings);
    case 'BinaryExpression':
    case 'LogicalExpression':
      if (leads(node.left, call, bindings)) return true;
      return (
        node.type === 'BinaryExpression' &&
        isFixed(node.left, bindings) &&
        leads(node.right, call, bindings)
      );
    case 'ConditionalExpression':
      return leads(node.test, call, bindings);
    case 'MemberExpression':
      return leads(node.object, call, bindings);
    case 'AssignmentExpression':
      return (
        (isIdentifier(node.left) || node.left.object?.type === 'ThisExpression') &&
        node.operator === '=' &&
        leads(node.right, call, bindings)
      );
    case 'CallExpression':
    case 'NewExpression': {
      const callee = node.callee;
      const isPlain =
        isIdentifier(callee) ||
        (callee.type === 'MemberExpression' &&
          (isFixed(callee.object, bindings) || isGlobal(callee.object, bindings)));
      if (!isPlain) return leads(callee, call, bindings);
      for (const argument of node.arguments) {
        if (leads(argument, call, bindings)) return true;
        if (!isFixed(argument, bindings)) return false;
      }
      return false;
    }
    default:
      return false;
  }
}

function returns(node: Tree): boolean {
  let found = false;
  const look = (part: Tree): void => {
    if (part.type === 'ReturnStatement') found = true;
    if (isFunction(part) || found) return;
    for (const value of Object.values(part)) {
      for (const item of Array.isArray(value) ? value : [value]) {
        if (typeof item?.type === 'string') look(item);
      }
    }
  };
  look(node);
  return found;
}

function endsAlways(list: Tree[]): boolean {
  const last = list.at(-1);
  if (last === undefined) return false;
  switch (last.type) {
    case 'ReturnStatement':
    case 'ThrowStatement':
      return true;
    case 'BlockStatement':
      return endsAlways(last.body);
    case 'IfStatement':
      return (
        last.alternate !== null &&
        endsAlways(last.consequent.body) &&
        endsAlways(last.alternate?.body ?? [])
      );
    case 'SwitchStatement':
      return (
        last.cases.at(-1)?.test === null &&
        last.cases.every(
          ({ consequent }: Tree) => consequent.length === 0 || endsAlways(consequent),
        )
      );
    default:
      return false;
  }
}

/** The same statements with `made` in the place of every return; null when they are too tangled. */
function withoutReturns(list: Tree[], made: (value: Tree | null) => Tree[]): Tree[] | null {
  const out: Tree[] = [];
  for (let at = 0; at < list.length; at++) {
    const node = list[at];
    if (!returns(node)) {
      out.push(node);
      continue;
    }
    const rest = list.slice(at + 1);
    switch (node.type) {
      case 'ReturnStatement':
        out.push(...made(node.argument));
        return out;
      case 'BlockStatement': {
        const inner = withoutReturns([...node.body, ...rest], made);
        return inner && [...out, ...inner];
      }
      case 'IfStatement': {
        const yes: Tree[] = node.consequent.body;
        const no: Tree[] = node.alternate?.body ?? [];
        const yesEnds = endsAlways(yes);
        const noEnds = endsAlways(no);
        if (!yesEnds && !noEnds && rest.length > 0) return null;
        const first = withoutReturns(yesEnds ? yes : [...yes, ...rest], made);
        const second = withoutReturns(noEnds ? no : [...no, ...rest], made);
        if (first === null || second === null) return null;
        const alternate = second.length === 0 ? null : block(second);
        return [...out, { ...node, consequent: block(first), alternate }];
      }
      case 'SwitchStatement': {
        if (rest.length > 0 && !endsAlways([node])) return null;
        const cases: Tree[] = [];
        for (const one of node.cases) {
          const consequent = brokenOff(one.consequent, made);
          if (consequent === null) return null;
          cases.push({ ...one, consequent });
        }
        return [...out, { ...node, cases }];
      }
      default:
        return null;
    }
  }
  return out;
}

/** In a switch: what returned breaks instead. */
function brokenOff(list: Tree[], made: (value: Tree | null) => Tree[]): Tree[] | null {
  const out: Tree[] = [];
  for (const node of list) {
    if (!returns(node)) out.push(node);
    else if (node.type === 'ReturnStatement') {
      out.push(...made(node.argument), { type: 'BreakStatement', label: null });
    } else if (node.type === 'IfStatement') {
      const consequent = brokenOff(node.consequent.body, made);
      const alternate = node.alternate ? brokenOff(node.alternate.body, made) : [];
      if (consequent === null || alternate === null) return null;
      out.push({
        ...node,
        consequent: block(consequent),
        alternate: node.alternate && block(alternate),
      });
    } else if (node.type === 'BlockStatement') {
      const body = brokenOff(node.body, made);
      if (body === null) return null;
      out.push(block(body));
    } else return null;
  }
  return out;
}

/** Returns at the end of the caller stay, without what they gave back. */
function silenced(node: Tree): Tree {
  const others = new Set<Tree>();
  each(node, (inner) => {
    if (isFunction(inner)) each(inner, (deeper) => void others.add(deeper));
  });
  return block([node]).body.flatMap((one: Tree) =>
    rewrite(one, (inner) => {
      if (inner.type !== 'ReturnStatement' || !inner.argument || others.has(inner)) return inner;
      const end = { type: 'ReturnStatement', argument: null };
      return isPure(inner.argument) ? end : [statement(inner.argument), end];
    }),
  )[0];
}
