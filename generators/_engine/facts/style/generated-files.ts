import { type RelPath, toRel } from '../../model/paths.ts';
import type { Repo } from '../../model/repo.ts';
import { isRecord } from '../../repo/manifest.ts';
import type { Survey } from '../../program/survey.ts';

/**
 * A survey of what people wrote: files that we made say nothing of how a service writes and where it puts things, or a
 * second run would follow the first one's. Without `.s2s.json` they cannot be told apart.
 */
export function withoutGenerated(survey: Survey): Survey {
  const generated = generatedFiles(survey.repo);
  const isOwn = (path: RelPath): boolean => !generated.has(path);
  return { ...survey, files: survey.files.filter(isOwn), tests: survey.tests.filter(isOwn) };
}

let last: Readonly<{ record: string | undefined; files: ReadonlySet<string> }> | undefined;

function generatedFiles(repo: Repo): ReadonlySet<string> {
  const record = repo.read(toRel('.s2s.json'));
  if (last?.record !== record || last === undefined) last = { record, files: filesIn(record) };
  return last.files;
}

function filesIn(text: string | undefined): ReadonlySet<string> {
  try {
    const record: unknown = text === undefined ? undefined : JSON.parse(text);
    const files = isRecord(record) && isRecord(record['files']) ? record['files'] : {};
    return new Set(Object.keys(files).filter((path) => isOurs(files[path])));
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
