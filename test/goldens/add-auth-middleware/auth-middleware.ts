import fp from 'fastify-plugin';
import { type Authentication, type AuthenticationOptions, connectAuthService, type VerifiedUser } from '../utils/authentication.js';

export type AuthenticatedUser = VerifiedUser;

/** `baseUrl` defaults to `AUTH_SERVICE_URL`, else http://localhost:3001; `serviceSecret` to `SERVICE_AUTH_SECRET`. */
export type AuthMiddlewareOptions = AuthenticationOptions;

declare module 'fastify' {
  interface FastifyInstance {
    /** An `onRequest` hook that asks for a token and sets `request.user`. */
    authenticate: Authentication['authenticate'];
    /** Calls the auth service; tells the state of its circuit. */
    authServiceClient: Authentication['client'];
  }

  interface FastifyRequest {
    /** Null on routes that do not ask for a token. */
    user: AuthenticatedUser | null;
    /** The caller's `X-Correlation-ID`, the service's own request ID, or a new one; stands in the response as well. */
    correlationId: string;
  }
}

/** Lets the auth service decide who is calling: see connectAuthService. */
export const authMiddleware = fp<AuthMiddlewareOptions>(
  async (app, options) => {
    app.decorateRequest('correlationId', '');
    app.decorateRequest('user', null);
    const settings = {
      ...options,
      baseUrl: options.baseUrl ?? process.env['AUTH_SERVICE_URL'] ?? 'http://localhost:3001',
      serviceSecret: options.serviceSecret ?? process.env['SERVICE_AUTH_SECRET'],
    };
    const names = { user: 'user', correlationId: 'correlationId', url: 'AUTH_SERVICE_URL' };
    const { authenticate, client } = await connectAuthService(app, settings, names);
    app.decorate('authenticate', authenticate);
    app.decorate('authServiceClient', client);
  },
  { name: 'auth-middleware' },
);

export default authMiddleware;
