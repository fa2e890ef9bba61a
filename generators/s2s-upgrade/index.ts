import { defineGenerator } from '../_engine/model/generator.ts';

export const generator = defineGenerator({
  summary: "brings what was generated up to today's templates and keeps your edits (3-way merge)",
  target: 'recorded',
  questions: {},
  plan: async (answers, repo) => (await import('./plan.ts')).planUpgrade(answers, repo),
});
