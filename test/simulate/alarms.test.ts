/** Whose turn is next: the heap compared with all nodes, looked through each time. */
import { expect, it } from 'vitest';
import { Alarms } from '../../tools/simulate/alarms.ts';
import { SEED, xorshift } from '../seed.ts';

const NODES = 40;

it('whoever waits for the first moment is next, and the lowest number among equals', () => {
  const next = xorshift(SEED);
  const alarms = new Alarms(NODES);
  const moments = new Array<number>(NODES).fill(Infinity);
  expect(alarms.nextAt()).toBe(Infinity);
  for (let change = 0; change < 3000; change++) {
    const node = next(NODES);
    // Few moments, so that many are equal; and some wait for nothing.
    moments[node] = next(8) > 0 ? next(12) : Infinity;
    alarms.set(node, moments[node]);
    const first = Math.min(...moments);
    expect(alarms.nextAt(), `seed ${SEED}, change ${change}`).toBe(first);
    if (first < Infinity) expect(alarms.next()).toBe(moments.indexOf(first));
  }
});
