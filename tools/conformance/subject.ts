/**
 * Subject: our own implementation, asked the questions of the suite. A pure function, and no more
 * than a translation: what is tested is protocol/wire and protocol/trust.
 */
import { Given, Misasked } from './given.ts';
import type { Ops } from './given.ts';
import { frameOps } from './ops-frames.ts';
import { payloadOps } from './ops-payloads.ts';
import { trustOps } from './ops-trust.ts';
import type { Fields } from './suite.ts';

const OPS: Ops = { ...frameOps, ...payloadOps, ...trustOps };

/** The answer to one question, without its id. */
export function answer(question: Fields): Fields {
  const op = question['op'];
  if (typeof op !== 'string' || !Object.hasOwn(OPS, op)) return { unsupported: true };
  try {
    return OPS[op](new Given(question));
  } catch (failure) {
    if (failure instanceof Misasked) return { error: `not-a-question: ${failure.message}` };
    throw failure;
  }
}
