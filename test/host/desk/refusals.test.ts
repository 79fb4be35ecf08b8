/**
 * What a person reads when a wish was not done.
 */
import { expect, it } from 'vitest';
import { refusalOf } from '../../../host/desk/refusals.ts';

it('says of a component that is down what went wrong, and when to try again', () => {
  expect(() => {
    throw refusalOf('failed');
  }).toThrow(/try again.*\[COMPONENT_FAILED\]/);
});
