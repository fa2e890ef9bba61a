import { spend } from '../syntax/tree.ts';
import type { Insertion } from './s2s-record.ts';

/** A line that is there still of an insertion, edited or not, and how it differs. */
export type Left = Readonly<{ line: string; diff: string }>;

/** What is still there of an insertion that is not found as it was; undefined when somebody took it out by hand. */
export function findLeft(
  path: string,
  text: string,
  { replaced = '', text: inserted }: Insertion,
): Left | undefined {
  const old = new Set(trimmedLines(replaced));
  const now = trimmedLines(text).filter((line) => !old.has(line));
  const words = now.map((line) => new Set(wordsIn(line)));
  const counts = new Map<string, number>();
  for (const word of words.flatMap((some) => [...some])) counts.set(word, (counts.get(word) ?? 0) + 1);
  for (const line of trimmedLines(inserted).filter((one) => !old.has(one))) {
    const own = wordsIn(line);
    spend(now.length, () => path);
    if (line.length >= 3 && own.length > 0 && now.includes(line)) return { line, diff: `-${line}` };
    const edited = now.find((_, index) => sharesMost(own, words[index] ?? new Set(), counts));
    if (edited !== undefined) return { line: edited, diff: `-${line}\n+${edited}` };
  }
  return undefined;
}

function trimmedLines(text: string): readonly string[] {
  return text.split('\n').map((line) => line.trim());
}

/** Words count the more, the fewer other lines have them: `app.register` tells little, the name of our plugin all. */
function sharesMost(
  words: readonly string[],
  others: ReadonlySet<string>,
  counts: ReadonlyMap<string, number>,
): boolean {
  const weigh = (some: readonly string[]): number =>
    some.reduce((sum, word) => sum + 1 / Math.max(counts.get(word) ?? 1, 1), 0);
  const shared = words.filter((word) => others.has(word));
  return shared.length > 0 && weigh(shared) * 2 > weigh(words);
}

const keywords = new Set('await async const return import export from function new let default'.split(' '));

/** Names, with what belongs to them: `app.register`, `fastify-plugin`, `utils/retry-policy.js`. */
function wordsIn(line: string): readonly string[] {
  const words = line.match(/[A-Za-z_$@][\w$@/.-]*/g)?.map((word) => word.toLowerCase()) ?? [];
  return words.filter((word) => !keywords.has(word));
}
