/**
 * Map: a run to watch: who is up, which edges carry, and how far each message has come. It plays in the
 * page itself, from what the page holds, and asks nobody for anything.
 */
import { escape } from './plot.ts';
import type { Happenings } from './happenings.ts';
import { MAP_SIDE } from './happenings.ts';

export type MapData = Happenings & {
  places0: [number, number][];
  links: [number, number][];
  words: { by: number; text: string }[];
  byzantine: readonly number[];
  core: readonly number[];
  healAt: number;
  endAt: number;
};

export function mapSection(data: MapData): string {
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  return [
    `<section><h2>The run, to watch</h2><p>${escape(LEGEND)}</p>`,
    `<div class="map"><canvas width="${MAP_SIDE}" height="${MAP_SIDE}"></canvas></div>`,
    '<p class="player"><button type="button">Play</button>',
    '<input type="range" min="0" max="1000" value="0" aria-label="moment of the run">',
    '<output></output></p><ol class="lately"></ol>',
    `<script type="application/json" id="run">${json}</script>`,
    `<script>${PLAYER}</script></section>`,
  ].join('');
}

const LEGEND =
  'Filled: it has the last message. Ring: it lacks it. Cross: it is down. Square: it means harm. ' +
  'Dashed: the edge does not carry.';

/** Runs in a browser. It draws what was so at the moment of the slider, from the start each time. */
const PLAYER = `
'use strict';
(() => {
  const run = JSON.parse(document.getElementById('run').textContent);
  const section = document.currentScript.closest('section');
  const [canvas, button, slider, output, lately] = ['canvas', 'button', 'input', 'output', 'ol'].map(
    (name) => section.querySelector(name),
  );
  const pen = canvas.getContext('2d');
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const clock = (ms) =>
    Math.floor(ms / 60000) + ':' + String(Math.floor(ms / 1000) % 60).padStart(2, '0');
  const radius = Math.max(6, Math.min(18, 160 / Math.sqrt(run.places0.length)));
  const inset = ([x, y]) => [30 + x * 0.94, 30 + y * 0.94];

  const nameOf = (a, b) => Math.min(a, b) + '-' + Math.max(a, b);
  // Who met on the way had no edge at first.
  const links = new Map(run.links.map(([a, b]) => [nameOf(a, b), { a, b, met: false }]));
  for (const [, a, b] of run.edges)
    if (!links.has(nameOf(a, b))) links.set(nameOf(a, b), { a, b, met: true });

  // Between two moments, everybody walks straight on.
  function placesAt(now) {
    const after = run.places.findIndex(([at]) => at > now);
    if (after < 0) return run.places.length > 0 ? run.places[run.places.length - 1][1] : run.places0;
    const [at, next] = run.places[after];
    const [from, before] = after > 0 ? run.places[after - 1] : [0, run.places0];
    const part = (now - from) / Math.max(1, at - from);
    return before.map(([x, y], i) => [x + (next[i][0] - x) * part, y + (next[i][1] - y) * part]);
  }

  function stateAt(now) {
    const down = new Set();
    for (const [at, node, up] of run.nodes) {
      if (at > now) break;
      if (up) down.delete(node);
      else down.add(node);
    }
    const cut = new Map();
    for (const [at, a, b, open] of run.edges) {
      if (at > now) break;
      const name = nameOf(a, b);
      cut.set(name, (cut.get(name) || 0) + (open ? -1 : 1));
    }
    const healed = now >= run.healAt;
    if (healed) {
      down.clear();
      cut.clear();
      if (run.core.length > 0)
        run.places0.forEach((_, at) => run.core.includes(at + 1) || down.add(at + 1));
    }
    let word = -1;
    let first = 0;
    for (const [at, node, number] of run.arrivals) {
      if (at > now) break;
      if (node === run.words[number].by && number > word) {
        word = number;
        first = at;
      }
    }
    const has = new Map();
    for (const [at, node, number] of run.arrivals) {
      if (at > now) break;
      if (number === word) has.set(node, at);
    }
    const places = placesAt(now);
    return { down, cut, word, first, has, places, healed };
  }

  function draw(now) {
    const { down, cut, word, first, has, places, healed } = stateAt(now);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.lineWidth = 2;
    for (const [name, { a, b, met }] of links) {
      // Of those who met, the edge begins with its first opening, which counts as -1.
      const isCut = met ? healed || !(cut.get(name) < 0) : cut.get(name) > 0;
      if (met && isCut) continue;
      const carries = !isCut && !down.has(a) && !down.has(b);
      pen.setLineDash(carries ? [] : [4, 8]);
      pen.strokeStyle = colour(carries ? '--line' : '--faint');
      pen.beginPath();
      pen.moveTo(...inset(places[a - 1]));
      pen.lineTo(...inset(places[b - 1]));
      pen.stroke();
    }
    pen.setLineDash([]);
    places.forEach((place, at) => {
      const node = at + 1;
      const [x, y] = inset(place);
      const isHarmful = run.byzantine.includes(node);
      pen.strokeStyle = colour(down.has(node) ? '--faint' : isHarmful ? '--c2' : '--text');
      pen.fillStyle = has.has(node) && !down.has(node) ? colour('--c0') : colour('--back');
      pen.beginPath();
      if (isHarmful) pen.rect(x - radius, y - radius, radius * 2, radius * 2);
      else pen.arc(x, y, radius, 0, 7);
      pen.fill();
      pen.stroke();
      if (down.has(node)) {
        pen.beginPath();
        pen.moveTo(x - radius, y - radius);
        pen.lineTo(x + radius, y + radius);
        pen.moveTo(x + radius, y - radius);
        pen.lineTo(x - radius, y + radius);
        pen.stroke();
      }
      if (radius >= 9) {
        pen.fillStyle = colour(has.has(node) && !down.has(node) ? '--back' : '--text');
        pen.font = radius + 'px system-ui, sans-serif';
        pen.textAlign = 'center';
        pen.textBaseline = 'middle';
        pen.fillText(node, x, y);
      }
    });
    output.textContent = clock(now) + ' of ' + clock(run.endAt) + (healed ? ', healed' : '');
    lately.replaceChildren();
    if (word < 0) return;
    const line = document.createElement('li');
    const seconds = ((now - first) / 1000).toFixed(1);
    const { by, text } = run.words[word];
    line.textContent =
      'node ' + by + ': ' + text.slice(0, 60) + ' (' + seconds + ' s ago, at ' + has.size + ' nodes)';
    lately.append(line);
  }

  let playing = null;
  const moment = () => (slider.value / 1000) * run.endAt;
  const stop = () => {
    cancelAnimationFrame(playing);
    playing = null;
    button.textContent = 'Play';
  };
  button.addEventListener('click', () => {
    if (playing !== null) return stop();
    if (Number(slider.value) >= 1000) slider.value = 0;
    button.textContent = 'Pause';
    const begun = performance.now();
    const from = moment();
    // A run takes a minute at most, and its seconds are never shorter than a fifth of ours.
    const speed = Math.max(5, run.endAt / 60000);
    const frame = (at) => {
      slider.value = ((from + (at - begun) * speed) / run.endAt) * 1000;
      draw(moment());
      if (Number(slider.value) >= 1000) stop();
      else playing = requestAnimationFrame(frame);
    };
    playing = requestAnimationFrame(frame);
  });
  slider.step = 'any';
  slider.addEventListener('input', () => draw(moment()));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => draw(moment()));
  draw(0);
})();
`;
