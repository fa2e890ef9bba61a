import type { Case } from '../../../helpers/case.ts';

/** @fastify/autoload registers the plugin that is called, and the one that publishes the key of the caller. */
export const testCase: Case = {
  fixture: 'fastify-cli',
  files: {
    'apps/jobs/package.json': JSON.stringify({
      name: '@notebook/jobs',
      private: true,
      type: 'module',
      scripts: { start: 'fastify start dist/app.js', test: 'node --import tsx --test test/*.test.ts' },
      dependencies: {
        '@fastify/autoload': '^6.0.0',
        fastify: '^5.0.0',
        'fastify-cli': '^7.0.0',
        'fastify-plugin': '^5.0.0',
      },
    }),
    'apps/jobs/tsconfig.json': '{ "extends": "../notes/tsconfig.json", "include": ["src", "test"] }\n',
    'apps/jobs/.env.example': 'PORT=3003\n',
    'apps/jobs/src/app.ts': `import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import autoload from '@fastify/autoload'
import type { FastifyPluginAsync } from 'fastify'

const here = import.meta.dirname ?? dirname(fileURLToPath(import.meta.url))

const app: FastifyPluginAsync = async (fastify) => {
	await fastify.register(autoload, { dir: join(here, 'plugins') })

	fastify.get('/health', async () => ({ status: 'ok' }))
}

export default app
`,
    'apps/jobs/src/plugins/sensible.ts': `import sensible from '@fastify/sensible'
import fp from 'fastify-plugin'

export default fp(async (fastify) => {
	await fastify.register(sensible)
})
`,
  },
  after: [{ generator: 'add-auth-middleware', args: ['--target', 'notes', '--protect', 'notes'] }],
  args: ['--target', 'notes', '--allow', '@notebook/jobs', '--protect', 'notes'],
  probe: [{ service: 'apps/notes', path: '/notes', status: 401 }],
};
