import fp from 'fastify-plugin';
import { type Authentication, connectAuthService } from '../utils/authentication.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** An `onRequest` hook that asks for a token and sets `request.user`. */
    authenticate: Authentication['authenticate'];
    authServiceClient: Authentication['client'];
  }
  interface FastifyRequest {
    /** Null on routes that do not ask for a token. */
    user: Authentication['user'];
    correlationId: string;
  }
}

/** Lets the auth service decide who is calling: see connectAuthService. */
export const authMiddleware = fp<Authentication['options']>(
  async (app, options) => {
    const baseUrl = options.baseUrl ?? process.env['AUTH_SERVICE_URL'] ?? 'http://localhost:3001';
    await connectAuthService(app, { ...options, baseUrl });
  },
  { name: 'auth-middleware' },
);

export default authMiddleware;
