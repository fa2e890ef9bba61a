import { runCache } from '../model/run-caches.ts';

const lines = runCache<string, readonly string[]>();

/** The lines of a text; hundreds of services that get the same text share them. */
export function sharedLines(text: string): readonly string[] {
  const known = lines.get(text) ?? text.split('\n');
  lines.set(text, known);
  return known;
}
