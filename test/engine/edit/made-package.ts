import { ensureSharedPackage } from '../../../generators/_engine/edit/ensure-shared-package.ts';
import { surveyTarget } from '../../../generators/_engine/facts/app/service.ts';
import { toRel } from '../../../generators/_engine/model/paths.ts';
import { openDraft } from '../../../generators/_engine/repo/draft.ts';
import { memoryRepo } from '../repo/memory-repo.ts';

export type Json = Readonly<Record<string, unknown>>;
export type Files = Readonly<Record<string, string | Json>>;

const app = 'import Fastify from "fastify";\nexport const app = Fastify();\n';

/** Manifest of a service. */
export function service(more: Json = {}, dependencies: Json = {}): Json {
  return { name: 'user', type: 'module', dependencies: { fastify: '^5.0.0', ...dependencies }, ...more };
}

/** A workspace of npm with a service and what else is given, after the service shares `packages/s2s`. */
export function made(
  files: Files = {},
): Readonly<{ read: (path: string) => Json; text: (path: string) => string; notes: readonly string[] }> {
  const all: Files = {
    'package.json': { name: 'root', workspaces: ['packages/*', 'services/*'] },
    'services/user/package.json': service(),
    'services/user/tsconfig.json': { compilerOptions: { module: 'NodeNext' } },
    'services/user/src/app.ts': app,
    ...files,
  };
  const texts = Object.entries(all).map(([path, value]) => [
    path,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const repo = memoryRepo(Object.fromEntries(texts) as Record<string, string>);
  const draft = openDraft(repo);
  ensureSharedPackage(draft, surveyTarget(repo, { target: toRel('services/user'), shared: 'packages/s2s' }));
  const { notes } = draft.finish();
  const text = (path: string): string => draft.repo.read(toRel(path)) ?? '';
  return { read: (path) => JSON.parse(text(path)) as Json, text, notes };
}
