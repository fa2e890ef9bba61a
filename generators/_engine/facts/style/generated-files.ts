import type { RelPath } from '../../model/paths.ts';
import type { Repo } from '../../model/repo.ts';
import { foundOnce, type Survey } from '../../program/survey.ts';
import { isRecord } from '../../repo/manifest.ts';
import { recordPath, recordValues } from '../../repo/record-text.ts';

/**
 * A survey of what people wrote: files that we made say nothing of how a service writes and where it puts things, or a
 * second run would follow the first one's. Without `.s2s.json` they cannot be told apart.
 */
export const withoutGenerated = foundOnce((survey): Survey => {
  const generated = generatedFiles(survey.repo);
  const isOwn = (path: RelPath): boolean => !generated.has(path);
  return { ...survey, files: survey.files.filter(isOwn), tests: survey.tests.filter(isOwn) };
});

/** Of the record that was read last; it goes with the run. */
const known = new WeakMap<Repo, Readonly<{ record: string | undefined; files: ReadonlySet<string> }>>();

function generatedFiles(repo: Repo): ReadonlySet<string> {
  const record = repo.read(recordPath);
  const last = known.get(repo.origin);
  if (last !== undefined && last.record === record) return last.files;
  const files = filesIn(repo);
  known.set(repo.origin, { record, files });
  return files;
}

function filesIn(repo: Repo): ReadonlySet<string> {
  try {
    const paths = recordValues(repo).flatMap((record) => {
      const files = isRecord(record) && isRecord(record['files']) ? record['files'] : {};
      return Object.keys(files).filter((path) => isOurs(files[path]));
    });
    return new Set(paths);
  } catch {
    // Whoever reads the record for what it is about tells that it is broken.
    return new Set();
  }
}

/** Made by us, not only changed. */
function isOurs(file: unknown): boolean {
  if (!isRecord(file)) return false;
  const patches: unknown = file['patches'];
  const first: unknown = Array.isArray(patches) ? patches[0] : undefined;
  return 'text' in file || (isRecord(first) && first['before'] === null);
}
