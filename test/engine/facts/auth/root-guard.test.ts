import { describe, expect, it } from 'vitest';

import type { GuardFact } from '../../../../generators/_engine/model/app-facts.ts';
import { serviceOf } from '../service-of.ts';

const hook = (condition: string): string => `app.addHook('onRequest', async (request, reply) => {
  if (${condition}) return;
  return reply.code(401).send({ error: 'Unauthorized' });
});`;

function guardOf(body: string, guard: string): GuardFact | undefined {
  return serviceOf({
    'src/app.ts': `import Fastify from 'fastify';
      import fp from 'fastify-plugin';
      import { guard } from './guard.js';
      export function build() {
        const app = Fastify();
        ${body}
        return app;
      }`,
    'src/guard.ts': `import fp from 'fastify-plugin';\nexport const open = ['/health', '/login'];\n${guard}`,
  }).guard;
}

describe('findRootGuard', () => {
  it.each([
    ['request.routeOptions.config.skipAuth', 'skipAuth: true'],
    ['request.routeOptions?.config?.public === true', 'public: true'],
    ['request.context.config.auth === false', 'auth: false'],
  ])('tells how a route gets past `%s`', (condition, optOut) => {
    const guard = `export const guard = fp(async (app) => { ${hook(condition)} });`;
    expect(guardOf('app.register(guard);', guard)).toMatchObject({ path: 'src/guard.ts', line: 3, optOut });
  });

  it('finds it in a function that gets the application, and in the application itself', () => {
    const guard = `export function guard(app) { ${hook('open.includes(request.url)')} }`;
    const found = guardOf('guard(app);', guard);
    expect(found).toMatchObject({ path: 'src/guard.ts', lists: ['/health', '/login'] });
    expect(found).not.toHaveProperty('optOut');
    expect(guardOf(hook("request.url.startsWith('/a') || ['/b'].includes(request.url)"), '')).toMatchObject({
      path: 'src/app.ts',
    });
  });

  it.each([
    [
      'a plugin with a context of its own',
      'app.register(guard);',
      (text: string) => `async (app) => { ${text} }`,
    ],
    [
      'an inner instance',
      'app.register(guard);',
      (text: string) => `fp((inner) => { inner.register((app) => { ${text} }) })`,
    ],
  ])('%s guards only itself', (_, body, wrap) => {
    const guard = `export const guard = ${wrap(hook('open.includes(request.url)'))};`;
    expect(guardOf(body, guard)).toBeUndefined();
  });

  it('is no hook that lets everything through, or stops only routes that ask for it', () => {
    const log = "app.addHook('onRequest', async (request) => { open.includes(request.url); });";
    expect(guardOf(log, '')).toBeUndefined();
    expect(guardOf(hook('!request.routeOptions.config.auth'), '')).toBeUndefined();
    expect(guardOf("app.addHook('onResponse', () => reply.code(401));", '')).toBeUndefined();
  });
});
