import { defineGenerator } from '../_engine/model/generator.ts';

export const generator = defineGenerator({
  summary: 'draws who calls whom, which routes ask for a token, and where circuits stand; changes nothing',
  target: 'recorded',
  questions: {
    format: {
      type: 'string',
      message: 'how it is drawn',
      placeholder: '<mermaid|json|svg>',
      choices: [
        { value: 'mermaid', hint: 'a flowchart for Markdown' },
        { value: 'json', hint: 'every fact with its place' },
        { value: 'svg', hint: 'a picture' },
      ],
      closed: true,
      initial: 'mermaid',
    },
    out: {
      type: 'string',
      message: 'file to write it to, below the root; default: standard output',
      placeholder: '<file>',
      optional: true,
    },
  },
  readsOnly: ({ out }) => out === undefined,
  plan: async (answers, repo) => (await import('./plan.ts')).planGraph(answers, repo),
});
