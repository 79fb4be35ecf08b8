/**
 * QR: a text as a QR code (ISO/IEC 18004), in bytes, with level M of error correction, up to version
 * 10: 213 bytes. Modules are booleans, dark is true, without the margin of four that a code wants.
 *
 *   text -> mode, count, bytes, padding -> blocks with Reed-Solomon codewords -> interleaved
 *        -> zigzag around finders, timing, alignment, format and version -> the best of 8 masks
 */

/** Of versions 1 to 10 at level M: correction codewords of a block, and how many blocks. */
const BLOCKS: readonly (readonly [correction: number, blocks: number])[] = [
  [10, 1],
  [16, 1],
  [26, 1],
  [18, 2],
  [24, 2],
  [16, 4],
  [18, 4],
  [22, 4],
  [22, 5],
  [26, 5],
];

export type Modules = boolean[][];

/** The code that is easiest to read; null when the text is too long. */
export function qrCode(text: string): Modules | null {
  const codes = MASKS.map((_, mask) => qrCodeWith(text, mask)).filter((code) => code !== null);
  const penalties = codes.map(penaltyOf);
  return codes[penalties.indexOf(Math.min(...penalties))] ?? null;
}

/** The same with one of the masks, 0 to 7. */
export function qrCodeWith(text: string, mask: number): Modules | null {
  const bytes = new TextEncoder().encode(text);
  for (let version = 1; version <= BLOCKS.length; version++) {
    const codewords = encodeBytes(bytes, version);
    if (codewords !== null) return drawn(interleaved(codewords, version), version, mask);
  }
  return null;
}

/** Light around a code, in modules (ISO/IEC 18004, 5.3.8). */
const MARGIN = 4;

/** Two rows to a line of text. Without colours it is for terminals that write light on dark. */
export function qrLines(modules: Modules, isColoured: boolean): string[] {
  const end = modules.length + MARGIN;
  const isInk = (row: number, column: number): boolean =>
    (modules[row]?.[column] ?? false) === isColoured;
  const lines: string[] = [];
  for (let row = -MARGIN; row < end; row += 2) {
    let line = '';
    for (let column = -MARGIN; column < end; column++) {
      const [upper, lower] = [isInk(row, column), isInk(row + 1, column)];
      line += upper ? (lower ? '\u2588' : '\u2580') : lower ? '\u2584' : ' ';
    }
    lines.push(isColoured ? `\x1b[30;107m${line}\x1b[0m` : line);
  }
  return lines;
}

/** All modules that are neither finders nor the like, in bits (ISO/IEC 18004, 7.1). */
export function roomBits(version: number): number {
  let bits = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const alignments = Math.floor(version / 7) + 2;
    bits -= (25 * alignments - 10) * alignments - 55;
    if (version >= 7) bits -= 36;
  }
  return bits;
}

/** The codewords of the text, or null when they do not fit the version. */
function encodeBytes(bytes: Uint8Array, version: number): Uint8Array | null {
  const [correction, blocks] = BLOCKS[version - 1];
  const capacity = Math.floor(roomBits(version) / 8) - correction * blocks;
  const countBits = version < 10 ? 8 : 16;
  const bits: number[] = [];
  const add = (value: number, width: number): void => {
    for (let bit = width - 1; bit >= 0; bit--) bits.push((value >> bit) & 1);
  };
  add(0b0100, 4);
  add(bytes.length, countBits);
  for (const byte of bytes) add(byte, 8);
  if (bits.length > capacity * 8) return null;
  add(0, Math.min(4, capacity * 8 - bits.length));
  while (bits.length % 8 > 0) bits.push(0);
  for (let pad = 0xec; bits.length < capacity * 8; pad ^= 0xec ^ 0x11) add(pad, 8);
  return Uint8Array.from({ length: capacity }, (_, at) =>
    bits.slice(at * 8, at * 8 + 8).reduce((byte, bit) => byte * 2 + bit, 0),
  );
}

/** The remainder of the codewords by the generator polynomial of that degree, over GF(256). */
export function correctionOf(codewords: Uint8Array, degree: number): Uint8Array {
  const generator = new Uint8Array(degree);
  generator[degree - 1] = 1;
  for (let i = 0, root = 1; i < degree; i++, root = times(root, 2)) {
    for (let at = 0; at < degree; at++) {
      generator[at] = times(generator[at], root) ^ (generator[at + 1] ?? 0);
    }
  }
  const rest = new Uint8Array(degree);
  for (const codeword of codewords) {
    const factor = codeword ^ rest[0];
    rest.copyWithin(0, 1);
    rest[degree - 1] = 0;
    for (let at = 0; at < degree; at++) rest[at] ^= times(generator[at], factor);
  }
  return rest;
}

/** In GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1. */
function times(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >> 7) * 0x11d);
    product ^= ((b >> bit) & 1) * a;
  }
  return product;
}

/** Blocks take turns, the shorter first; so do their correction codewords. */
function interleaved(codewords: Uint8Array, version: number): number[] {
  const [correction, count] = BLOCKS[version - 1];
  const short = Math.floor(codewords.length / count);
  const longBlocks = codewords.length % count;
  const blocks: Uint8Array[] = [];
  for (let i = 0, at = 0; i < count; i++) {
    const size = short + (i < count - longBlocks ? 0 : 1);
    blocks.push(codewords.subarray(at, at + size));
    at += size;
  }
  const all: number[] = [];
  for (let at = 0; at <= short; at++) {
    for (const block of blocks) if (at < block.length) all.push(block[at]);
  }
  const corrections = blocks.map((block) => correctionOf(block, correction));
  for (let at = 0; at < correction; at++) for (const each of corrections) all.push(each[at]);
  return all;
}

const MASKS: readonly ((row: number, column: number) => boolean)[] = [
  (row, column) => (row + column) % 2 === 0,
  (row) => row % 2 === 0,
  (_, column) => column % 3 === 0,
  (row, column) => (row + column) % 3 === 0,
  (row, column) => (Math.floor(row / 2) + Math.floor(column / 3)) % 2 === 0,
  (row, column) => ((row * column) % 2) + ((row * column) % 3) === 0,
  (row, column) => (((row * column) % 2) + ((row * column) % 3)) % 2 === 0,
  (row, column) => (((row + column) % 2) + ((row * column) % 3)) % 2 === 0,
];

function drawn(codewords: number[], version: number, mask: number): Modules {
  const size = version * 4 + 17;
  const { modules, isFixed } = fixed(version, mask);
  let at = 0;
  for (let right = size - 1; right > 0; right -= 2) {
    // The column of the timing pattern is skipped.
    if (right === 6) right = 5;
    const isUp = ((right + 1) & 2) === 0;
    for (let step = 0; step < size; step++) {
      const row = isUp ? size - 1 - step : step;
      for (const column of [right, right - 1]) {
        if (isFixed[row][column]) continue;
        const bit = ((codewords[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
        at += 1;
        modules[row][column] = (bit === 1) !== MASKS[mask](row, column);
      }
    }
  }
  return modules;
}

/** Whatever does not depend on the text, and which modules that are. */
function fixed(version: number, mask: number): { modules: Modules; isFixed: Modules } {
  const size = version * 4 + 17;
  const blank = (): Modules =>
    Array.from({ length: size }, () => new Array<boolean>(size).fill(false));
  const modules = blank();
  const isFixed = blank();
  const set = (row: number, column: number, isDark: boolean): void => {
    if (row < 0 || column < 0 || row >= size || column >= size) return;
    modules[row][column] = isDark;
    isFixed[row][column] = true;
  };
  for (let at = 0; at < size; at++) {
    set(6, at, at % 2 === 0);
    set(at, 6, at % 2 === 0);
  }
  for (const [row, column] of [
    [3, 3],
    [3, size - 4],
    [size - 4, 3],
  ]) {
    square(row, column, 4, (ring) => ring !== 2 && ring !== 4, set);
  }
  const centres = alignmentsOf(version);
  const last = centres.length - 1;
  centres.forEach((row, i) =>
    centres.forEach((column, j) => {
      const isFinder = (i === 0 && (j === 0 || j === last)) || (i === last && j === 0);
      if (!isFinder) square(row, column, 2, (ring) => ring !== 1, set);
    }),
  );
  setFormat(formatBits(mask), size, set);
  if (version >= 7) setVersion(versionBits(version), size, set);
  return { modules, isFixed };
}

type Setter = (row: number, column: number, isDark: boolean) => void;

function square(
  row: number,
  column: number,
  reach: number,
  isDark: (ring: number) => boolean,
  set: Setter,
): void {
  for (let down = -reach; down <= reach; down++) {
    for (let along = -reach; along <= reach; along++) {
      set(row + down, column + along, isDark(Math.max(Math.abs(down), Math.abs(along))));
    }
  }
}

/** Rows and columns of the centres of alignment patterns (ISO/IEC 18004, annex E). */
function alignmentsOf(version: number): number[] {
  if (version === 1) return [];
  const last = version * 4 + 10;
  if (version < 7) return [6, last];
  return [6, (last + 6) / 2, last];
}

/** Level M is 00; five bits, ten of BCH, and a mask so that they are never all light. */
export function formatBits(mask: number): number {
  return ((mask << 10) | bch(mask, 10, 0x537)) ^ 0x5412;
}

export function versionBits(version: number): number {
  return (version << 12) | bch(version, 12, 0x1f25);
}

function bch(value: number, degree: number, generator: number): number {
  let rest = value;
  for (let i = 0; i < degree; i++) rest = (rest << 1) ^ ((rest >> (degree - 1)) * generator);
  return rest;
}

/** Twice: around the first finder, and beside the other two. */
function setFormat(bits: number, size: number, set: Setter): void {
  const isDark = (at: number): boolean => ((bits >> at) & 1) === 1;
  for (let at = 0; at <= 5; at++) set(at, 8, isDark(at));
  set(7, 8, isDark(6));
  set(8, 8, isDark(7));
  set(8, 7, isDark(8));
  for (let at = 9; at < 15; at++) set(8, 14 - at, isDark(at));
  for (let at = 0; at < 8; at++) set(8, size - 1 - at, isDark(at));
  for (let at = 8; at < 15; at++) set(size - 15 + at, 8, isDark(at));
  set(size - 8, 8, true);
}

function setVersion(bits: number, size: number, set: Setter): void {
  for (let at = 0; at < 18; at++) {
    const isDark = ((bits >> at) & 1) === 1;
    const [near, far] = [Math.floor(at / 3), size - 11 + (at % 3)];
    set(near, far, isDark);
    set(far, near, isDark);
  }
}

/** What makes a code hard to read (ISO/IEC 18004, 7.8.3): the mask with the least of it is taken. */
export function penaltyOf(modules: Modules): number {
  const size = modules.length;
  const columns = modules.map((_, at) => modules.map((row) => row[at]));
  let penalty = 0;
  for (const line of [...modules, ...columns]) {
    const text = line.map((isDark) => (isDark ? '1' : '0')).join('');
    for (const run of text.match(/0+|1+/g)!) if (run.length >= 5) penalty += run.length - 2;
    // A finder's stripes with four light modules beside them; the margin is light.
    penalty += 40 * [...`0000${text}0000`.matchAll(/(?=00001011101|10111010000)/g)].length;
  }
  let dark = 0;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      if (modules[row][column]) dark += 1;
      if (row === 0 || column === 0) continue;
      const block = [
        modules[row - 1][column],
        modules[row][column - 1],
        modules[row - 1][column - 1],
      ];
      if (block.every((each) => each === modules[row][column])) penalty += 3;
    }
  }
  const percent = (dark * 100) / (size * size);
  return penalty + 10 * Math.floor(Math.abs(percent - 50) / 5);
}
