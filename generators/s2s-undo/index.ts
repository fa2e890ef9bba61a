import { defineGenerator } from '../_engine/model/generator.ts';

export const generator = defineGenerator({
  summary: 'takes back what generators added, also after later edits elsewhere in the same files',
  target: 'recorded',
  questions: {
    generator: {
      type: 'list',
      message: 'take back only what these generators added',
      placeholder: '<generator>',
      optional: true,
    },
    recover: {
      type: 'boolean',
      message: 'only put the files back that a killed run has left half written',
      initial: false,
    },
  },
  plan: async (answers, repo) => (await import('./plan.ts')).planUndo(answers, repo),
});
