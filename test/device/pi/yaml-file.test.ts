/**
 * YAML file: what a person may write, and where he is told it is wrong.
 */
import { describe, expect, it } from 'vitest';
import type { Section } from '../../../device/pi/yaml-file.ts';
import { LIST_MAX, readYaml, YAML_SIZE_MAX } from '../../../device/pi/yaml-file.ts';

describe('settings that hold', () => {
  it('are read by name, kind and limit', () => {
    const top = readYaml(
      'a.yaml',
      'name: attic\nttl: 7\nquiet: true\nlevel: strict\nports:\n  - one\n  - "2"\nradio: { adapter: 1 }\n',
    );
    expect(top.text('name', { most: 31 })).toBe('attic');
    expect(top.whole('ttl', { least: 1, most: 7 })).toBe(7);
    expect(top.flag('quiet')).toBe(true);
    expect(top.oneOf('level', ['strict', 'moderate'])).toBe('strict');
    expect(top.texts('ports', { most: 9 })).toEqual(['one', '2']);
    const radio = top.section('radio');
    expect([radio.isThere, radio.whole('adapter', { least: 0, most: 15 })]).toEqual([true, 1]);
    expect(top.names()).toEqual(['name', 'ttl', 'quiet', 'level', 'ports', 'radio']);
    for (const section of [top, radio]) section.done();
  });

  it('may be absent, each and all', () => {
    for (const text of ['', '# nothing yet\n', '---\n', '{}']) {
      const top = readYaml('a.yaml', text);
      expect(all(top)).toEqual(Array.from({ length: 6 }, () => undefined));
      expect([top.section('radio').isThere, top.sections('notes')]).toEqual([false, []]);
      top.done();
    }
  });

  it('may be ids of digits alone, unquoted', () => {
    const top = readYaml('a.yaml', 'id: 0123456789012345\nother: 12345678e1234567\nyes: true');
    const limits = { most: 16 };
    expect(top.text('id', limits)).toBe('0123456789012345');
    expect(top.text('other', limits)).toBe('12345678e1234567');
    expect(top.text('yes', limits)).toBe('true');
  });

  it('may be of several kinds, and say which', () => {
    const top = readYaml('a.yaml', 'a: auto\nb: [x]\nc: {d: e}');
    expect(['a', 'b', 'c', 'z'].map((name) => top.kindOf(name))).toEqual([
      'value',
      'list',
      'section',
      'absent',
    ]);
  });
});

describe('a mistake', () => {
  const mistakes: [string, string, string][] = [
    [
      'a name nobody knows',
      'name: x\nttll: 3',
      '2:1: there is no setting "ttll"; did you mean ttl?',
    ],
    ['a name like no other', 'colour: red', '1:1: there is no setting "colour"; there are name,'],
    ['a number too large', 'ttl: 65', '1:6: ttl takes a whole number from 1 to 64'],
    ['a number too small', 'ttl: 0', '1:6: ttl takes a whole number from 1 to 64'],
    ['half a number', 'ttl: 1.5', '1:6: ttl takes a whole number'],
    ['a number in words', 'ttl: many', '1:6: ttl takes a whole number'],
    ['a number in quotes', 'ttl: "7"', '1:6: ttl takes a whole number'],
    ['a flag in words', 'name: a\nquiet: maybe', '2:8: quiet takes true or false'],
    [
      'another choice',
      'level: strickt',
      '1:8: level is one of strict, moderate; did you mean strict?',
    ],
    ['a long text', `name: ${'x'.repeat(32)}`, '1:7: name takes a text of 1 to 31 bytes'],
    ['long in bytes', `name: ${'é'.repeat(16)}`, '1:7: name takes a text of 1 to 31 bytes'],
    ['an empty text', 'name: ""', '1:7: name takes a text of 1 to 31 bytes'],
    ['a missing value', 'name:\nttl: 1', '1:1: name has no value; give it one, or leave it out'],
    ['a list for a text', 'name: [a]', '1:7: name takes a text'],
    ['a text for a list', 'ports: a', '1:8: ports takes a list'],
    ['a list in a list', 'ports:\n  - a\n  - [b]', '3:5: ports takes a text of 1 to 99 bytes'],
    ['a text for a section', 'radio: on', '1:8: radio takes settings of its own'],
    ['a text among sections', 'notes:\n  - a', '2:5: notes takes settings of its own'],
    ['an alias', 'name: &a x\nports: *a', '2:8: aliases are not followed; write the value out'],
    ['a list as a name', '? [a]\n: b', '1:3: a name is a plain word'],
    ['a name twice', 'name: a\nname: b', '2:1: it is written twice: leave one of them out'],
    ['more after its end', 'name: a\n...\nttl: 1', '3:1: settings are one document: leave out'],
    ['a sign of the grammar', 'name: @a', '1:7: put a text that begins with this sign in quotes'],
    ['a tag of other programs', 'name: !!js/function x', '1:7: unresolved tag'],
    ['a broken file', 'name: [a\nttl: 1', '2:1: '],
    ['a colon left out', 'name: a\nquiet\nttl: 1', '2:1: a colon is missing: write "name: value"'],
    [
      'no space after it',
      'name:a\nttl: 1',
      '1:1: a colon is missing: write "name: value", a space',
    ],
    [
      'a colon too many',
      'name: a: b',
      '1:7: a value is no "name: value": put text with a colon in',
    ],
    ['a brace left open', 'radio: { adapter: 1', '1:20: a { or [ is not closed above this, or'],
    ['two documents', 'name: a\n---\nname: b', '2:1: settings are one document: leave out'],
    ['a list at the top', '- a', '1:1: write settings as "name: value"'],
  ];
  it.each(mistakes)('is %s', (_, text, told) => {
    expect(() => all(readYaml('it.yaml', text))).toThrow(`it.yaml:${told}`);
    expect(() => all(readYaml('it.yaml', text))).toThrow(/\[CONFIG_INVALID\]$/);
  });

  it('is a file or a list over its limit', () => {
    const long = `name: ${' '.repeat(YAML_SIZE_MAX)}a`;
    expect(() => readYaml('a.yaml', long)).toThrow('a.yaml:1:1: it is over');
    const many = (count: number) => readYaml('a.yaml', `ports: [${'a,'.repeat(count)}]`);
    expect(many(LIST_MAX).texts('ports', { most: 9 })).toHaveLength(LIST_MAX);
    expect(() => many(LIST_MAX + 1).texts('ports', { most: 9 })).toThrow('at most 1024 entries');
  });

  it('can be the judgement of whoever asked', () => {
    const top = readYaml('a.yaml', 'radio:\n  adapter: 1\n');
    const radio = top.section('radio');
    expect(() => radio.fail('adapter', 'there is none')).toThrow('a.yaml:2:12: there is none');
    expect(() => radio.fail(null, 'all of it')).toThrow('a.yaml:2:3: all of it');
  });
});

/** Everything there is to ask of it. */
function all(top: Section): unknown[] {
  const values = [
    top.text('name', { most: 31 }),
    top.whole('ttl', { least: 1, most: 64 }),
    top.flag('quiet'),
    top.oneOf('level', ['strict', 'moderate']),
    top.texts('ports', { most: 99 }),
    top.section('radio').text('adapter', { most: 9 }),
  ];
  top.sections('notes');
  top.done();
  return values;
}
