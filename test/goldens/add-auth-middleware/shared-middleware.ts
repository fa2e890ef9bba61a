import { type Authentication, type AuthenticationOptions, connectAuthService, type VerifiedUser } from '@diner/s2s/authentication';
import fp from 'fastify-plugin';

export type AuthenticatedUser = VerifiedUser;
export type AuthMiddlewareOptions = AuthenticationOptions;

declare module 'fastify' {
  interface FastifyInstance {
    /** An `onRequest` hook that asks for a token and sets `request.user`. */
    authenticate: Authentication['authenticate'];
    authServiceClient: Authentication['client'];
  }
  interface FastifyRequest {
    /** Null on routes that do not ask for a token. */
    user: AuthenticatedUser | null;
    correlationId: string;
  }
}

/** Lets the auth service at `AUTH_SERVICE_URL` decide who is calling; a package has what is the same in all services. */
export const authMiddleware = fp<AuthMiddlewareOptions>(
  async (app, options) => {
    app.decorateRequest('correlationId', '');
    app.decorateRequest('user', null);
    const settings = { baseUrl: process.env['AUTH_SERVICE_URL'] ?? 'http://localhost:4411', serviceSecret: process.env['SERVICE_AUTH_SECRET'], ...options };
    const names = { user: 'user', correlationId: 'correlationId', url: 'AUTH_SERVICE_URL' };
    const { authenticate, client } = await connectAuthService<AuthenticatedUser>(app, settings, names);
    app.decorate('authenticate', authenticate);
    app.decorate('authServiceClient', client);
  },
  { name: 'auth-middleware' },
);

export default authMiddleware;
