import { type RelPath, toRel } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';

export const recordPath: RelPath = toRel('.s2s.json');

/** Hundreds of services have a few. */
const maxChars = 16_000_000;

/**
 * What the record holds, as JSON: one value, both sides where git has left a merge, [] where there is no record. Every
 * reader goes through here. @throws Error with the reason when a side is no JSON
 */
export function recordValues(repo: Repo): readonly unknown[] {
  const text = repo.read(recordPath);
  return text === undefined ? [] : valuesOf(text);
}

/** The same of the text of a record, such as one of another commit. @throws Error with the reason */
export function valuesOf(text: string): readonly unknown[] {
  const sides = (hasMergeMarkers(text) ? sidesOf(text) : undefined) ?? [text];
  return sides.map((side) => {
    if (side.length > maxChars) throw new Error('it is too long');
    return JSON.parse(side) as unknown;
  });
}

/** Git could not merge the record by itself. */
export function hasMergeMarkers(text: string): boolean {
  return /^<{7} /m.test(text);
}

/** The two texts between which a merge was left; undefined when the markers make no sense. */
export function sidesOf(text: string): readonly [ours: string, theirs: string] | undefined {
  const sides: [string[], string[]] = [[], []];
  let at: 'both' | 'ours' | 'base' | 'theirs' = 'both';
  for (const line of text.split('\n')) {
    const marker = /^(<{7}|\|{7}|={7}|>{7})(?: |\r?$)/.exec(line)?.[1]?.[0];
    if (marker === '<' && at === 'both') at = 'ours';
    else if (marker === '|' && at === 'ours') at = 'base';
    else if (marker === '=' && (at === 'ours' || at === 'base')) at = 'theirs';
    else if (marker === '>' && at === 'theirs') at = 'both';
    else if (marker !== undefined) return undefined;
    else {
      if (at === 'both' || at === 'ours') sides[0].push(line);
      if (at === 'both' || at === 'theirs') sides[1].push(line);
    }
  }
  return at === 'both' ? [sides[0].join('\n'), sides[1].join('\n')] : undefined;
}
