/**
 * Tokens: a program with each reserved word and operator as the one byte that Espruino's own lexer
 * makes of it. Every version runs such a program as it lies, faster and in three quarters of the
 * flash (its tools call this pretokenised). The order of the list is Espruino's, and does not change.
 */
import { tokenizer } from 'acorn';

const FIRST = 138;
// prettier-ignore
const WORDS = [
  '==', '===', '!=', '!==', '<=', '<<', '<<=', '>=', '>>', '>>>', '>>=', '>>>=', '+=', '-=', '++',
  '--', '*=', '/=', '%=', '&=', '&&', '|=', '||', '^=', '=>', 'if', 'else', 'do', 'while', 'for',
  'break', 'continue', 'function', 'return', 'var', 'let', 'const', 'this', 'throw', 'try', 'catch',
  'finally', 'true', 'false', 'null', 'undefined', 'new', 'in', 'instanceof', 'switch', 'case',
  'default', 'delete', 'typeof', 'void', 'debugger', 'class', 'extends', 'super', 'static', 'of',
];
const BYTES = new Map(WORDS.map((word, at) => [word, String.fromCharCode(FIRST + at)]));

/** Latin-1: each character is a byte of the file. */
export function tokenise(program: string): string {
  let out = '';
  let before = '';
  for (const { start, end, type } of tokenizer(program, { ecmaVersion: 'latest' })) {
    const text = program.slice(start, end);
    const isWord = type.label !== 'string' && type.label !== 'template' && before !== '.';
    const token = (isWord ? BYTES.get(text) : undefined) ?? text;
    // Two names, or two signs that would read as one.
    const isOne = /[\w$]$/.test(out) && /^[\w$]/.test(token);
    if (isOne || /^(\+\+|--|\/\/)$/.test(out.slice(-1) + token[0])) out += ' ';
    out += token;
    before = text;
  }
  return out;
}

/** The program that a board reads in it. */
export function detokenise(bytes: string): string {
  return bytes.replace(/[\x80-\xff]/g, (byte) => {
    const word = WORDS[byte.charCodeAt(0) - FIRST];
    return /^\w/.test(word) ? ` ${word} ` : word;
  });
}
