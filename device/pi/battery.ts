/**
 * Battery: what is left of the one that this machine runs on, as the kernel tells it. Plugged in or
 * not is not asked: a battery that fills is one that was low.
 */
import * as fs from 'node:fs';
import { join } from 'node:path';

/** Where Linux lists what gives power. */
const SUPPLIES = '/sys/class/power_supply';

/** Percent, of several the fullest; null for none, where the machine lives on mains. */
export function batteryPercent(supplies: string = SUPPLIES): number | null {
  const levels = namesIn(supplies).flatMap((name) => {
    const read = (what: string): string => textOf(join(supplies, name, what));
    // The battery of a mouse is one too, and says that it is a device's.
    if (read('type') !== 'Battery' || read('scope') === 'Device') return [];
    const percent = read('capacity');
    return /^(100|\d{1,2})$/.test(percent) ? [Number(percent)] : [];
  });
  return levels.length === 0 ? null : Math.max(...levels);
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

/** Empty for what cannot be read: not every supply has every file. */
function textOf(path: string): string {
  try {
    return fs.readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
