/**
 * What radios and wires carry, beside what the libraries under them carry alone. Each kind of link has
 * its own file, and a line in `run`.
 */
import type { BenchArea } from './area.ts';
import { bleRatio } from './radio-ble.ts';
import { relayFigures } from './radio-relay.ts';
import { serialRatio } from './radio-serial.ts';

export const area: BenchArea = {
  name: 'radio',
  summary: 'packets over a virtual radio and a wire, beside bare noble, bleno and serialport',
  takes: 'a minute or two',

  async run(seed, progress) {
    const air = await bleRatio(progress);
    progress('a wire');
    const wire = await serialRatio(seed);
    progress('the relay');
    return [...air, ...wire, ...(await relayFigures())];
  },
};
