import type { Service, ServiceHead } from '../../../generators/_engine/model/service.ts';
import { surveyService } from '../../../generators/_engine/facts/app/service.ts';
import { surveyHeads } from '../../../generators/_engine/repo/services.ts';
import { memoryRepo } from '../repo/memory-repo.ts';
import { obstaclesFrom } from '../refused.ts';

type Files = Readonly<Record<string, string>>;

/** A package.json of a Fastify service at the root, with more dependencies and fields. */
export function manifest(dependencies: Files = {}, more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    name: 'app',
    type: 'module',
    dependencies: { fastify: '^5.0.0', ...dependencies },
    ...more,
  });
}

/** The facts of the only service in `files`; package.json is a plain Fastify one unless given. */
export function serviceOf(files: Files): Service {
  const repo = memoryRepo({ 'package.json': manifest(), ...files });
  const [head] = surveyHeads(repo) as readonly [ServiceHead];
  return surveyService(repo, head);
}

/** The codes of the refusal that `files` get. */
export function refusalOf(files: Files): readonly string[] {
  return obstaclesFrom(() => serviceOf(files)).map(({ code }) => code);
}
