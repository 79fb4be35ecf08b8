/**
 * Dissolve: what there is one of needs no object. The one instance of a class, or an object written
 * out once, becomes variables and functions of the program, and `this` goes. It must not get about:
 * all that is done with it is to name its parts.
 */
import type { Binding } from './program.ts';
import { bindingsOf } from './program.ts';
import type { Tree } from './tree.ts';
import { declare, each, identifier, isIdentifier, literal } from './tree.ts';
import { memberName, rewrite, valueOf } from './tree.ts';

export function dissolve(program: Tree): boolean {
  const bindings = bindingsOf(program);
  for (const binding of bindings.values()) {
    if (!isMadeOnce(binding)) continue;
    const [made] = binding.values as [Tree];
    if (made.type !== 'ObjectExpression' && made.type !== 'NewExpression') continue;
    if (tellFromNull(program, binding)) return true;
    if (!binding.reads.every(isNamedPart)) continue;
    if (made.type === 'ObjectExpression' && dissolveObject(program, binding, made)) return true;
    if (made.type !== 'NewExpression' || made.callee.type !== 'Identifier') continue;
    const kind = bindings.get(made.callee.name);
    if (kind !== undefined && kind.reads.length === 1 && dissolveClass(program, binding, kind)) {
      return true;
    }
  }
  return false;
}

/** One value, given where the program itself runs, and so once. */
function isMadeOnce({ kind, isTop, values, node, topAssignments }: Binding): boolean {
  if (kind !== 'variable' || !isTop || values.length !== 1 || values[0] === null) return false;
  return node.init === values[0] || topAssignments === 1;
}

/** What is made is not null: where that is asked, the answer is known. */
function tellFromNull(program: Tree, { reads }: Binding): boolean {
  const asked = reads.filter(
    ({ parent }) => /^[!=]==$/.test(parent.operator) && valueOf(parent.right) === null,
  );
  for (const { parent } of asked) {
    const answer = literal(parent.operator === '!==');
    rewrite(program, (node) => (node === parent ? answer : node));
  }
  return asked.length > 0;
}

function isNamedPart({ parent, part }: Binding['reads'][number]): boolean {
  return part === 'object' && memberName(parent) !== null;
}

function dissolveObject(program: Tree, { name, reads }: Binding, made: Tree): boolean {
  const keys = new Set<string>(made.properties.map((property: Tree) => property.key.name));
  if (!reads.every(({ parent }) => keys.has(memberName(parent)!))) return false;
  const parts = made.properties.map((property: Tree) =>
    declare('let', `${name}$${property.key.name}`, property.value),
  );
  replaceMaking(program, name, parts);
  rewrite(program, (node) => named(node, name) ?? node);
  return true;
}

function dissolveClass(program: Tree, binding: Binding, kind: Binding): boolean {
  const made = kind.values[0];
  if (kind.values.length !== 1 || made?.type !== 'ClassExpression' || made.superClass) return false;
  const members: Tree[] = made.body.body;
  if (members.some((member) => member.kind === 'get' || member.kind === 'set')) return false;
  let isClean = true;
  each(made, (node, parent, part) => {
    if (node.type !== 'ThisExpression') return;
    if (part !== 'object' || memberName(parent) === null) isClean = false;
  });
  if (!isClean) return false;
  const methods = new Set(members.map((member) => member.key.name));
  const fields = new Set<string>();
  const wanted = (name: string | null): void => {
    if (name !== null && !methods.has(name)) fields.add(name);
  };
  each(made, (node) => {
    if (node.type === 'MemberExpression' && node.object.type === 'ThisExpression') {
      wanted(memberName(node));
    }
  });
  for (const { parent } of binding.reads) wanted(memberName(parent));

  const { name } = kind;
  rewrite(made, (node) => {
    const isOurs = node.type === 'MemberExpression' && node.object.type === 'ThisExpression';
    return isOurs ? identifier(`${name}$${memberName(node)}`) : node;
  });
  const constructor = members.find((member) => member.kind === 'constructor');
  const making: Tree[] = [];
  if (constructor !== undefined) {
    const { params, body } = constructor.value;
    const given: Tree[] = binding.values[0]!.arguments;
    params.forEach((param: Tree, at: number) => {
      making.push(declare('let', param.name, given[at] ?? null));
    });
    making.push(...body.body);
  }
  replaceMaking(program, binding.name, making);
  replaceStatement(program, made, [
    ...[...fields].map((field) => declare('let', `${name}$${field}`, null)),
    ...members
      .filter((member) => member !== constructor)
      .map((member) => ({
        ...member.value,
        type: 'FunctionDeclaration',
        id: identifier(`${name}$${member.key.name}`),
      })),
  ]);
  rewrite(program, (node) => {
    const isOurs = node.type === 'MemberExpression' && isIdentifier(node.object, binding.name);
    return isOurs ? identifier(`${name}$${memberName(node)}`) : node;
  });
  return true;
}

/** `name.part` as the variable that the part has become. */
function named(node: Tree, name: string): Tree | null {
  if (node.type !== 'MemberExpression' || !isIdentifier(node.object, name)) return null;
  return identifier(`${name}$${memberName(node)}`);
}

/** Puts statements where the one value of a name is given to it, and takes the name out. */
function replaceMaking(program: Tree, name: string, instead: Tree[]): void {
  program.body = program.body.flatMap((node: Tree) => {
    if (node.type === 'VariableDeclaration' && node.declarations[0].id.name === name) {
      return node.declarations[0].init ? instead : [];
    }
    const { expression } = node;
    const isMaking =
      node.type === 'ExpressionStatement' &&
      expression.type === 'AssignmentExpression' &&
      isIdentifier(expression.left, name);
    return isMaking ? instead : [node];
  });
}

function replaceStatement(program: Tree, made: Tree, instead: Tree[]): void {
  program.body = program.body.flatMap((node: Tree) =>
    node.type === 'VariableDeclaration' && node.declarations[0].init === made ? instead : [node],
  );
}
