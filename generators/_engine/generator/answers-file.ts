import { readFileSync } from 'node:fs';

import type { Answers, Question, Questions } from '../model/generator.ts';
import type { Obstacle } from '../model/obstacle.ts';
import { type Refusal, refuse } from '../model/refusal.ts';

/** Adds the answers of `--answers`; a flag on the command line wins. */
export function withAnswersFile(given: Answers, known: Questions): Answers | Refusal {
  const file = given['answers'];
  if (typeof file !== 'string') return given;
  try {
    const parsed: unknown = JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'));
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
      return refuse(badAnswersFile(file, 'it is not a JSON object'));
    }
    const unknown = Object.keys(parsed).filter((key) => known[key] === undefined);
    if (unknown.length > 0) return refuse(badAnswersFile(file, `it has unknown keys: ${unknown.join(', ')}`));
    const wrong = Object.entries(parsed).filter(([key, value]) => !fitsType(known[key]?.type, value));
    if (wrong.length > 0)
      return refuse(
        badAnswersFile(file, wrong.map(([key]) => `${key} is not a ${known[key]?.type ?? ''}`).join(', ')),
      );
    return { ...(parsed as Answers), ...given };
  } catch (error) {
    return refuse(badAnswersFile(file, error instanceof Error ? error.message : String(error)));
  }
}

/** Whether a value is what a question of that type takes; an empty text is none. */
export function fitsType(type: Question['type'] | undefined, value: unknown): boolean {
  if (type === 'list')
    return Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '');
  return typeof value === type && value !== '';
}

function badAnswersFile(file: string, reason: string): Obstacle {
  return {
    code: 'E_INVALID_FLAG',
    message: `--answers ${file} cannot be used: ${reason}.`,
    remedy: 'Provide a JSON object whose keys are flag names in camelCase, such as {"target":["user"]}.',
  };
}
