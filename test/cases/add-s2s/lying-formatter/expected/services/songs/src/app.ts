import Fastify, { type FastifyInstance } from 'fastify'
import authMiddleware from './middleware/auth.middleware.js'
import { healthRoutes } from './routes/health.js'
import { songRoutes } from './routes/songs.js'

export async function buildApp(): Promise<FastifyInstance> {
    const app = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } })

    await app.register(authMiddleware)

    await app.register(healthRoutes)
    await app.register(
        songRoutes,
        {
            prefix: '/songs',
        },
    )

    return app
}
