/**
 * Tests of machines share the modules of their worker: they touch nothing outside and leave nothing
 * behind, and loading the protocol anew for each file took as long as its tests. All others have a
 * process of their own for each file.
 */
const MACHINES = ['protocol', 'fuzz', 'simulate', 'transcripts'].map(
  (room) => `test/${room}/**/*.test.ts`,
);

export default {
  test: {
    projects: [
      { extends: true, test: { name: 'machines', include: MACHINES, isolate: false } },
      {
        extends: true,
        test: { name: 'others', include: ['test/**/*.test.ts'], exclude: MACHINES },
      },
    ],
  },
};
