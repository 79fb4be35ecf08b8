/**
 * Root: a program without the function around it, as a board is given it. Each function declared
 * inside of another costs a board one variable more, and there is nobody else to keep apart from.
 */
import { parse } from 'acorn';

/** Names that a firmware's own code looks for at the root, and must not find ours by. */
export const TAKEN = ['g'];

/** `(() => { program })();` as the program, with `var` for whatever else declares. */
export function atRoot(wrapped: string): string {
  const { body } = parse(wrapped, { ecmaVersion: 'latest' });
  const [only] = body;
  const call = only?.type === 'ExpressionStatement' ? only.expression : null;
  const run = call?.type === 'CallExpression' ? call.callee : null;
  if (run?.type !== 'ArrowFunctionExpression' || run.body.type !== 'BlockStatement') return wrapped;
  return run.body.body
    .map((node) => {
      const text = wrapped.slice(node.start, node.end);
      return node.type === 'VariableDeclaration' ? text.replace(/^(let|const)\b/, 'var') : text;
    })
    .join('');
}
