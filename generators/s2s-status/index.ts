import { defineGenerator } from '../_engine/model/generator.ts';

export const generator = defineGenerator({
  summary: 'tells what was generated where and whether it still stands; exit code 5 when it does not',
  target: 'recorded',
  questions: {
    fix: {
      type: 'boolean',
      message: 'put back what is missing and wire what is not; files that exist stay as they are',
      initial: false,
    },
    adopt: {
      type: 'boolean',
      message: 'rebuild a record that was lost from the files that are there',
      initial: false,
    },
    allow: {
      type: 'list',
      message: 'states that are no drift, such as edited',
      placeholder: '<states>',
      choices: [
        { value: 'edited', hint: 'generated files that you changed' },
        { value: 'outdated', hint: 'files that newer templates would change' },
      ],
      closed: true,
      initial: [],
    },
  },
  readsOnly: ({ fix, adopt }) => fix !== true && adopt !== true,
  plan: async (answers, repo) => (await import('./plan.ts')).planStatus(answers, repo),
});
