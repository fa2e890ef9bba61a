import type { FastifyPluginAsync } from 'fastify'
import { verifyPassword } from '../../lib/passwords.js'
import { findUserByEmail } from '../../lib/users.js'

interface LoginBody {
	email: string
	password: string
}

const loginSchema = {
	body: {
		type: 'object',
		required: ['email', 'password'],
		properties: {
			email: { type: 'string' },
			password: { type: 'string' }
		}
	}
}

const auth: FastifyPluginAsync = async (fastify) => {
	fastify.post<{ Body: LoginBody }>('/login', { schema: loginSchema }, async (request, reply) => {
		const user = findUserByEmail(request.body.email)
		if (!user || !(await verifyPassword(request.body.password, user.password))) {
			return reply.code(401).send({ error: 'Wrong email or password' })
		}
		return { token: fastify.jwt.sign({ id: user.id, email: user.email, tenantId: user.tenantId }) }
	})

	fastify.post('/logout', async (request, reply) => {
		await fastify.tokenBlacklist.revokeRequest(request)
		request.log.info('logged out')
		return reply.code(204).send()
	})
}

export default auth
