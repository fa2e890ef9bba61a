import type { LayoutFact } from '../../model/code-facts.ts';
import { basenameRel, dirnameRel, joinRel, type RelPath } from '../../model/paths.ts';
import type { Survey } from '../../program/survey.ts';

/** Where tests stand, by majority: beside what they test, in a folder beside it, or in the folder that holds most. */
export function surveyTestLayout({ files, head: { dir }, repo, tests }: Survey): LayoutFact['tests'] {
  const src = joinRel(dir, 'src');
  const cases = tests.filter((file) => /[.-](test|spec)\.[cm]?ts$/.test(file));
  const suffix =
    cases.filter((file) => /[.-]spec\./.test(basenameRel(file))).length * 2 > cases.length
      ? '.spec'
      : '.test';
  const folders = new Map<RelPath, number>();
  for (const file of cases) {
    const folder = testFolderOf(dir, file);
    if (folder !== undefined) folders.set(folder, (folders.get(folder) ?? 0) + 1);
  }
  const inFolders = [...folders.values()].reduce((sum, count) => sum + count, 0);
  const [fullest] = [...folders].sort((a, b) => b[1] - a[1] || a[0].length - b[0].length);
  const top = files.some((file) => file.startsWith(`${src}/`)) ? src : dir;
  if (cases.length > 0 && inFolders * 2 < cases.length) return { place: 'beside', dir: top, suffix };
  if (fullest === undefined) return { place: 'folder', dir: existingFolder(repo, dir), suffix };
  const isBelow = ![dir, src].includes(dirnameRel(fullest[0]));
  if (isBelow && folders.size > 1)
    return { place: 'nested', dir: joinRel(top, basenameRel(fullest[0])), suffix };
  return { place: 'folder', dir: fullest[0], suffix };
}

/** The topmost `test`, `tests` or `__tests__` folder around a file. */
function testFolderOf(dir: RelPath, file: RelPath): RelPath | undefined {
  let found: RelPath | undefined;
  for (let at = dirnameRel(file); at !== dir && at !== ''; at = dirnameRel(at)) {
    if (/^(tests?|__tests__|specs?)$/.test(basenameRel(at))) found = at;
  }
  return found;
}

function existingFolder(repo: Survey['repo'], dir: RelPath): RelPath {
  const names = new Set(repo.list(dir).map(({ name }) => name));
  return joinRel(dir, ['test', 'tests', '__tests__'].find((name) => names.has(name)) ?? 'test');
}
