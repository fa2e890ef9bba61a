import type { Answers } from '../model/generator.ts';

export type Json = Readonly<Record<string, unknown>>;

/** More than a file has lines. */
const maxLine = 1_000_000;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A key that stands for itself alone: `constructor` and `__proto__` are found in every object. */
export function isName(key: string): boolean {
  return !(key in Object.prototype);
}

export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((line) => typeof line === 'string');
}

/** What flags can be: no objects in objects, nothing that an editor does not show. */
export function isAnswers(value: unknown): value is Answers {
  const isText = (one: unknown): boolean =>
    typeof one === 'string' && one.length <= 1_000 && !/\p{Cc}/u.test(one);
  return (
    isObject(value) &&
    Object.entries(value).every(
      ([key, answer]) =>
        isName(key) &&
        (typeof answer === 'boolean' || isText(answer) || (Array.isArray(answer) && answer.every(isText))),
    )
  );
}

/** A hunk that says of its lines what they are: one that counts otherwise has whoever takes it out search for ever. */
export function isHunk(hunk: unknown): boolean {
  if (!isObject(hunk) || !isTexts(hunk['lines'])) return false;
  const { newLines, newStart, oldLines, oldStart } = hunk;
  const isCount = (value: unknown): boolean =>
    Number.isInteger(value) && Number(value) >= 0 && Number(value) <= maxLine;
  const counted = (signs: string): number =>
    (hunk['lines'] as readonly string[]).filter((line) => signs.includes(line.charAt(0) || '?')).length;
  return (
    [newLines, newStart, oldLines, oldStart].every(isCount) &&
    hunk['lines'].every((line) => /^[-+ \\]/.test(line)) &&
    counted(' -') === oldLines &&
    counted(' +') === newLines
  );
}
