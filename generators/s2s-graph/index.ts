import { defineGenerator } from '../_engine/model/generator.ts';

export const generator = defineGenerator({
  summary: 'draws calls between services, guarded routes and circuit breakers; changes nothing',
  target: 'recorded',
  questions: {
    format: {
      type: 'string',
      message: 'output format',
      placeholder: '<mermaid|json|svg>',
      choices: [
        { value: 'mermaid', hint: 'a flowchart for Markdown' },
        { value: 'json', hint: 'every fact with its location' },
        { value: 'svg', hint: 'a picture' },
      ],
      closed: true,
      initial: 'mermaid',
    },
    out: {
      type: 'string',
      message: 'output file below the root; default: standard output',
      placeholder: '<file>',
      optional: true,
    },
  },
  readsOnly: ({ out }) => out === undefined,
  plan: async (answers, repo) => (await import('./plan.ts')).planGraph(answers, repo),
});
