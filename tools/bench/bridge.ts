/**
 * Bridge: what a daemon carries, keeps and answers, beside what lies under it.
 */
import type { BenchArea } from './area.ts';
import type { Part } from './bridge-part.ts';
import { clientFigures } from './bridge-clients.ts';
import { durableFigures } from './bridge-durable.ts';
import { apiFigures } from './bridge-http.ts';
import { linkFigures } from './bridge-link.ts';
import { pageFigures } from './bridge-page.ts';
import { pipelineFigures } from './bridge-pipeline.ts';
import { storeFigures } from './bridge-store.ts';
import { udpChatFigures } from './bridge-udp-chat.ts';
import type { Missing, Result } from './report.ts';

/** In this order; each is a file beside this one. */
const PARTS: Part[] = [
  storeFigures,
  linkFigures,
  udpChatFigures,
  pipelineFigures,
  durableFigures,
  clientFigures,
  apiFigures,
  pageFigures,
];

export const area: BenchArea = {
  name: 'bridge',
  summary:
    'lines, plain UDP chat, durable messages, the API, the page and the memory of a bridge, against what is under them',
  takes: 'minutes',

  async run(seed, progress, isFull) {
    const results: (Result | Missing)[] = [];
    for (const part of PARTS) results.push(...(await part(progress, isFull, seed)));
    return results;
  },
};
