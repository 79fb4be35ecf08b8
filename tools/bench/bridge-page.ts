/**
 * Bridge, its page: how long frames take in a browser that shows a thousand nodes, while some of them
 * come and go and a person moves the map.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openHttp } from '../../host/http/server.ts';
import { webFolder } from '../web-folder.ts';
import type { Part } from './bridge-part.ts';
import { CHROMIUM, ChromiumPage } from './chromium.ts';
import { crowd } from './crowd-desk.ts';
import { percentile } from './percentile.ts';

const NODES = 1000;
const TURNS_PER_S = 50;
const MEASURED_S = { short: 5, full: 30 };
const FIGURE = { name: 'page.frame_ms_1000_nodes', unit: 'ms' };

export const pageFigures: Part = async (progress, isFull) => {
  const web = webFolder();
  if (CHROMIUM === null) return [{ ...FIGURE, absent: 'no Chromium is installed here' }];
  if (!existsSync(join(web, 'app.js'))) {
    return [{ ...FIGURE, absent: 'its page is not built; npm run build makes it' }];
  }
  progress(`a page of ${NODES} nodes`);
  const { desk, turn } = crowd(NODES, Date.now());
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const server = await openHttp(
    {
      ...{ host: '127.0.0.1', port: 0, hosts: [], token: '0'.repeat(32), web, log },
      ...{ isOpenOnLoopback: true, version: 'bench' },
    },
    desk,
  );
  let page: ChromiumPage | null = null;
  let turns = 0;
  const turning = setInterval(() => turn(turns++), 1000 / TURNS_PER_S);
  try {
    page = await ChromiumPage.open(CHROMIUM, `${server.url}/#/map`);
    await page.run(SETTLED);
    const seconds = isFull ? MEASURED_S.full : MEASURED_S.short;
    progress(`${seconds} s of frames`);
    const frames = await page.run<number[]>(`(${watchFrames})(${seconds * 1000})`);
    return [{ ...FIGURE, value: percentile(frames, 0.95) }];
  } finally {
    clearInterval(turning);
    await page?.close();
    await server.close();
  }
};

/** Once the map is there, drawn closer so that it can be moved. */
const SETTLED = `new Promise((resolve) => {
  const look = () => {
    const closer = document.querySelector('[aria-label=Closer]');
    const chart = document.querySelector('.chart');
    if (chart === null || closer === null) return setTimeout(look, 50);
    closer.click();
    setTimeout(resolve, 2000);
  };
  look();
})`;

/** Runs in the page: moves the map with each frame, and gives how long each took. */
const watchFrames = `(forMs) =>
  new Promise((resolve) => {
    const chart = document.querySelector('.chart');
    const move = (kind, at) =>
      chart.dispatchEvent(
        new PointerEvent(kind, {
          ...{ clientX: 400 + 200 * Math.sin(at / 30), clientY: 300 + 100 * Math.cos(at / 30) },
          ...{ buttons: 1, button: 0, bubbles: true },
        }),
      );
    const tookMs = [];
    const begun = performance.now();
    let last = begun;
    move('pointerdown', 0);
    const frame = (now) => {
      tookMs.push(now - last);
      last = now;
      move('pointermove', tookMs.length);
      if (now < begun + forMs) requestAnimationFrame(frame);
      else resolve(tookMs.slice(1));
    };
    requestAnimationFrame(frame);
  })`;
