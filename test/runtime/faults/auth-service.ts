import { join } from 'node:path';

import type { FastifyInstance } from 'fastify';

import { apply } from '../../../plopfile.ts';
import type { Case } from '../../helpers/case.ts';
import { materialize } from '../../helpers/materialize.ts';
import { planCommand } from '../../helpers/run-command.ts';

/** Starts the auth service on a Redis. */
export type StartAuthService = (redisUrl: string) => Promise<FastifyInstance>;

/** Generates the verify route into a fixture. Its folder is `.cases/<id>`. */
export async function generateAuthService(id: string, testCase: Case): Promise<StartAuthService> {
  const root = materialize(id, testCase);
  const plan = await planCommand({ generator: 'add-auth-verify', args: ['--yes'] }, root);
  if (!plan.ok) throw new Error('The generator refused the fixture');
  await apply(plan, root);
  return async (redisUrl) => {
    process.env['REDIS_URL'] = redisUrl;
    process.env['JWT_SECRET'] = 'a-secret-of-at-least-32-characters';
    const { buildApp } = (await import(join(root, 'services/auth-service/src/app.ts'))) as {
      buildApp: (options: object) => Promise<FastifyInstance>;
    };
    const app = await buildApp({ logger: false });
    await app.ready();
    return app;
  };
}

let serial = 0;

/** A token of the auth service, good for five minutes. */
export function newToken(app: FastifyInstance): string {
  const { jwt } = app as unknown as { jwt: { sign: (claims: object, options: object) => string } };
  serial += 1;
  return jwt.sign({ sub: 'usr_ada', email: 'ada@acme.test', serial }, { expiresIn: '5m' });
}

/** What the verify route says of a token. */
export async function statusOf(app: FastifyInstance, token: string): Promise<number> {
  return (await app.inject({ method: 'POST', url: '/auth/verify', payload: { token } })).statusCode;
}
