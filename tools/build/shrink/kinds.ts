/**
 * Kinds: the words that tell inputs and outputs apart, as numbers. They may be when nothing is done
 * with a `kind` but to compare it with such words.
 */
import type { Tree } from './tree.ts';
import { each, literal, memberName } from './tree.ts';

export function numberKinds(program: Tree): void {
  const words: Tree[] = [];
  let isSound = true;
  each(program, (node, parent, part) => {
    if (node.type === 'Property' && node.key.name === 'kind') {
      if (typeof node.value.value === 'string') words.push(node.value);
      else isSound = false;
    }
    if (memberName(node) !== 'kind') return;
    if (parent?.type === 'SwitchStatement' && part === 'discriminant') {
      for (const { test } of parent.cases) if (test) words.push(test);
    } else if (/^[!=]==$/.test(parent?.operator) && part === 'left') words.push(parent!.right);
    else isSound = false;
  });
  if (!isSound || words.some(({ value }) => typeof value !== 'string')) return;
  const uses = new Map<string, number>();
  for (const { value } of words) uses.set(value, (uses.get(value) ?? 0) + 1);
  const order = [...uses.keys()].sort((a, b) => uses.get(b)! - uses.get(a)!);
  for (const word of words) Object.assign(word, literal(order.indexOf(word.value)), { raw: null });
}
