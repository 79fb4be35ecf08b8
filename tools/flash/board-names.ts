/**
 * Board names: what we call a board, and what it calls itself in `process.env.BOARD`.
 */
export const BOARD_NAMES: Readonly<Record<string, readonly string[]>> = {
  puck: ['PUCKJS'],
  pixl: ['PIXLJS'],
  mdbt42q: ['MDBT42Q'],
  bangle2: ['BANGLEJS2'],
  'xiao-ble': ['XIAOBLE'],
  esp32: ['ESP32'],
  linux: ['LINUX'],
};

/** Our name for a board, or null for one we build nothing for. */
export function ourNameOf(boardName: string): string | null {
  return Object.keys(BOARD_NAMES).find((name) => BOARD_NAMES[name].includes(boardName)) ?? null;
}
