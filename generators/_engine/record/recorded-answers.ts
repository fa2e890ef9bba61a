import { checkedAnswers } from '../generator/answers.ts';
import type { Answers, Questions } from '../model/generator.ts';
import type { RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import { RefusalError } from '../model/refusal.ts';
import { readRecord, type S2sRecord } from './record.ts';
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
  const runs = readableRecord(repo)?.services[service] ?? {};
  return generators
    .map((id) => (Object.hasOwn(runs, id) ? runs[id]?.answers : undefined))
    .filter((answers) => answers !== undefined);
}

/**
 * Recorded answers as these questions could have been given them as flags; what else is recorded is left out.
 * @throws RefusalError E_RECORD
 */
export function checkRecorded(questions: Questions, answers: Answers, repo: Repo): Promise<Answers> {
  return checkedAnswers(questions, answers, { repo, heads: surveyHeads(repo) });
}

function readableRecord(repo: Repo): S2sRecord | undefined {
  try {
    return readRecord(repo);
  } catch (error) {
    if (error instanceof RefusalError) return undefined;
    throw error;
  }
}
