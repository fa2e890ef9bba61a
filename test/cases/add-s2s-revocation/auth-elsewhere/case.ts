import type { Case } from '../../../helpers/case.ts';

/** Tabs and no semicolons; who revokes is in another repository, and the service has a client of its own to listen with. */
export const testCase: Case = {
  fixture: 'fastify-cli',
  files: {
    'apps/notes/package.json': (text) => text.replace('"fastify": ', '"ioredis": "^5.9.0",\n    "fastify": '),
    'apps/notes/src/plugins/redis.ts': `import fp from 'fastify-plugin'
import { Redis } from 'ioredis'

declare module 'fastify' {
	interface FastifyInstance {
		redis: Redis
	}
}

export default fp(
	(app, _options, done) => {
		const redis = new Redis(process.env['REDIS_URL'] ?? 'redis://localhost:6379', { lazyConnect: true })
		app.decorate('redis', redis)
		app.addHook('onClose', () => {
			redis.disconnect()
		})
		done()
	},
	{ name: 'redis' },
)
`,
  },
  after: [
    {
      generator: 'add-auth-middleware',
      args: ['--target', 'notes', '--protect', 'none', '--cache-ttl', '5000'],
    },
  ],
  args: ['--target', 'notes', '--auth', 'none'],
};
