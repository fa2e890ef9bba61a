import type { FastifyPluginAsync } from 'fastify'

interface Note {
	id: number
	text: string
}

const createSchema = {
	body: {
		type: 'object',
		required: ['text'],
		properties: {
			text: { type: 'string', minLength: 1 }
		}
	}
}

const notes: FastifyPluginAsync = async (fastify) => {
	fastify.addHook('onRequest', fastify.authenticate)

	const all: Note[] = [{ id: 1, text: 'Buy tea' }]

	fastify.get('/', async () => all)

	fastify.get<{ Params: { id: string } }>('/:id', async (request, reply) => {
		const note = all.find(({ id }) => id === Number(request.params.id))
		return note ?? reply.notFound('No such note')
	})

	fastify.post<{ Body: { text: string } }>('/', { schema: createSchema }, async (request, reply) => {
		const note = { id: all.length + 1, text: request.body.text }
		all.push(note)
		return reply.code(201).send(note)
	})
}

export default notes
