/**
 * Shrink: the program of a board with little room, made smaller without changing what it does. It
 * reads a whole bundle, and goes over it until nothing more comes of it.
 */
import { adopt } from './adopt.ts';
import { bury } from './dead.ts';
import { dissolve } from './dissolve.ts';
import { explode } from './explode.ts';
import { fold } from './fold.ts';
import { inline } from './inline.ts';
import { numberKinds } from './kinds.ts';
import { print } from './print.ts';
import { readProgram } from './program.ts';
import { propagate } from './propagate.ts';
import { shorten } from './shorten.ts';
import { each } from './tree.ts';

/** `known` are names of properties by which the firmware knows what we hand to it. */
export function shrink(code: string, known: Set<string>): string {
  const program = readProgram(code);
  for (let changed = true; changed;) {
    fold(program);
    changed = false;
    if (propagate(program)) changed = true;
    if (bury(program, known)) changed = true;
    if (changed) continue;
    while (dissolve(program)) changed = true;
    while (adopt(program)) changed = true;
    while (explode(program)) changed = true;
    if (!changed) changed = inline(program, known);
  }
  numberKinds(program);
  each(program, (node) => {
    // A constant that came into a case or a loop would be given its value again: boards refuse that.
    if (node.type === 'VariableDeclaration' && node.kind === 'const') node.kind = 'let';
  });
  shorten(program);
  return print(program);
}
