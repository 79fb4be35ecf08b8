/**
 * Boards: what each can, what its build holds, and what that may cost (DEVICE.md). The figures of
 * power are those of data sheets and documentation; no board was at hand.
 */

export type Board = {
  /** What people call it. */
  title: string;
  /** As `process.env.BOARD` of its firmware says, for whoever recognises boards. */
  firmware: string[];
  /** JsVars it has, and bytes of each. */
  jsvars: number;
  jsvarBytes: number;
  storageBytes: number;
  /** Links out beside the one in; null without Bluetooth. */
  linksOut: number | null;
  mtu: number;
  wire: 'uart' | 'usb' | 'terminals' | null;
  hash: 'SHA256' | 'SHA1' | null;
  features: Features;
  sizes: Sizes;
  /** Whether its program lies in flash as tokens (tokens.ts), where flash is short. */
  tokens: boolean;
  /** What a build may cost; over it there is none. */
  budget: Budget;
  /** mAh of what it usually runs on, mA asleep and what scanning adds; null for mains only. */
  battery: { mAh: number; sleepMilliAmps: number; scanMilliAmps: number } | null;
};

export type Features = {
  WIRES: boolean;
  ROUTES: boolean;
  TRACES: boolean;
  TETHERS: boolean;
  ANNOUNCES: boolean;
  NOTES: boolean;
  LOGS: boolean;
  MANY_LINKS: boolean;
  ORDERLY: boolean;
  LAWS: boolean;
  PACES: boolean;
  SHORTCUTS: boolean;
  RETRIES: boolean;
};

/** What lists and queues hold: constants of device/espruino/board.ts. */
export type Sizes = {
  SEEN: number;
  WAITING: number;
  SENDER_SETS: number;
  WINDOW: number;
  QUEUE_PACKETS: number;
  QUEUE_BYTES: number;
  ANNOUNCES_KEPT: number;
};

export type Budget = {
  bytes: number;
  functions: number;
  jsvarsLoaded: number;
  jsvarsPeak: number;
};

const ALL: Features = {
  WIRES: true,
  ROUTES: true,
  TRACES: true,
  TETHERS: true,
  ANNOUNCES: true,
  NOTES: true,
  LOGS: true,
  MANY_LINKS: true,
  ORDERLY: true,
  LAWS: true,
  // A board's links beat as all others do, and nobody there keeps count.
  PACES: false,
  // Few packets come, and each has time.
  SHORTCUTS: false,
  // A board stores with one write of its own, and starts again when that fails.
  RETRIES: false,
};

/** Boards with memory to spare: a quarter of the smallest of them. */
const ROOMY: Budget = {
  bytes: 64 * 1024,
  functions: 400,
  jsvarsLoaded: 3600,
  jsvarsPeak: 9000,
};

const SMALL: Sizes = {
  SEEN: 32,
  WAITING: 6,
  SENDER_SETS: 4,
  WINDOW: 4,
  QUEUE_PACKETS: 4,
  QUEUE_BYTES: 512,
  ANNOUNCES_KEPT: 2,
};

const LARGE: Sizes = {
  SEEN: 512,
  WAITING: 32,
  SENDER_SETS: 32,
  WINDOW: 16,
  QUEUE_PACKETS: 32,
  QUEUE_BYTES: 8192,
  ANNOUNCES_KEPT: 8,
};

/**
 * What fits an nRF52832 and leaves it room to work (DEVICE.md); JsVars as `process.memory()` counts
 * them. Of 13 bytes each more are needed, and those must fit the heap.
 */
const NRF52832: Budget = {
  bytes: 16 * 1024,
  functions: 110,
  jsvarsLoaded: 1200,
  jsvarsPeak: 2100,
};

/** What an nRF52832 does without: its memory goes to the mesh. A wire there is left to the console. */
const SPARE: Features = {
  ...ALL,
  ROUTES: false,
  TRACES: false,
  TETHERS: false,
  LOGS: false,
  ANNOUNCES: false,
  MANY_LINKS: false,
  ORDERLY: false,
  LAWS: false,
  NOTES: false,
  WIRES: false,
};

export const BOARDS = {
  puck: {
    title: 'Puck.js',
    firmware: ['PUCKJS'],
    jsvars: 2630,
    jsvarBytes: 13,
    storageBytes: 40 * 1024,
    linksOut: 2,
    mtu: 53,
    wire: null,
    hash: 'SHA256',
    features: SPARE,
    sizes: SMALL,
    tokens: true,
    budget: NRF52832,
    battery: { mAh: 220, sleepMilliAmps: 0.02, scanMilliAmps: 12 },
  },
  pixl: {
    title: 'Pixl.js',
    firmware: ['PIXLJS'],
    jsvars: 2950,
    jsvarBytes: 13,
    storageBytes: 36 * 1024,
    linksOut: 2,
    mtu: 53,
    wire: 'uart',
    hash: 'SHA1',
    // No SHA-256: it can have neither note key nor admin key.
    features: SPARE,
    sizes: SMALL,
    tokens: true,
    budget: NRF52832,
    battery: { mAh: 220, sleepMilliAmps: 0.2, scanMilliAmps: 12 },
  },
  mdbt42q: {
    title: 'MDBT42Q',
    firmware: ['MDBT42Q'],
    jsvars: 2950,
    jsvarBytes: 13,
    storageBytes: 40 * 1024,
    linksOut: 2,
    mtu: 53,
    wire: 'uart',
    hash: 'SHA256',
    features: SPARE,
    sizes: SMALL,
    tokens: true,
    budget: NRF52832,
    battery: { mAh: 220, sleepMilliAmps: 0.02, scanMilliAmps: 12 },
  },
  bangle2: {
    title: 'Bangle.js 2',
    firmware: ['BANGLEJS2'],
    jsvars: 12000,
    jsvarBytes: 14,
    storageBytes: 8 * 1024 * 1024,
    linksOut: 2,
    mtu: 131,
    wire: null,
    hash: 'SHA256',
    features: { ...ALL, WIRES: false, TETHERS: false, LOGS: false },
    sizes: { ...LARGE, SEEN: 256 },
    tokens: false,
    budget: ROOMY,
    battery: { mAh: 175, sleepMilliAmps: 0.3, scanMilliAmps: 12 },
  },
  'xiao-ble': {
    title: 'XIAO BLE',
    firmware: ['XIAOBLE'],
    jsvars: 14000,
    jsvarBytes: 14,
    storageBytes: 2 * 1024 * 1024,
    linksOut: 2,
    mtu: 131,
    wire: 'usb',
    hash: 'SHA256',
    features: ALL,
    sizes: LARGE,
    tokens: false,
    budget: ROOMY,
    battery: { mAh: 500, sleepMilliAmps: 0.02, scanMilliAmps: 12 },
  },
  esp32: {
    title: 'ESP32',
    firmware: ['ESP32'],
    jsvars: 16383,
    jsvarBytes: 14,
    storageBytes: 896 * 1024,
    linksOut: 2,
    mtu: 500,
    wire: 'uart',
    hash: 'SHA256',
    features: ALL,
    sizes: LARGE,
    tokens: false,
    budget: ROOMY,
    battery: { mAh: 2000, sleepMilliAmps: 40, scanMilliAmps: 60 },
  },
  linux: {
    title: 'Espruino for Linux',
    firmware: ['LINUX'],
    jsvars: 4096,
    jsvarBytes: 27,
    storageBytes: 1024 * 1024,
    linksOut: null,
    mtu: 53,
    wire: 'terminals',
    hash: 'SHA256',
    features: ALL,
    sizes: { ...LARGE, SEEN: 256 },
    tokens: true,
    budget: ROOMY,
    battery: null,
  },
} satisfies Record<string, Board>;

export type BoardName = keyof typeof BOARDS;
