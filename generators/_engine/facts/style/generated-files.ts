import type { RelPath } from '../../model/paths.ts';
import type { Repo } from '../../model/repo.ts';
import type { Survey } from '../../program/survey.ts';
import { findRecords, pathsIn, type RecordText, valuesOf } from '../../repo/record-text.ts';

/**
 * A survey of what people wrote: files that we made say nothing of how a service writes and where it puts things, or a
 * second run would follow the first one's. Without `.s2s.json` they cannot be told apart.
 */
export function withoutGenerated(survey: Survey): Survey {
  const generated = generatedFiles(survey.repo);
  const isOwn = (path: RelPath): boolean => !generated.has(path);
  return { ...survey, files: survey.files.filter(isOwn), tests: survey.tests.filter(isOwn) };
}

interface Generated {
  readonly texts: readonly string[];
  readonly files: ReadonlySet<string>;
}

/** Of the records that were read last; it goes with the run. */
const known = new WeakMap<Repo, Generated>();

function generatedFiles(repo: Repo): ReadonlySet<string> {
  const records = findRecords(repo);
  const last = known.get(repo.origin);
  const isSame = last?.texts.length === records.length;
  if (isSame && records.every(({ text }, index) => text === last.texts[index])) return last.files;
  const files = new Set(records.flatMap(filesIn));
  known.set(repo.origin, { texts: records.map(({ text }) => text), files });
  return files;
}

function filesIn({ dir, text }: RecordText): readonly string[] {
  try {
    return valuesOf(text).flatMap((value) => pathsIn(value, dir, 'files'));
  } catch {
    // Whoever reads the record for what it is about tells that it is broken.
    return [];
  }
}
