import { completeAnswers, knownAnswers } from '../generator/answers.ts';
import { findGenerator } from '../generator/registry.ts';
import type { Answers, Generator, Site } from '../model/generator.ts';
import { ignoreRefusal } from '../model/obstacle.ts';
import type { RelPath } from '../model/paths.ts';
import type { Plan } from '../model/plan.ts';
import type { Repo } from '../model/repo.ts';
import { withRunCaches } from '../model/run-caches.ts';
import { openDraft } from '../repo/draft.ts';
import { surveyHeads } from '../repo/services.ts';

/** Whole files as a generator wants them, before any formatter. */
export type Wanted = NonNullable<Plan['wanted']>;

/** A recorded run: the generator by its id, its answers, and the folders of its services. */
export type RunToRender = Readonly<{ id: string; answers: Answers; services: readonly RelPath[] }>;

/** Renders a recorded run on a repo: [] when this version has no such generator, or refuses it. */
export async function renderRecorded(repo: Repo, run: RunToRender): Promise<Wanted> {
  const generator = await findGenerator(run.id);
  if (generator === undefined || generator.target === 'recorded') return [];
  return withRunCaches(() => renderRun({ repo, heads: surveyHeads(repo) }, generator, run));
}

/**
 * What a generator renders for services with these answers, each on what the one before leaves; a service that it
 * refuses is left out. Nothing is compared with what is there.
 */
export async function renderRun(
  { repo, heads }: Site,
  generator: Generator,
  { answers, services }: Pick<RunToRender, 'answers' | 'services'>,
): Promise<Wanted> {
  const draft = openDraft(repo);
  const texts = new Map<RelPath, Wanted[number]>();
  for (const target of services) {
    const name = heads.find(({ dir }) => dir === target)?.name;
    const given = {
      ...knownAnswers(generator.questions, answers),
      target: [target === '' ? (name ?? '') : target],
    };
    try {
      const complete = await completeAnswers(
        generator.questions,
        given,
        { repo: draft.repo, heads },
        undefined,
      );
      const shared = answers['shared'] ?? 'none';
      const planned = await generator.plan({ ...complete, shared, target, targets: services }, draft.repo);
      await draft.include(planned);
      for (const file of planned.wanted ?? []) texts.set(file.path, file);
    } catch (error) {
      ignoreRefusal(error);
    }
  }
  return [...texts.values()];
}
