import fp from 'fastify-plugin';
import { createServiceTokens } from '../utils/service-tokens.js';
import { createSigningKeys } from '../utils/signing-keys.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** A token by which this service proves itself to the service of that name, for calls without a user. */
    serviceToken: (audience: string) => string;
  }
}

/** The key of this service, which others fetch at `GET /.well-known/jwks.json`. */
export default fp(
  (app, _options, done) => {
    const keys = createSigningKeys(
      {
        algorithm: 'ES256',
        issuer: 'billing-service',
        audience: 'billing-service',
        privateKeys: process.env['SIGNING_KEYS'],
        currentKeyId: process.env['SIGNING_KEY_ID'],
      },
      app.log,
    );
    app.decorate('serviceToken', createServiceTokens({ name: 'billing-service', key: keys.signingOptions }));
    app.get('/.well-known/jwks.json', (_request, reply) =>
      reply
        .header('cache-control', 'public, max-age=300')
        .type('application/json; charset=utf-8')
        .send(JSON.stringify({ keys: keys.published })),
    );
    done();
  },
  { name: 'service-identity' },
);
