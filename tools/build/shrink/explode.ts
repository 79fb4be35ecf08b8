/**
 * Explode: an object that is written out where a class or a function is given it, and that is given
 * nothing else there, gives way to its parts.
 */
import { bindingsOf } from './program.ts';
import { callsOf } from './propagate.ts';
import type { Tree } from './tree.ts';
import { each, identifier, isIdentifier, memberName, rewrite } from './tree.ts';

export function explode(program: Tree): boolean {
  const bindings = bindingsOf(program);
  for (const binding of bindings.values()) {
    const made = binding.values.length === 1 ? binding.values[0] : null;
    if (made?.type === 'ClassExpression' && binding.isTop && binding.reads.length === 1) {
      const [{ parent, part }] = binding.reads;
      if (parent.type !== 'NewExpression' || part !== 'callee') continue;
      const constructor = made.body.body.find(({ kind }: Tree) => kind === 'constructor');
      if (constructor && explodeIn(program, constructor.value, parent, made)) return true;
    }
    const called = callsOf(binding);
    if (called?.calls.length === 1 && explodeIn(program, called.run, called.calls[0], null)) {
      return true;
    }
  }
  return false;
}

function explodeIn(program: Tree, run: Tree, call: Tree, owner: Tree | null): boolean {
  for (let at = 0; at < run.params.length; at++) {
    const given: Tree | undefined = call.arguments[at];
    if (given?.type !== 'ObjectExpression') continue;
    const { name } = run.params[at];
    const keys: string[] = given.properties.map((property: Tree) => property.key.name);
    const field = owner && fieldFor(owner, name);
    if (!isOnlyNamed(program, name, field, keys)) continue;
    const parts = keys.map((key) => `${name}$${key}`);
    run.params.splice(at, 1, ...parts.map(identifier));
    call.arguments.splice(at, 1, ...given.properties.map((property: Tree) => property.value));
    replaceParts(program, name, field, keys);
    return true;
  }
  return false;
}

/** The field that a constructor keeps a parameter in: `this.field = parameter`. */
function fieldFor(owner: Tree, name: string): string | null {
  let field: string | null = null;
  each(owner, (node) => {
    if (node.type !== 'AssignmentExpression' || !isIdentifier(node.right, name)) return;
    if (node.left.object?.type === 'ThisExpression') field = memberName(node.left);
  });
  return field;
}

/** Whether nothing is done with the object but to read parts that it has. */
function isOnlyNamed(program: Tree, name: string, field: string | null, keys: string[]): boolean {
  let isSound = true;
  each(program, (node, parent, part) => {
    const isIt = isIdentifier(node, name) || (field !== null && memberName(node) === field);
    if (!isIt || parent?.type === 'Property' || part === 'params' || part === 'property') return;
    if (parent?.type === 'AssignmentExpression') {
      const isKeeping = isIdentifier(parent.right, name) && memberName(parent.left) === field;
      if (!isKeeping) isSound = false;
      return;
    }
    const key = part === 'object' ? memberName(parent) : null;
    if (key === null || !keys.includes(key)) isSound = false;
    if (field !== null && memberName(node) === field && node.object.type !== 'ThisExpression') {
      isSound = false;
    }
  });
  each(program, (node) => {
    if (node.type === 'AssignmentExpression' || node.type === 'UpdateExpression') {
      const target = node.left ?? node.argument;
      const object = target.object;
      if (isIdentifier(object, name) || (field !== null && memberName(object) === field)) {
        isSound = false;
      }
    }
    if (field !== null && node.type === 'Property' && node.key.name === field) isSound = false;
  });
  return isSound;
}

function replaceParts(program: Tree, name: string, field: string | null, keys: string[]): void {
  const own = (key: string): Tree => ({
    type: 'MemberExpression',
    object: { type: 'ThisExpression' },
    property: identifier(`${field}$${key}`),
    computed: false,
  });
  rewrite(program, (node) => {
    const key = memberName(node);
    if (key !== null && isIdentifier(node.object, name)) return identifier(`${name}$${key}`);
    if (key !== null && field !== null && memberName(node.object) === field) return own(key);
    const { expression } = node;
    const isKeeping =
      node.type === 'ExpressionStatement' &&
      expression.type === 'AssignmentExpression' &&
      isIdentifier(expression.right, name) &&
      memberName(expression.left) === field;
    if (!isKeeping) return node;
    return keys.map((one) => ({
      type: 'ExpressionStatement',
      expression: {
        type: 'AssignmentExpression',
        operator: '=',
        left: own(one),
        right: identifier(`${name}$${one}`),
      },
    }));
  });
}
