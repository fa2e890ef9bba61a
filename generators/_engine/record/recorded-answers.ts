import { checkedAnswers } from '../generator/answers.ts';
import type { Answers, AnswersTo, Questions, RunAnswers } from '../model/generator.ts';
import type { RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import { attempt } from '../model/obstacle.ts';
import { readRecord } from './record.ts';
import { surveyHeads } from '../repo/services.ts';

/**
 * What a service was given by one of these generators, by their order: the answers of the runs in `.s2s.json`. [] where
 * there are none, or the record cannot be read: whoever is about the record tells that.
 */
export function recordedAnswers(
  repo: Repo,
  service: RelPath,
  generators: readonly string[],
): readonly Answers[] {
  const runs = attempt(() => readRecord(repo))?.services[service] ?? {};
  return generators
    .map((id) => (Object.hasOwn(runs, id) ? runs[id]?.answers : undefined))
    .filter((answers) => answers !== undefined);
}

/**
 * Recorded answers as these questions could have been given them as flags; what else is recorded is left out, and what
 * an older version did not ask has its default. @throws RefusalError E_RECORD
 */
export async function checkRecorded<Asked extends Questions>(
  questions: Asked,
  answers: Answers,
  repo: Repo,
): Promise<Omit<AnswersTo<Asked>, keyof RunAnswers>> {
  const checked = await checkedAnswers(questions, answers, { repo, heads: surveyHeads(repo) });
  const defaults = Object.entries(questions).map(([key, { initial, type }]) => {
    const none = type === 'list' ? [] : undefined;
    return [key, typeof initial === 'function' ? none : (initial ?? none)] as const;
  });
  // Each was held against its question.
  return { ...Object.fromEntries(defaults), ...checked } as Omit<AnswersTo<Asked>, keyof RunAnswers>;
}
