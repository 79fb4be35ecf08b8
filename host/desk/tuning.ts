/**
 * Tuning: what the API may change of the settings `failure` without their file, as those settings are
 * written, so that whoever looks at them sees what holds.
 */
import type { SettingView } from '../http/views.ts';
import type { Tuning } from '../types.ts';

/** Under which setting each is written, and how many of its units that takes. */
const WRITTEN: Record<keyof Tuning, [name: string, unit: number]> = {
  heartbeatMs: ['failure.heartbeat', 1000],
  missed: ['failure.missed', 1],
  phi: ['failure.phi', 1],
  confirmMs: ['failure.confirm', 1000],
};

export function isTunable(name: string): boolean {
  return Object.values(WRITTEN).some(([written]) => written === name);
}

/** The settings with what was tuned in place of what is written. */
export function tunedViews(views: SettingView[], held: Required<Tuning>): SettingView[] {
  const values = new Map<string, number>();
  for (const [key, [name, unit]] of Object.entries(WRITTEN)) {
    values.set(name, held[key as keyof Tuning] / unit);
  }
  return views.map((view) => {
    const value = values.get(view.name);
    return value === undefined || value === view.value ? view : { ...view, value, isSet: true };
  });
}

/** For the audit trail: "heartbeat 4, phi 5". */
export function tuningWords(tuning: Tuning): string {
  return Object.entries(tuning)
    .map(([key, value]) => {
      const [name, unit] = WRITTEN[key as keyof Tuning];
      return `${name.slice(name.indexOf('.') + 1)} ${value / unit}`;
    })
    .join(', ');
}
