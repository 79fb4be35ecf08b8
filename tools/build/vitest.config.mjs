/**
 * Tests share the modules of their worker: loading them anew for each file took a fifth of the time of
 * all, and tests leave nothing behind. Those that put others in place of modules are loaded alone.
 */
const ALONE = ['test/host/day/day.test.ts', 'test/device/pi/key-file.test.ts'];
/** For what comes in its own time: less than a test may take, so that it says what it waited for. */
const PATIENCE_MS = 20_000;
/** Anything slower is stuck: in npm test a single test or hook, in soak a full count of one. */
const STUCK_MS = process.env.HOPLINE_SOAK === '1' ? 3_600_000 : 60_000;

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
