/**
 * The laws of a run can see: for each there is a node, honest but for one thing, that breaks it and is
 * caught. Without them a run that never fails would show nothing.
 */
import { describe, expect, it } from 'vitest';
import type { Tick } from '../../protocol/core/machine.ts';
import { MESSAGE } from '../../protocol/core/packet.ts';
import type { Deed } from '../../tools/simulate/deeds.ts';
import { examine, tellFailure } from '../../tools/simulate/failure.ts';
import { allFaults, NO_FAULTS } from '../../tools/simulate/faults.ts';
import type { FrameHead } from '../../tools/simulate/frame-head.ts';
import { headOf } from '../../tools/simulate/frame-head.ts';
import type { Law } from '../../tools/simulate/laws.ts';
import { Laws, LAWS } from '../../tools/simulate/laws.ts';
import type { SimInput, SimOutput } from '../../tools/simulate/sim-node.ts';
import type { Resident, RunPorts } from '../../tools/simulate/run.ts';
import { runScenario } from '../../tools/simulate/run.ts';
import type { Scenario } from '../../tools/simulate/scenario.ts';
import { drawScenario } from '../../tools/simulate/scenario.ts';
import { line } from '../../tools/simulate/shapes.ts';
import { simulatedCrypto } from '../../tools/simulate/simulated-crypto.ts';
import type { BridgeNode } from '../../tools/simulate/stations.ts';
import { Roster } from '../../tools/simulate/stations.ts';
import { Words } from '../../tools/simulate/words.ts';
import { LINES_MAX, Transcript } from '../../tools/simulate/transcript.ts';
import { crypto } from '../protocol/trust/ports.ts';

const cheap = simulatedCrypto(crypto);

/** By law: what a node does to what it would have given out. */
const CULPRITS: Record<Law, (outputs: readonly SimOutput[], node: BridgeNode) => SimOutput[]> = {
  'at-most-once': (outputs) =>
    outputs.flatMap((output) => (isTold(output) ? [output, output] : [output])),
  'ttl-falls': (outputs) => outputs.map((output) => (isMessage(output) ? raised(output) : output)),
  'no-acknowledged-loss': (outputs) =>
    outputs.map((output) => {
      if (output.kind !== 'answer' || output.answer.kind !== 'stored') return output;
      const name = { ...output.answer.name, id: '00'.repeat(16) };
      return { ...output, answer: { kind: 'stored', name } };
    }),
  'nothing-forged': (outputs) =>
    outputs.map((output) => {
      const isHeard = output.kind === 'told' && 'of' in output && output.of === 'station';
      if (!isHeard || output.event.kind !== 'message') return output;
      return { ...output, event: { ...output.event, text: 'never said', isVerified: true } };
    }),
  'within-limits': (outputs, node) => {
    // It never gets round to saying them.
    node.bridge['talk']['says'].push(0);
    return [...outputs];
  },
  'nodes-hold': (outputs) => {
    if (outputs.some(isTold)) throw new Error('broken law: of its own');
    return [...outputs];
  },
  // It keeps to itself all that anybody says.
  liveness: (outputs) => outputs.filter((output) => !isMessage(output) && output.kind !== 'answer'),
};

describe('a law', () => {
  for (const law of Object.keys(LAWS) as Law[]) {
    it(`sees whoever breaks it: ${law}`, () => {
      const { breach } = runScenario(quiet(), { crypto: cheap, dress: culprit(law) });
      expect(breach?.law).toBe(law);
    });
  }

  it('is broken by nobody where nobody does anything wrong', () => {
    const outcome = runScenario(quiet(), { crypto: cheap });
    expect(outcome.breach).toBeNull();
    expect(outcome.words.map(({ arrivedAt }) => arrivedAt.size)).toEqual([3, 3, 1, 3, 3]);
  });
});

describe('the law of TTLs', () => {
  const whole = (ttl: number): FrameHead => ({ ...HEAD, ttl, isCut: false });
  const cut = (ttl: number): FrameHead => ({ ...HEAD, ttl, isCut: true });
  // The way of six nodes lies before it, and leaves no room for it (WIRE §27).
  const behind = headOf(
    Uint8Array.from({ length: 50 }, (_, at) => [0x80, 0x27, 6][at] ?? 1),
    false,
  )!;
  const cases: [why: string, heads: FrameHead[], passedOn: number, broken: boolean][] = [
    ['falls by one', [whole(5)], 4, false],
    ['does not fall', [whole(5)], 5, true],
    ['falls below the better of two', [whole(2), whole(5)], 4, false],
    ['falls below one of which no write shows the name', [whole(2), cut(5)], 4, false],
    ['is larger than that of any copy', [whole(2), cut(4)], 4, true],
    ['is of what never came', [], 1, true],
    ['may be of what came behind its way', [behind], 1, false],
  ];
  for (const [why, heads, passedOn, broken] of cases) {
    it(`sees one that ${why} as ${broken ? 'broken' : 'kept'}`, () => {
      const laws = lawsOfNobody();
      for (const head of heads) laws.arrived(1, head);
      laws.wrote(1, whole(passedOn), 0);
      expect(laws.breach?.law ?? null).toBe(broken ? 'ttl-falls' : null);
    });
  }
});

it('counts what came to a node, and what of it came again', () => {
  const laws = lawsOfNobody();
  for (const node of [1, 2, 2]) laws.arrived(node, { ...HEAD, ttl: 5, isCut: false });
  expect([laws.came, laws.duplicates]).toEqual([3, 1]);
});

describe('a run that broke a law', () => {
  it('is made as short as it can be, and told line by line', () => {
    const ports = { crypto: cheap, dress: culprit('at-most-once') };
    const scenario = drawScenario({ seed: 5, nodes: 4, faults: { ...allFaults(), byzantine: 0 } });
    const runs: number[] = [];
    const failure = examine(runScenario(scenario, ports), ports, 40, (run) => runs.push(run));
    const { shortest, transcript } = failure;
    expect(failure.breach.law).toBe('at-most-once');
    expect(runs).toHaveLength(failure.tries);
    expect(shortest.deeds.length).toBeLessThan(3);
    expect(Object.values(shortest.faults).filter((amount) => amount > 0)).toEqual([]);
    expect(transcript.join('\n')).toMatch(/node 4 +is answered stored/);
    const lines = tellFailure(failure);
    expect(lines[0]).toMatch(/^seed 5: 4 nodes \(\w+\), [\d.]+ s, loss=150 /);
    expect(lines[1]).toMatch(/^  at-most-once at \d+ ms, node 2: it was told ".*" twice$/);
    expect(lines[2]).toMatch(
      /^Shortest found, in \d+ runs more: [12] of \d+ deeds\. seed 5: .*no faults/,
    );
    expect(lines[3]).toMatch(/^ +\d+\.\d{3} s {2}node \d says "/);
    expect(lines.at(-1)).toMatch(/BREAKS at-most-once: it was told ".*" twice$/);
  });

  it('is told by its last lines where it has many', () => {
    const transcript = new Transcript();
    for (let at = 0; at < LINES_MAX + 5; at++) transcript.told(1, `line ${at}`, at);
    expect(transcript.lines).toHaveLength(LINES_MAX + 1);
    expect(transcript.lines[0]).toBe('(5 lines before these are left out)');
  });
});

/** Of a stranger. */
const HEAD = { type: MESSAGE, name: 7, bytes: new Uint8Array(40) };

function lawsOfNobody(): Laws {
  const roster = new Roster(cheap, 1, 1);
  return new Laws({ words: new Words(), roster, isByzantine: () => false });
}

/** Nothing goes wrong but what a node does. */
function quiet(): Scenario {
  const deeds: Deed[] = [
    { at: 12_000, kind: 'say', node: 1, text: 'word 1' },
    { at: 13_000, kind: 'say', node: 4, text: 'word 2' },
    { at: 14_000, kind: 'tell', node: 1, to: 3, text: 'word 3' },
  ];
  const topology = { name: 'line', shape: line(4) };
  return drawScenario({
    ...{ seed: 1, topology, faults: NO_FAULTS, deeds, safeMs: 20_000, healMs: 120_000 },
  });
}

/** Node 2 is honest but for one thing, once it has met the others. */
function culprit(law: Law): NonNullable<RunPorts['dress']> {
  return (inner, number): Resident => {
    if (number !== 2) return inner;
    const step = (input: SimInput | Tick, now: number): readonly SimOutput[] =>
      CULPRITS[law](inner.step(input, now), inner);
    return { inner, step, deadline: () => inner.deadline() };
  };
}

function isTold(output: SimOutput): boolean {
  if (output.kind !== 'told' || !('of' in output) || output.of !== 'talk') return false;
  return output.event.kind === 'message';
}

function isMessage(output: SimOutput): output is Extract<SimOutput, { kind: 'write' }> {
  return output.kind === 'write' && (output.bytes[0] & 0x80) !== 0 && output.bytes[2] === MESSAGE;
}

function raised(output: Extract<SimOutput, { kind: 'write' }>): SimOutput {
  const bytes = output.bytes.slice();
  bytes[3] = 7;
  return { ...output, bytes };
}
