import { defineGenerator } from '../_engine/model/generator.ts';

export const generator = defineGenerator({
  summary: 'adds a circuit breaker and its unit tests to a service',
  target: 'services',
  questions: {
    with: {
      type: 'list',
      message: 'optional parts: window (failure and slow-call rates), backoff (growing open times)',
      placeholder: '<parts>',
      choices: [
        { value: 'window', hint: 'open by failure and slow-call rates' },
        { value: 'backoff', hint: 'wait longer after each reopening' },
      ],
      closed: true,
      initial: [],
    },
  },
  plan: async (answers, repo) => (await import('./plan.ts')).planCircuitBreaker(answers, repo),
  adoption: () => Promise.resolve({ role: 'circuit-breaker', after: [], answers: () => [{}] }),
});
