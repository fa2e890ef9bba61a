import type { FastifyInstance } from 'fastify'

export async function songRoutes(app: FastifyInstance): Promise<void> {
    app.addHook('onRequest', app.authenticate)

    app.get('/', async () => [{ title: 'Emma' }, { title: 'Lola' }])
}
