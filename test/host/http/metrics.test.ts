/**
 * Every line of the metrics is one of the text format, whatever people are called and whatever reasons
 * and components there are.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Family } from '../../../host/http/exposition.ts';
import { exposition, SAMPLES_MAX } from '../../../host/http/exposition.ts';
import { DeskDouble, serve } from './builders.ts';

let shared: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  shared = await serve(new DeskDouble());
});
afterAll(() => shared.server.close());

it('are told to whoever has the token, in the text format as a whole', async () => {
  const answer = await shared.ask('/metrics');
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const told = parsed(await answer.text());
  expect(told.get('hopline_drops_total{reason="duplicate"}')).toBe(4);
  expect(told.get('hopline_packets_heard_total')).toBe(3);
  expect(told.get('hopline_peers{where="island"}')).toBe(3);
  expect(told.get('hopline_links{medium="phone"}')).toBe(1);
  expect(told.get('hopline_component_failures_total{component="routing"}')).toBe(1);
  expect(told.get('hopline_network_health')).toBe(0.8);
  expect(told.get('hopline_carried_mbps{side="internet",way="out"}')).toBe(2);
  expect(told.get('hopline_limit_mbps{side="local"}')).toBe(10);
  expect(told.get('hopline_connections_slowed{side="local"}')).toBe(1);
  expect(told.get('hopline_connections_waiting{side="local"}')).toBe(7);
  expect(told.get('hopline_peer_requests_total')).toBe(5);
  expect(told.get('hopline_peer_requests_refused_total')).toBe(2);
  expect(told.get('hopline_peer_requests_dropped_total{reason="request-flooding"}')).toBe(9);
  expect(told.get('process_resident_memory_bytes')).toBe(50_000_000);
  expect(told.size).toBeGreaterThan(35);
  // Whoever they are, nobody is a label.
  expect([...told.keys()].join()).not.toMatch(/alice|bob|[0-9a-f]{16}/i);
});

it('count requests, and counters never go back', async () => {
  const first = parsed(await (await shared.ask('/metrics')).text());
  await shared.ask('/api/v1/peers/nobody');
  const second = parsed(await (await shared.ask('/metrics')).text());
  const refused = 'hopline_http_responses_total{class="4xx"}';
  expect(second.get(refused)).toBe(first.get(refused)! + 1);
  for (const [name, value] of first) {
    if (/_total(\{|$)/.test(name)) expect(second.get(name), name).toBeGreaterThanOrEqual(value);
  }
});

it('are for nobody without the token', async () => {
  const answer = await fetch(`${shared.server.url}/metrics`);
  expect(answer.status).toBe(401);
});

it('escape whatever has a meaning of its own', () => {
  const labels = { reason: 'a "quoted"\\\nline' };
  const text = exposition([gauge('odd', [{ labels, value: Number.NaN }], 'two\nlines \\')]);
  expect(text).toBe(
    '# HELP odd two\\nlines \\\\\n# TYPE odd gauge\nodd{reason="a \\"quoted\\"\\\\\\nline"} NaN\n',
  );
  expect([...parsed(text).values()]).toEqual([Number.NaN]);
  const ends = [Infinity, -Infinity].map((value) => ({ labels: {}, value }));
  expect(exposition([gauge('ends', ends)])).toMatch(/ends \+Inf\nends -Inf\n$/);
});

it('have so many samples of a kind at most, and leave out what has none', () => {
  const samples = Array.from({ length: SAMPLES_MAX + 9 }, (_, at) => ({
    labels: { reason: `r${at}` },
    value: at,
  }));
  expect(parsed(exposition([gauge('many', samples), gauge('none', [])])).size).toBe(SAMPLES_MAX);
});

function gauge(name: string, samples: Family['samples'], help = 'help'): Family {
  return { name, help, type: 'gauge', samples };
}

/** By the grammar of the format: a HELP, a TYPE, then samples of that name, none twice. */
function parsed(text: string): Map<string, number> {
  expect(text.endsWith('\n')).toBe(true);
  const values = new Map<string, number>();
  const families = new Set<string>();
  let [family, type] = ['', ''];
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP ([a-zA-Z_:][\w:]*) (?:[^\\]|\\\\|\\n)*$/.exec(line);
    const typed = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge)$/.exec(line);
    if (help !== null) {
      expect(families.has(help[1]), line).toBe(false);
      families.add((family = help[1]));
      type = '';
    } else if (typed !== null) {
      expect([typed[1], type], line).toEqual([family, '']);
      type = typed[2];
      expect(type === 'counter', line).toBe(family.endsWith('_total'));
    } else {
      const sample = SAMPLE.exec(line);
      expect(sample, line).not.toBeNull();
      const [, name, labels = '', value] = sample!;
      expect([name, type === ''], line).toEqual([family, false]);
      expect(values.has(name + labels), line).toBe(false);
      values.set(name + labels, Number(value.replace('Inf', 'Infinity')));
    }
  }
  return values;
}

const LABEL = /[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"/.source;
const SAMPLE = new RegExp(
  `^([a-zA-Z_:][\\w:]*)(\\{${LABEL}(?:,${LABEL})*\\})? (NaN|[+-]Inf|-?\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?)$`,
);
