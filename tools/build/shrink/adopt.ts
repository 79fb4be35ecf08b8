/**
 * Adopt: what belongs to one object alone becomes part of it. Where a constructor makes a thing of a
 * class that is made nowhere else, keeps it in a field, and only names its parts, those parts become
 * fields and methods of the owner; and a field with one value for ever is that value.
 */
import type { Binding } from './program.ts';
import { bindingsOf } from './program.ts';
import { isConstant } from './propagate.ts';
import type { Tree } from './tree.ts';
import { copy, declare, each, identifier, isIdentifier, literal } from './tree.ts';
import { memberName, rewrite, valueOf } from './tree.ts';

/** A field that is given its value once, by a statement of a constructor. */
type Field = {
  owner: Tree;
  constructor: Tree;
  given: Tree;
  name: string;
  value: Tree;
  /** Reads of any field of that name. */
  reads: { node: Tree; parent: Tree | null }[];
};

export function adopt(program: Tree): boolean {
  const bindings = bindingsOf(program);
  const fields = fieldsOf(program);
  const instead = new Map<Tree, Tree>();
  for (const field of fields) foldField(field, bindings, instead);
  if (instead.size > 0) {
    rewrite(program, (node) => instead.get(node) ?? node);
    return true;
  }
  for (const field of fields) {
    const { value } = field;
    if (value.type !== 'NewExpression' || !isIdentifier(value.callee)) continue;
    const kind = bindings.get(value.callee.name);
    if (kind !== undefined && adoptInto(program, field, kind)) return true;
  }
  return false;
}

function fieldsOf(program: Tree): Field[] {
  const writes = new Map<string, number>();
  const reads = new Map<string, Field['reads']>();
  each(program, (node, parent, part) => {
    const name = memberName(node);
    const isWrite =
      parent?.type === 'UpdateExpression' ||
      (parent?.type === 'AssignmentExpression' && part === 'left');
    if (name !== null && isWrite) writes.set(name, (writes.get(name) ?? 0) + 1);
    if (name !== null && (part !== 'left' || parent?.operator !== '=')) {
      reads.set(name, [...(reads.get(name) ?? []), { node, parent }]);
    }
    // Objects written out have fields of that name, too.
    if (node.type === 'Property') writes.set(node.key.name, 2);
  });
  const fields: Field[] = [];
  each(program, (owner) => {
    if (owner.type !== 'ClassExpression') return;
    const constructor = owner.body.body.find(({ kind }: Tree) => kind === 'constructor')?.value;
    for (const given of constructor?.body.body ?? []) {
      const { expression } = given;
      if (expression?.type !== 'AssignmentExpression') continue;
      const name = memberName(expression.left);
      if (name === null || expression.left.object.type !== 'ThisExpression') continue;
      if (writes.get(name) !== 1) continue;
      const { right: value } = expression;
      fields.push({ owner, constructor, given, name, value, reads: reads.get(name) ?? [] });
    }
  });
  return fields;
}

/** A number for ever, or a thing that is never null. */
function foldField(
  { value, reads }: Field,
  bindings: Map<string, Binding>,
  instead: Map<Tree, Tree>,
): void {
  const binding = isIdentifier(value) ? bindings.get(value.name) : undefined;
  const constant = valueOf(value) !== undefined || (binding?.isTop && isConstant(binding));
  const made = value.type === 'NewExpression' || value.type === 'ObjectExpression';
  if (!constant && !made) return;
  for (const { node, parent } of reads) {
    const isAsked = /^[!=]==$/.test(parent?.operator ?? '') && valueOf(parent!.right) === null;
    if (constant) instead.set(node, copy(value));
    else if (isAsked) instead.set(parent!, literal(parent!.operator === '!=='));
  }
}

function adoptInto(program: Tree, field: Field, kind: Binding): boolean {
  const made = kind.values[0];
  if (kind.reads.length !== 1 || kind.values.length !== 1) return false;
  if (made?.type !== 'ClassExpression' || made.superClass) return false;
  const { owner, constructor, given, name, value, reads } = field;
  const inOwner = new Set<Tree>();
  each(owner, (node) => void inOwner.add(node));
  const isPart = ({ node, parent }: { node: Tree; parent: Tree | null }): boolean =>
    inOwner.has(node) &&
    node.object.type === 'ThisExpression' &&
    memberName(parent) !== null &&
    parent!.object === node;
  if (!reads.every(isPart)) return false;
  let isClean = true;
  each(made, (node, parent, part) => {
    if (node.type === 'ThisExpression' && (part !== 'object' || memberName(parent) === null)) {
      isClean = false;
    }
  });
  if (!isClean) return false;
  const own = (part: string): Tree => ({
    type: 'MemberExpression',
    object: { type: 'ThisExpression' },
    property: identifier(`${name}$${part}`),
    computed: false,
  });
  const parents = new Set<Tree>(reads.map(({ parent }) => parent!));
  rewrite(owner, (node) => (parents.has(node) ? own(memberName(node)!) : node));
  rewrite(made, (node) =>
    node.type === 'MemberExpression' && node.object.type === 'ThisExpression'
      ? own(memberName(node)!)
      : node,
  );
  const making: Tree[] = [];
  for (const member of made.body.body) {
    if (member.kind === 'constructor') {
      member.value.params.forEach((param: Tree, at: number) => {
        making.push(declare('let', param.name, value.arguments[at] ?? null));
      });
      making.push(...member.value.body.body);
    } else {
      owner.body.body.push({ ...member, key: identifier(`${name}$${member.key.name}`) });
    }
  }
  constructor.body.body = constructor.body.body.flatMap((node: Tree) =>
    node === given ? making : [node],
  );
  program.body = program.body.filter((node: Tree) => node.declarations?.[0].init !== made);
  return true;
}
