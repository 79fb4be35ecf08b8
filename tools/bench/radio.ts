/**
 * What radios and wires carry, beside what the libraries under them carry alone. Each kind of link has
 * its own file, and a line in `run`.
 */
import type { BenchArea } from './area.ts';
import { serialRatio } from './radio-serial.ts';

export const area: BenchArea = {
  name: 'radio',
  summary: 'packets over a wire, beside bare serialport on the same pseudo-terminal',

  async run(seed, progress) {
    progress('a wire');
    return serialRatio(seed);
  },
};
