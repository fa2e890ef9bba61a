import { defineGenerator } from '../_engine/model/generator.ts';

export const generator = defineGenerator({
  summary: 'adds a ServiceClient and its tests to a service, and the circuit breaker if it is missing',
  target: 'services',
  questions: {
    with: {
      type: 'list',
      message: 'optional parts: window and backoff of the breaker, diagnostics, request context',
      placeholder: '<parts>',
      choices: [
        { value: 'window', hint: 'open by failure and slow-call rates' },
        { value: 'backoff', hint: 'wait longer after each reopening' },
        { value: 'diagnostics', hint: 'publish calls and circuits on node:diagnostics_channel' },
        { value: 'context', hint: 'calls take over correlation ID, deadline and token of their request' },
      ],
      closed: true,
      initial: [],
    },
    without: {
      type: 'list',
      message: 'parts to omit: retry',
      placeholder: '<parts>',
      choices: [{ value: 'retry' }],
      closed: true,
      initial: [],
    },
    transport: {
      type: 'string',
      message:
        'HTTP transport: undici (fastest) or fetch (no dependency); default: undici where it runs, from Node 20.18',
      placeholder: '<undici|fetch>',
      choices: [{ value: 'undici' }, { value: 'fetch' }],
      closed: true,
      initial: async (site, given) => (await import('./transport.ts')).initialTransport(site, given),
    },
  },
  plan: async (answers, repo) => (await import('./plan.ts')).planServiceClient(answers, repo),
  diagnostics: async (...about) => (await import('./plan.ts')).answersForDiagnostics(...about),
  adoption: async () => (await import('./plan.ts')).adoption,
});
