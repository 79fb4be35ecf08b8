/**
 * Citations: what code and documents cite of our documents stands there, and what RELIABILITY says that
 * a test keeps from us, some test names.
 */
import type { Problem, Rule, Tree } from './tree.ts';

/** By the names that they are cited by. */
const DOCUMENTS: Record<string, string> = {
  WIRE: 'protocol/README.md',
  DEFAULTS: 'protocol/DEFAULTS.md',
  RELIABILITY: 'protocol/RELIABILITY.md',
  DEVICE: 'device/DEVICE.md',
  RADIO: 'device/RADIO.md',
};
/** Sections, rows of tables that have an id, and points of a list. */
const STANDS = /^(?:## (?:§(\d+)|(\d+))\. |\| ([SR]\d+) \||(\d+)\. )/gm;
const CITED =
  /\b(WIRE|DEFAULTS|RELIABILITY|RADIO)(?:\.md)? ([§SR]\d+(?:(?:, | and )[§SR]\d+)*|points? \d+(?: and \d+)*)/g;
/** How a row of RELIABILITY says that there is no test. */
const OPEN = /\| not kept from us: [^|]*\|$/;

export const citations: Rule = {
  promise: 'what is cited of a document stands in it',
  check(tree) {
    const known = new Set<string>();
    for (const [name, path] of Object.entries(DOCUMENTS)) {
      for (const [, ...ids] of (tree.texts.get(path) ?? '').matchAll(STANDS)) {
        known.add(`${name} ${ids.find((id) => id !== undefined)}`);
      }
    }
    return [...tree.texts].flatMap(([file, text]) =>
      text.split('\n').flatMap((line, at) =>
        citedIn(line)
          .filter((one) => !known.has(one))
          .map((one) => ({
            file,
            line: at + 1,
            what: `${one} stands nowhere`,
            instead: `cite what stands in ${DOCUMENTS[one.split(' ')[0]]}, or write it there`,
          })),
      ),
    );
  },
};

function citedIn(line: string): string[] {
  return [...line.matchAll(CITED)].flatMap(([, name, list]) =>
    [...list.matchAll(/[SR]?\d+/g)].map(([id]) => `${name} ${id}`),
  );
}

export const kept: Rule = {
  promise: 'what happened to others is named by the test that keeps it from us',
  check(tree) {
    const named = new Set(testsOf(tree).flatMap((text) => text.match(/\bS\d+\b/g) ?? []));
    const file = DOCUMENTS['RELIABILITY'];
    const lines = (tree.texts.get(file) ?? '').split('\n');
    return lines.flatMap((line, at): Problem[] => {
      const [, id] = /^\| (S\d+) \|/.exec(line) ?? [];
      if (id === undefined || named.has(id) || OPEN.test(line)) return [];
      const instead = 'name it in the title of its test, or say `not kept from us: ...` here';
      return [{ file, line: at + 1, what: `no test names ${id}`, instead }];
    });
  },
};

function testsOf({ texts }: Tree): string[] {
  return [...texts].flatMap(([path, text]) => (path.endsWith('.test.ts') ? [text] : []));
}
