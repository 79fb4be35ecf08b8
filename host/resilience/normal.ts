/**
 * Normal: how unlikely a value far above the mean is, as a power of ten, so that even what happens once
 * in 10^2000 is a number. Good to nine digits.
 */

/** Below it the series is short; above it the fraction is. */
const SERIES_MAX = 2;
const TERMS = 60;
const SURE = 6;
/** Both as usual: 1 / ln 10, and ln of the square root of 2 pi. */
const PER_LN = Math.LOG10E;
const LN_ROOT = 0.9189385332046727;

/** -log10 of the chance that a standard normal value is above `z`. */
export function tailExponent(z: number): number {
  // Nearly certain.
  if (z < -SURE) return 0;
  if (z <= SERIES_MAX) return -Math.log10(0.5 - area(z));
  return (z * z * 0.5 + LN_ROOT - Math.log(millsRatio(z))) * PER_LN;
}

/** The `z` above which a value is with a chance of 10^-exponent. */
export function zOfExponent(exponent: number): number {
  let [below, above] = [-8, 8];
  while (tailExponent(above) < exponent) above *= 2;
  // Halved until nothing is left between them.
  for (;;) {
    const middle = (below + above) / 2;
    if (middle <= below || middle >= above) return above;
    if (tailExponent(middle) < exponent) below = middle;
    else above = middle;
  }
}

/** Under the density between 0 and z, by its series: z + z^3/3 + z^5/15 + ... */
function area(z: number): number {
  let term = z;
  let sum = z;
  for (let n = 1; n < TERMS; n++) {
    term *= (z * z) / (2 * n + 1);
    sum += term;
  }
  return sum * Math.exp(-z * z * 0.5 - LN_ROOT);
}

/** What lies above z, over the density at z, by Laplace's continued fraction. */
function millsRatio(z: number): number {
  let below = z;
  for (let n = TERMS; n > 0; n--) below = z + n / below;
  return 1 / below;
}
