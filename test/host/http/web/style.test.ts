/**
 * The colours of the page: what is written can be read, by day and by night.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../../tools/built.ts';

const WEB = join(ROOT, 'host/http/web');
const [day, night] = readFileSync(join(WEB, 'colours.css'), 'utf8')
  .split('@media (prefers-color-scheme: dark)')
  .map(coloursIn);
/** Of text against what it stands on: WCAG 2, level AA. */
const CONTRAST_MIN = 4.5;

describe.each([
  ['by day', day],
  ['by night', night],
])('%s', (_, colours) => {
  it.each([
    ['ink', 'paper'],
    ['ink', 'panel'],
    ['ink', 'land'],
    ['ink', 'wash'],
    ['ink', 'bad-wash'],
    ['dim', 'paper'],
    ['dim', 'panel'],
    ['dim', 'land'],
    ['dim', 'sea'],
    ['accent', 'paper'],
    ['on-accent', 'accent'],
    ['bad', 'paper'],
    ['bad', 'panel'],
    ['bad', 'bad-wash'],
  ])('%s can be read on %s', (text, ground) => {
    expect(contrast(colours[text], colours[ground])).toBeGreaterThanOrEqual(CONTRAST_MIN);
  });
});

it.each(['style.css', 'record.css', 'api/style.css'])(
  '%s takes every colour by its name',
  (name) => {
    const css = readFileSync(join(WEB, name), 'utf8');
    expect(css).not.toMatch(/#[0-9a-f]{3,8}\b|rgba?\(|url\(/);
  },
);

function coloursIn(part: string): Record<string, string> {
  const [first] = part.split('}');
  return Object.fromEntries(
    [...first.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, colour]) => [name, colour]),
  );
}

function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** Of sRGB, as WCAG 2 defines it. */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
