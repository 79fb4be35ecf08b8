/**
 * Source places: where in the sources a place of a bundle comes from, by the map that the bundler
 * drew. What the bundler put in itself comes from nowhere.
 */
import { SourceMap } from 'node:module';

/** `line` counts from 1, and `text` is what stands there. */
export type Place = { file: string; line: number; text: string };

/** `map` is the source map of `bundle`, as JSON; its paths stay as they are. */
export function sourcePlaces(bundle: string, map: string): (offset: number) => Place | null {
  const payload = JSON.parse(map) as { sources: string[]; sourcesContent: string[] };
  const entries = new SourceMap(payload as ConstructorParameters<typeof SourceMap>[0]);
  return (offset) => {
    const before = bundle.slice(0, offset).split('\n');
    const entry = entries.findEntry(before.length - 1, before.at(-1)!.length);
    if (!('originalSource' in entry)) return null;
    const { originalSource: file, originalLine } = entry;
    const content = payload.sourcesContent[payload.sources.indexOf(file)] ?? '';
    return { file, line: originalLine + 1, text: content.split('\n')[originalLine]?.trim() ?? '' };
  };
}
