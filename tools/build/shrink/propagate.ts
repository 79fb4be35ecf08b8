/**
 * Propagate: a name with one value for ever gives way to that value, if it is a number, a text, or
 * another such name. Parameters that are given the same at every call are such names.
 *
 * A field of what there is one of is assigned in its constructor, before anything runs: that it had
 * no value before is not seen by anyone.
 */
import type { Binding } from './program.ts';
import { bindingsOf } from './program.ts';
import type { Tree } from './tree.ts';
import { copy, isFunction, isIdentifier, isPure, isUse, rewrite, valueOf } from './tree.ts';

export function propagate(program: Tree): boolean {
  const bindings = bindingsOf(program);
  const instead = new Map<string, Tree>();
  for (const binding of bindings.values()) {
    const value = onlyValue(binding);
    if (value === null || !isStable(value, bindings)) continue;
    const isLong = typeof valueOf(value) === 'string' && String(valueOf(value)).length > LONG;
    if (!isLong || binding.reads.length < 2) instead.set(binding.name, value);
  }
  constantParameters(bindings, instead);
  if (instead.size === 0) return false;
  const resolved = (node: Tree): Tree => {
    let at = node;
    while (at.type === 'Identifier' && instead.has(at.name)) at = instead.get(at.name)!;
    return at;
  };
  rewrite(program, (node, parent, part) => {
    if (node.type === 'VariableDeclaration' && instead.has(node.declarations[0].id?.name)) {
      return part === 'init' || part === 'left' ? node : [];
    }
    if (node.type === 'ExpressionStatement') {
      const { expression } = node;
      const isGone =
        expression.type === 'AssignmentExpression' &&
        isIdentifier(expression.left) &&
        instead.has(expression.left.name);
      return isGone ? [] : node;
    }
    if (node.type !== 'Identifier' || !isUse(parent, part)) return node;
    if (parent?.type === 'AssignmentExpression' && part === 'left') return node;
    return instead.has(node.name) ? copy(resolved(node)) : node;
  });
  return true;
}

/** Letters of a text that had better stand in a program once. */
const LONG = 12;

/** The value of a name that never has another. */
function onlyValue(binding: Binding): Tree | null {
  if (binding.kind !== 'variable' || binding.values.length !== 1) return null;
  const [value] = binding.values;
  if (value === null) return null;
  const isInitial = binding.node.init === value;
  return isInitial || (binding.isTop && binding.topAssignments === 1) ? value : null;
}

function isStable(value: Tree, bindings: Map<string, Binding>): boolean {
  if (valueOf(value) !== undefined) return true;
  if (value.type !== 'Identifier') return false;
  if (value.name === 'Infinity') return true;
  return isConstant(bindings.get(value.name));
}

/** Whether a name means the same wherever it can be seen. */
export function isConstant(binding: Binding | undefined): boolean {
  if (binding === undefined) return false;
  if (binding.kind === 'variable') return onlyValue(binding) !== null;
  return binding.values.length === 0;
}

/** The function that a name of the program stands for, and its every call; null if it gets about. */
export function callsOf(binding: Binding): { run: Tree; calls: Tree[] } | null {
  if (!binding.isTop && binding.kind !== 'variable') return null;
  let run = binding.node;
  if (binding.kind === 'variable') {
    run = binding.values[0]!;
    if (
      binding.values.length !== 1 ||
      run === null ||
      !isFunction(run) ||
      binding.node.init !== run
    )
      return null;
  } else if (binding.kind !== 'function' || binding.values.length > 0) return null;
  const calls: Tree[] = [];
  for (const { parent, part } of binding.reads) {
    if (parent.type !== 'CallExpression' || part !== 'callee') return null;
    calls.push(parent);
  }
  return { run, calls };
}

/** A constructor, and every place that calls it. */
function makingOf({ isTop, values, reads }: Binding): { run: Tree; calls: Tree[] } | null {
  const [made] = values;
  if (!isTop || values.length !== 1 || made?.type !== 'ClassExpression') return null;
  const run = made.body.body.find(({ kind }: Tree) => kind === 'constructor')?.value;
  const isMaking = reads.every(
    ({ parent, part }) => parent.type === 'NewExpression' && part === 'callee',
  );
  return run && isMaking ? { run, calls: reads.map(({ parent }) => parent) } : null;
}

/** Takes such parameters out, with what is given for them. */
function constantParameters(bindings: Map<string, Binding>, instead: Map<string, Tree>): void {
  for (const binding of bindings.values()) {
    const called = callsOf(binding) ?? makingOf(binding);
    if (called === null || called.calls.length === 0) continue;
    const { run, calls } = called;
    for (let at = run.params.length - 1; at >= 0; at--) {
      const name = run.params[at].name;
      const parameter = bindings.get(name)!;
      const first = calls[0].arguments[at];
      if (first === undefined) continue;
      const isUnread = parameter.reads.length === 0 && parameter.values.length === 0;
      const isDropped = isUnread && calls.every((call) => isPure(call.arguments[at] ?? null));
      const isSame =
        parameter.values.length === 0 &&
        calls.every((call) => isSameValue(call.arguments[at], first)) &&
        (valueOf(first) !== undefined ||
          (isIdentifier(first) && bindings.get(first.name)?.isTop && isStable(first, bindings)));
      if (!isDropped && !isSame) continue;
      if (!isDropped) instead.set(name, first);
      run.params.splice(at, 1);
      for (const call of calls) call.arguments.splice(at, 1);
    }
  }
}

function isSameValue(a: Tree, b: Tree): boolean {
  if (isIdentifier(a)) return isIdentifier(b, a.name);
  return valueOf(a) !== undefined && valueOf(a) === valueOf(b);
}
