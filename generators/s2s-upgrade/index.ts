import { defineGenerator } from '../_engine/model/generator.ts';

export const generator = defineGenerator({
  summary: 'upgrades generated code to the current templates and keeps your edits (3-way merge)',
  target: 'recorded',
  questions: {},
  plan: async (answers, repo) => (await import('./plan.ts')).planUpgrade(answers, repo),
});
