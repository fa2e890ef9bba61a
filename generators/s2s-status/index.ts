import { defineGenerator } from '../_engine/model/generator.ts';

export const generator = defineGenerator({
  summary: 'reports generated code and its drift; exit code 5 on drift',
  target: 'recorded',
  questions: {
    fix: {
      type: 'boolean',
      message: 'restore missing files and wiring; existing generated files do not change',
      initial: false,
    },
    rebuildRecord: {
      type: 'boolean',
      message: 'rebuild a lost record from the files',
      initial: false,
    },
    allow: {
      type: 'list',
      message: 'states to accept, such as edited',
      placeholder: '<states>',
      choices: [
        { value: 'edited', hint: 'generated files that you edited' },
        { value: 'outdated', hint: 'files that newer templates would change' },
      ],
      closed: true,
      initial: [],
    },
  },
  unchanged: 'everything stands',
  readsOnly: ({ fix, rebuildRecord }) => fix !== true && rebuildRecord !== true,
  plan: async (answers, repo) => (await import('./plan.ts')).planStatus(answers, repo),
});
