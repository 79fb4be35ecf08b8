/**
 * Battery: how long a full one lasts, by how much of its time a node scans. An estimate from data
 * sheets: no board was at hand, and packets, cold and age are not in it.
 */
import type { Board } from './boards.ts';

export type Life = { scanPercent: number; when: string; hours: number };

/** Of the time, and when a node with the scan duty 100 does so (see Connector). */
const WAYS = [
  { scanPercent: 100, adverts: 1, when: 'searching, power-source mains' },
  {
    scanPercent: 12.5,
    adverts: 0.5,
    when: 'searching, power-source battery; or in a mesh that stands, mains',
  },
  { scanPercent: 1.6, adverts: 0.5, when: 'in a mesh that stands, power-source battery' },
  { scanPercent: 0, adverts: 0.5, when: 'scan-duty 0, power-source battery: others must dial it' },
];

/** Of one advertisement each second. */
const ADVERTISE_MILLIAMPS = 0.02;

/** Empty for a board that runs on mains only. */
export function batteryLives({ battery }: Board): Life[] {
  if (battery === null) return [];
  const { mAh, sleepMilliAmps, scanMilliAmps } = battery;
  return WAYS.map(({ scanPercent, adverts, when }) => {
    const scanning = (scanMilliAmps * scanPercent) / 100;
    const hours = mAh / (sleepMilliAmps + ADVERTISE_MILLIAMPS * adverts + scanning);
    return { scanPercent, when, hours: Math.round(hours) };
  });
}

/** A table for a person. */
export function batteryTable(board: Board): string[] {
  const { battery } = board;
  if (battery === null) return ['battery             none: it runs on mains'];
  return [
    `battery             ${battery.mAh} mAh, ESTIMATE without traffic, cold or age:`,
    ...batteryLives(board).map(({ scanPercent, when, hours }) => {
      const what = scanPercent > 0 ? `scans ${scanPercent} %` : 'advertises only';
      return `  ${what.padEnd(17)} ${spanOf(hours).padEnd(8)}  ${when}`;
    }),
  ];
}

function spanOf(hours: number): string {
  return hours < 72 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}
