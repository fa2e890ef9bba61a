import { basenameRel, dirnameRel } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import { findFilesNamed } from '../_engine/repo/source-files.ts';

/** Where the repo has the configuration of its Prometheus, or the folder around one that is called prometheus. */
export function findMonitoringFolder(repo: Repo): string {
  const [config] = findFilesNamed(repo, /^prometheus\.ya?ml$/);
  if (config === undefined) return 'monitoring';
  const folder = dirnameRel(config);
  const around = basenameRel(folder) === 'prometheus' ? dirnameRel(folder) : folder;
  return around === '' ? folder || 'monitoring' : around;
}
