import { dropDependency } from '../_engine/edit/ensure-dependency.ts';
import type { Reverted } from '../_engine/record/s2s-record.ts';

/**
 * Takes the packages that were added out of a package.json also where an update has given them another version, or
 * their neighbours have changed. As it is when that is not all that is left.
 */
export function withoutPackages(reverted: Reverted): Reverted {
  let { text } = reverted;
  for (const { hunk } of reverted.blocked) {
    const namesIn = (sign: string): readonly string[] =>
      hunk.lines
        .filter((line) => line.startsWith(sign))
        .flatMap((line) => /^.\s*"([^"]+)"\s*:\s*"/.exec(line)?.[1] ?? []);
    const before = namesIn('-');
    for (const name of namesIn('+').filter((one) => !before.includes(one))) {
      const next = dropDependency(text, name);
      if (next === undefined) return reverted;
      text = next;
    }
  }
  return { text, blocked: [] };
}
