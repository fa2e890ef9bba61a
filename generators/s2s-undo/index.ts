import { defineGenerator } from '../_engine/model/generator.ts';

export const generator = defineGenerator({
  summary: 'removes what generators added, even after later edits elsewhere in the same files',
  target: 'recorded',
  questions: {
    generator: {
      type: 'list',
      message: 'remove only what these generators added',
      placeholder: '<generator>',
      optional: true,
    },
    recover: {
      type: 'boolean',
      message: 'only roll back the partial changes of an interrupted run',
      initial: false,
    },
  },
  plan: async (answers, repo) => (await import('./plan.ts')).planUndo(answers, repo),
});
