import type { RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import type { ServiceHead } from '../model/service.ts';
import { openProgram, type Program } from './program.ts';
import { openSources, type Sources } from './sources.ts';
import { openResolver, packageImports, readTsconfig, type Tsconfig } from './tsconfig.ts';
import { allowOneMore } from '../syntax/tree.ts';

/** What every fact of one service is read from. */
export interface Survey extends Sources {
  readonly tsconfig: Tsconfig;
  readonly names: Program;
}

const opened = new WeakMap<Repo, Map<RelPath, Survey>>();

/** Opens a service for surveying, once for each state of the repo. Parses nothing yet. */
export function openSurvey(now: Repo, head: ServiceHead): Survey {
  const repo = now.since(head.dir);
  const byDir = opened.get(repo) ?? new Map<RelPath, Survey>();
  opened.set(repo, byDir);
  const known = byDir.get(head.dir);
  if (known !== undefined) return known;
  allowOneMore();
  const sources = openSources(repo, head);
  const read = readTsconfig(repo, head.dir);
  const tsconfig = { ...read, aliases: [...read.aliases, ...packageImports(repo, head)] };
  const survey = { ...sources, tsconfig, names: openProgram(sources, openResolver(sources, tsconfig)) };
  byDir.set(head.dir, survey);
  return survey;
}
