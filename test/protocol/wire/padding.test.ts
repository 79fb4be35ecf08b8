/**
 * Padding as both phone apps do it (WIRE §2), at every edge of a block.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { airFrame, pad } from '../../../protocol/wire/padding.ts';
import { unpad } from './unpad.ts';
import { hold } from '../../seed.ts';
import { anyBytes, filled, hex, join } from './given.ts';

describe('padding a frame', () => {
  for (const [length, padded] of [
    [1, 256],
    [102, 256],
    [240, 256],
    [241, 241],
    [256, 256],
    [257, 512],
    [496, 512],
    [497, 497],
    [768, 768],
    [769, 1024],
    [1008, 1024],
    [1009, 1009],
    [1792, 1792],
    [1793, 2048],
    [2032, 2048],
    [2033, 2033],
    [5000, 5000],
  ]) {
    it(`makes ${padded} bytes of ${length}`, () => {
      const frame = filled(length, 7);
      const count = padded - length;
      expect(pad(frame)).toEqual(join(frame, filled(count, count)));
    });
  }

  it('leaves an empty frame as it is, 256 bytes being more than one byte can count', () => {
    expect(pad(hex(''))).toEqual(hex(''));
  });

  it('is undone by taking it off', () => {
    hold(
      fc.property(anyBytes(2100), (frame) => {
        const padded = pad(frame);
        if (padded.length > frame.length) expect(unpad(padded)).toEqual(frame);
      }),
      300,
    );
  });
});

describe('taking padding off', () => {
  for (const [what, frame, left] of [
    ['nothing', '', ''],
    ['a count of one', 'aa01', 'aa'],
    ['nothing but padding', '020202', '02'],
    ['a count of zero', 'aa00', 'aa00'],
    ['a count beyond the frame', 'aa03', 'aa03'],
    ['a pad byte that is not the count', 'aa020303', 'aa020303'],
  ]) {
    it(`leaves ${left || 'nothing'} of ${what}`, () => {
      expect(unpad(hex(frame))).toEqual(hex(left));
    });
  }
});

describe('a frame for the air', () => {
  for (const [type, length] of [
    [0x10, 256],
    [0x11, 256],
    [0x01, 40],
    [0x02, 40],
    [0x20, 40],
    [0xe4, 40],
  ]) {
    it(`of type 0x${type.toString(16).padStart(2, '0')} and 40 bytes has ${length}`, () => {
      const frame = filled(40, 1);
      frame[1] = type;
      expect(airFrame(frame).length).toBe(length);
    });
  }
});
