/**
 * Tests share the modules of their worker: loading them anew for each file took a fifth of the time of
 * all, and tests leave nothing behind. Those that put others in place of modules are loaded alone.
 */
import { PATIENCE_MS } from './patience.ts';

const ALONE = ['test/host/day/day.test.ts', 'test/device/pi/key-file.test.ts'];
/** Anything slower is stuck: in npm test a single test or hook, in soak a full count of one. */
const STUCK_MS = process.env.HOPLINE_SOAK === '1' ? 3_600_000 : 300_000;

export default {
  test: {
    expect: { poll: { timeout: PATIENCE_MS } },
    testTimeout: STUCK_MS,
    hookTimeout: STUCK_MS,
    projects: [
      {
        extends: true,
        test: { name: 'together', include: ['test/**/*.test.ts'], exclude: ALONE, isolate: false },
      },
      { extends: true, test: { name: 'alone', include: ALONE } },
    ],
  },
};
