/**
 * hopline conformance as people use it: on ourselves, on somebody's program, and with what they
 * mistype.
 */
import { describe, expect, it } from 'vitest';
import { conformance } from '../../tools/commands/conformance.ts';
import { countsOf } from '../../tools/conformance/report.ts';
import { suite } from '../../tools/conformance/suite.ts';
import { dispatch } from '../../tools/dispatch.ts';
import { hopline } from '../tools/built.ts';
import { testIo } from '../tools/io.ts';

const named = (name: string) => suite.find(({ group }) => group === name)!;
const replay = named('replay');
const all = suite.flatMap(({ cases }) => cases).length;

describe('hopline conformance', () => {
  it('finds that we pass, to the very reasons, through the pipe that strangers use', async () => {
    const { status, out, err } = await hopline(['conformance', '--reasons']);
    const lines = out.trimEnd().split('\n');
    suite.forEach(({ group, cases }, at) => {
      expect(lines[at]).toMatch(new RegExp(`^${group} +${cases.length} passed$`));
    });
    expect(lines.slice(suite.length)).toEqual(['', `${all} passed`]);
    expect([status, err]).toEqual([0, '']);
  });

  it('answers questions when it serves, each line by itself', async () => {
    const input =
      '{"id":1,"op":"peer.id","noiseKey":"' +
      '11'.repeat(32) +
      '"}\n\nno question\n{"id":"x","op":"no.op"}\n7\n{"id":2,"op":"ping.decode"}\n';
    const { status, out, err } = await hopline(['conformance', '--serve'], { input });
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { id: 1, peer: '02d449a31fbb267c' },
      { id: null, error: 'not-json' },
      { id: 'x', unsupported: true },
      { id: null, unsupported: true },
      { id: 2, error: 'not-a-question: payload is not hex' },
    ]);
    expect([status, err]).toEqual([0, '']);
  });

  it('stops serving at a line that is too long', async () => {
    const { status, out } = await hopline(['conformance', '--serve'], {
      input: 'x'.repeat(1_100_000),
    });
    expect([status, out]).toEqual([0, '{"id":null,"error":"too-long"}\n']);
  });
});

describe('hopline conformance --subject', () => {
  it('shows what a subject gets wrong, beside what was expected, and fails', async () => {
    const { status, outs, errs } = await test(PINGS, '--group', 'payloads,replay');
    expect(outs).toEqual([
      'replay    0 passed, 33 unsupported',
      'payloads  2 passed, 1 failed, 45 unsupported',
      '',
      'payloads: a ping with more behind it',
      '  ping.decode',
      '  payload 424242424242424203dead',
      "  (Built from the literals of bitchat's MeshPingPayloadTests (iOS).)",
      '  -> error',
      '     expected  no refusal',
      '     got       too long',
    ]);
    expect(errs).toEqual([
      'hopline: not everything holds: 2 passed, 1 failed, 78 unsupported [CHECKS_FAILED]',
    ]);
    expect(status).toBe(1);
  });

  it('says the same as JSON, the failures with question and answer', async () => {
    const { status, outs } = await test(PINGS, '--group=payloads', '--json');
    const counts = { passed: 2, failed: 1, unsupported: 45 };
    expect(outs.map((line) => JSON.parse(line))).toEqual([
      {
        subject: PINGS,
        reasons: false,
        ...counts,
        groups: [{ group: 'payloads', ...counts }],
        failures: [
          {
            group: 'payloads',
            ...named('payloads').cases.find(({ name }) => name === 'a ping with more behind it'),
            answer: { error: 'too long' },
          },
        ],
      },
    ]);
    expect(status).toBe(1);
  });

  it('takes any refusal, unless reasons are asked for', async () => {
    const refuses = node('{ error: "no" }');
    const counts = (cases: number) => `malformed  ${cases} passed`;
    const lenient = await test(refuses, '--group', 'malformed');
    expect([lenient.status, lenient.outs[0]]).toEqual([0, counts(named('malformed').cases.length)]);
    const strict = await test(refuses, '--group', 'malformed', '--reasons');
    expect([strict.status, strict.outs[0]]).toEqual([
      1,
      `malformed  0 passed, ${named('malformed').cases.length} failed`,
    ]);
    expect(strict.outs.slice(4, 8)).toEqual([
      '  frame ""',
      '  -> error',
      '     expected  too-short',
      '     got       no',
    ]);
  });

  it('does not pass a subject that does nothing', async () => {
    const { status, errs } = await test(node('{ unsupported: true }'), '--group', 'noise');
    expect([status, errs]).toEqual([
      1,
      ['hopline: not everything holds: 0 passed, 22 unsupported [CHECKS_FAILED]'],
    ]);
  });

  it('prints every question and answer when told to', async () => {
    const { outs } = await test(PINGS, '--group', 'payloads', '--verbose');
    const at = outs.indexOf('  passed  payloads: a ping');
    expect(outs.slice(at + 1, at + 3)).toEqual([
      '    > {"op":"ping.decode","payload":"01020304aabbccff07"}',
      '    < {"nonce":"01020304aabbccff","originTtl":7}',
    ]);
    expect(outs).toContain('  unsupported  payloads: a private message');
  });

  it('ends with status 69 and one line when the subject gives up', async () => {
    const { status, outs, errs } = await test('exit 7', '--group', 'replay');
    expect([status, outs]).toEqual([69, []]);
    expect(errs).toEqual([
      'hopline: the implementation under test gave up: "exit 7" ended with status 7 when asked ' +
        '"replay: in order" [SUBJECT_FAILED]',
    ]);
  });

  it('waits as long as it is told', async () => {
    const { errs } = await test('sleep 60', '--group', 'replay', '--timeout', '1');
    expect(errs[0]).toContain('"sleep 60" was silent for 1 s when asked "replay: in order"');
  });

  for (const [words, complaint] of [
    [['--group', 'pakets'], 'there is no group "pakets"; did you mean packets? (groups: packets, '],
    [['--group', ','], 'there is no group ""'],
    [['--timeout', '0'], '--timeout takes a whole number from 1 to 3600, not "0"'],
    [['--subject', ''], '--subject needs a value'],
    [['packets'], '"packets" is too much'],
  ] as const) {
    it(`refuses ${words.join(' ')} before it starts anything`, async () => {
      const io = testIo();
      const status = await dispatch(['conformance', ...words], { conformance: load }, '0', io);
      expect([status, io.outs]).toEqual([64, []]);
      expect(io.errs[0]).toContain(complaint);
    });
  }
});

describe('hopline conformance --list', () => {
  it('says what each group is about, and asks nobody', async () => {
    const { status, outs } = await test('exit 1', '--list', '--group', 'replay,');
    expect(outs).toEqual([
      `replay: ${replay.cases.length} cases of replay.window`,
      `  ${replay.spec}`,
    ]);
    expect(status).toBe(0);
  });

  it('names every case when told to, and says it as JSON', async () => {
    const { outs } = await test('exit 1', '--list', '--verbose');
    expect(outs.filter((line) => line.startsWith('  - ')).length).toBe(all);
    const json = await test('exit 1', '--list', '--json', '--group', 'replay');
    expect(JSON.parse(json.outs[0])).toEqual([
      {
        group: 'replay',
        spec: replay.spec,
        ops: ['replay.window'],
        cases: replay.cases.map(({ name }) => name),
      },
    ]);
  });
});

const load = async () => conformance;

async function test(subject: string, ...words: string[]) {
  const io = testIo();
  const commands = { conformance: load };
  const status = await dispatch(['conformance', '--subject', subject, ...words], commands, '0', io);
  return { status, outs: io.outs, errs: io.errs };
}

/** A subject that gives every question the same answer, or whatever the expression makes of `q`. */
function node(answer: string): string {
  const program =
    'require("readline").createInterface({ input: process.stdin }).on("line", (line) => {' +
    'const q = JSON.parse(line);' +
    `console.log(JSON.stringify({ id: q.id, ...(${answer}) })); })`;
  return `"${process.execPath}" -e '${program}'`;
}

/** Reads pings of exactly nine bytes, and does nothing else. */
const PINGS = node(
  'q.op === "ping.decode" ? q.payload.length > 18 ? { error: "too long" }' +
    ' : { nonce: q.payload.slice(0, 16), originTtl: parseInt(q.payload.slice(16), 16) }' +
    ' : q.op === "ping.encode" ? { payload: q.nonce + "07" } : { unsupported: true }',
);

it('counts what there is to count', () => {
  expect(countsOf([])).toEqual({ passed: 0, failed: 0, unsupported: 0 });
});
