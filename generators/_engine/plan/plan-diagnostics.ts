import type { Answers, Generator, RunAnswers } from '../model/generator.ts';
import { type Obstacle, obstaclesOf } from '../model/obstacle.ts';
import type { Plan } from '../model/plan.ts';
import type { Repo } from '../model/repo.ts';
import type { Service } from '../model/service.ts';
import type { Draft } from '../repo/draft.ts';
import { checkRecorded } from '../record/recorded-answers.ts';

/** A generator of any questions: its answers are checked against them before it plans. */
type Publisher = Pick<Generator, 'questions' | 'diagnostics'> &
  Readonly<{ plan(answers: never, repo: Repo): Promise<Plan> }>;

/** Plans generators once more, with the part that publishes on diagnostics channels, as each of them declares. */
export async function planDiagnostics(
  draft: Draft,
  service: Service,
  answers: RunAnswers & Answers,
  publishers: readonly Publisher[],
): Promise<void> {
  if (service.isOlder('@types/node', 18, 19)) draft.obstruct(oldTypes(service));
  for (const publisher of publishers) await planPublisher(draft, service, answers, publisher);
}

async function planPublisher(
  draft: Draft,
  service: Service,
  answers: RunAnswers & Answers,
  publisher: Publisher,
): Promise<void> {
  try {
    const own = await publisher.diagnostics?.(draft.repo, service, answers);
    if (own === undefined) return;
    const parts = [...new Set([...((own['with'] ?? []) as readonly string[]), 'diagnostics'])];
    const asked = await checkRecorded(publisher.questions, { ...own, with: parts }, draft.repo);
    const { shared, target, targets } = answers;
    const plan = await publisher.plan({ ...asked, shared, target, targets } as never, draft.repo);
    // What it says when it is run by itself is not news here.
    await draft.include({ ...plan, notes: [] });
  } catch (error) {
    draft.obstruct(...obstaclesOf(error));
  }
}

function oldTypes({ manifest, name }: Service): Obstacle {
  return {
    code: 'E_OLD_DEPENDENCY',
    at: { path: manifest.path },
    message: `${name} depends on @types/node ${manifest.dependencies['@types/node'] ?? ''}, which may lack parts of node:diagnostics_channel.`,
    remedy: 'Update it to the major version of the Node.js of the service, such as ^20.19.0.',
  };
}
