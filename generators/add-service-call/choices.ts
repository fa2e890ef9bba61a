import type { Answers, Choice, Site } from '../_engine/model/generator.ts';
import { otherServices } from './callee.ts';

/** The services of the repo but the targets. */
export function calleeChoices({ repo }: Site, given: Answers): readonly Choice[] {
  const targets = Array.isArray(given['target']) ? (given['target'] as readonly string[]) : [];
  return otherServices(repo, targets).map((value) => ({ value }));
}
