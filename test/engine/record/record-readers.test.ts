import { describe, expect, it } from 'vitest';

import type { Repo } from '../../../generators/_engine/model/repo.ts';
import { toRel } from '../../../generators/_engine/model/paths.ts';
import { readRecord } from '../../../generators/_engine/record/record.ts';
import { recordPathIn } from '../../../generators/_engine/repo/record-text.ts';
import { withoutGenerated } from '../../../generators/_engine/program/survey.ts';
import { recordedAnswers } from '../../../generators/_engine/record/recorded-answers.ts';
import type { Survey } from '../../../generators/_engine/program/survey.ts';
import { memoryRepo } from '../repo/memory-repo.ts';

const user = toRel('user');

const recordPath = recordPathIn(user);

/** What a branch has recorded: one run with these answers, and one file that it made. */
function lines(cacheTtlMs: string, path: string): string {
  const answers = JSON.stringify({ cacheTtlMs });
  return `"runs": { "add-auth-middleware": ${answers} },
"files": { ${JSON.stringify(path)}: "auth-middleware 0123456789abcdef" },`;
}

const merged = `{ "schema": 2, "by": "add-auth-middleware",
<<<<<<< HEAD
${lines('1000', 'src/auth-middleware.ts')}
=======
${lines('2000', 'src/claim-cache.ts')}
>>>>>>> other
"version": "1.0.0" }
`;

function generatedIn(repo: Repo): readonly string[] {
  const files = ['user/src/app.ts', 'user/src/auth-middleware.ts', 'user/src/claim-cache.ts'].map(toRel);
  const left = withoutGenerated({ repo, files, tests: [] } as unknown as Survey).files;
  return files.filter((path) => !left.includes(path));
}

describe('a record with the two sides of a merge', () => {
  const repo = memoryRepo({ 'user/package.json': '{}', [recordPath]: merged });

  it('is both sides to whoever reads it', () => {
    expect(Object.keys(readRecord(repo).files)).toHaveLength(2);
    expect(generatedIn(repo)).toEqual(['user/src/auth-middleware.ts', 'user/src/claim-cache.ts']);
    expect(recordedAnswers(repo, user, ['add-auth-middleware'])).toEqual([{ cacheTtlMs: '1000' }]);
  });

  it('is nothing to a survey where the markers make no sense: who is about it refuses it', () => {
    const broken = memoryRepo({ 'user/package.json': '{}', [recordPath]: merged.replace('=======\n', '') });
    expect(generatedIn(broken)).toEqual([]);
    expect(recordedAnswers(broken, user, ['add-auth-middleware'])).toEqual([]);
    expect(() => readRecord(broken)).toThrow(/cannot be read/);
  });
});
