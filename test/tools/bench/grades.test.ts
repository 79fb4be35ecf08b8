/**
 * Grades, targets, recommendations and the sense of figures: what is made of what was measured.
 */
import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../../../host/config.ts';
import { schemaOf } from '../../../host/settings/rules.ts';
import { isMoreBetter } from '../../../tools/bench/compare.ts';
import { gradeOf, gradesOf } from '../../../tools/bench/grades.ts';
import { RECOMMENDATIONS, recommendationsFor } from '../../../tools/bench/recommendations.ts';
import { GRADED, scoreOf } from '../../../tools/bench/targets.ts';

describe('grades', () => {
  it.each([
    [100, 'excellent'],
    [90, 'excellent'],
    [89.9, 'good'],
    [80, 'good'],
    [79.9, 'fair'],
    [70, 'fair'],
    [69.9, 'poor'],
    [60, 'poor'],
    [59.9, 'critical'],
    [0, 'critical'],
  ])('call %d "%s" (DEFAULTS §6)', (score, grade) => {
    expect(gradeOf(score)).toBe(grade);
  });

  it('weigh the areas as DEFAULTS §6 says, 1 in all', () => {
    expect(GRADED.map(({ name, weight }) => [name, weight])).toEqual([
      ['network', 0.25],
      ['consensus', 0.2],
      ['crypto', 0.15],
      ['memory', 0.15],
      ['game', 0.15],
      ['system', 0.1],
    ]);
    expect(GRADED.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1);
  });

  it.each([
    [{ atLeast: 50 }, 25, 50],
    [{ atLeast: 50 }, 100, 100],
    [{ atLeast: 50 }, 0, 0],
    [{ atMost: 80 }, 80, 100],
    [{ atMost: 80 }, 160, 50],
    [{ atMost: 80 }, 0, 100],
    [{ atMost: 0 }, 0, 100],
  ])('score a figure by the share of its target: %o, %d gives %d', (target, value, score) => {
    expect(scoreOf({ figure: 'a.b', unit: '', ...target }, value)).toBe(score);
  });

  it('weigh what was measured against each other, and nothing else', () => {
    const { areas, unmeasured, overall } = gradesOf([
      { name: 'link.mb_per_s', value: 3.125, unit: 'MB/s' },
      { name: 'system.cpu_percent', value: 10, unit: '%' },
      { name: 'system.syncs_per_s', unit: '/s', absent: 'no disk' },
    ]);
    expect(areas.map(({ area, score }) => [area, score])).toEqual([
      ['network', 50],
      ['system', 100],
    ]);
    expect(unmeasured).toEqual(['consensus', 'crypto', 'memory', 'game']);
    expect(overall!.score).toBeCloseTo((0.25 * 50 + 0.1 * 100) / 0.35, 1);
  });

  it('say nothing overall where nothing that is graded was measured', () => {
    expect(gradesOf([{ name: 'relay.rss_mb', value: 5, unit: 'MB' }]).overall).toBeNull();
  });
});

describe('recommendations', () => {
  const all = schemaOf(SETTINGS);
  for (const { setting, figure } of RECOMMENDATIONS) {
    it(`name a setting that there is: ${setting}`, () => {
      let schema: Record<string, unknown> = all;
      for (const name of setting.split('.')) {
        const properties = schema['properties'] as Record<string, Record<string, unknown>>;
        expect(Object.keys(properties)).toContain(name);
        schema = properties[name];
      }
    });

    it(`give the figure that speaks for ${setting}, and are silent where it does not`, () => {
      const [bad, good] = isMoreBetter(figure) === true ? [5, 1e9] : [1e9, 0];
      const [due] = recommendationsFor([{ name: figure, value: bad, unit: '' }]);
      expect(due).toMatchObject({ setting, figure, value: bad });
      expect(recommendationsFor([{ name: figure, value: good, unit: '' }])).toEqual([]);
      expect(recommendationsFor([{ name: figure, unit: '', absent: 'nothing' }])).toEqual([]);
    });
  }
});

describe('the sense of a figure', () => {
  it.each([
    ['relay.packets_per_s', true],
    ['store.rows_per_s_in_batches_of_100', true],
    ['link.mb_per_s_over_tls', true],
    ['mesh.delivery', true],
    ['flood.honest_delivery', true],
    ['admission.honest_delivery_under_flood', true],
    ['sim.events_per_s', true],
    ['serial.ratio', true],
    ['flash.line_utilisation', true],
    ['system.disk_free_mb', true],
    ['system.battery_percent', true],
    ['mesh.transmissions_vs_flood', false],
    ['directed.transmissions_vs_flood', false],
    ['mesh.duplicates', false],
    ['reroute.p99_ms', false],
    ['reroute.silent_p99_ms', false],
    ['directed.link_states_per_node_minute', false],
    ['directed.upkeep_per_node_minute', false],
    ['directed.pays_from_per_node_hour', false],
    ['mesh.flood_delivery', true],
    ['suspicion.p99_heartbeats', false],
    ['suspicion.false_per_node_day', false],
    ['sim.seconds_for_10k_hour', false],
    ['bundle.bytes.puck', false],
    ['bundle.jsvars_peak', false],
    ['relay.bytes_per_packet', false],
    ['admission.flood_core_share', false],
    ['admission.flood_passed_on', false],
    ['senders.rss_mb', false],
    ['flood.p99_ratio', false],
    ['memory.used_percent', false],
    ['system.temperature_c', false],
    ['replay.delivered', null],
    ['something.else', null],
  ])('%s: more is better: %s', (name, isBetter) => {
    expect(isMoreBetter(name)).toBe(isBetter);
  });
});
