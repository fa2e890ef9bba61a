import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import Provider from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { apply } from '../../plopfile.ts';
import { materialize } from '../helpers/materialize.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { planCommand } from '../helpers/run-command.ts';

const id = 'security-oidc';
const audience = 'https://api.acme.test';
const client = { client_id: 'reports', client_secret: 'the-secret-of-the-client-reports' };

let server: Server;
let issuer = '';
let app: FastifyInstance;

/** OpenID Connect by oidc-provider: access tokens for the resource that the client asks for, signed with ES256. */
function newProvider(): Provider {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256', use: 'sig' };
  const resources = {
    enabled: true,
    getResourceServerInfo: (_context: unknown, resource: string) => ({
      scope: 'users',
      audience: resource,
      accessTokenFormat: 'jwt',
      accessTokenTTL: 60,
      jwt: { sign: { alg: 'ES256' } },
    }),
  };
  return new Provider(issuer, {
    jwks: { keys: [jwk] },
    clients: [
      {
        ...client,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        token_endpoint_auth_method: 'client_secret_post',
        id_token_signed_response_alg: 'ES256',
      },
    ],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: resources,
    },
  });
}

async function requestToken(resource?: string): Promise<string> {
  const body = new URLSearchParams({ ...client, grant_type: 'client_credentials', scope: 'users' });
  if (resource !== undefined) body.set('resource', resource);
  const response = await fetch(`${issuer}/token`, { method: 'POST', body });
  const { access_token: token } = (await response.json()) as { access_token: string };
  return token;
}

function listUsers(token?: string): Promise<LightMyRequestResponse> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return app.inject({ url: '/users', headers });
}

beforeAll(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  issuer = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  server.on('request', newProvider().callback());

  const root = materialize(id, { fixture: 'npm-workspaces', args: [] });
  const verification = ['--verify', 'local', '--jwks', `${issuer}/jwks`, '--issuer', issuer];
  const args = ['--target', 'user', '--protect', 'usersRoutes', '--yes', '--no-format'];
  const plan = await planCommand(
    { generator: 'add-auth-middleware', args: [...args, ...verification, '--audience', audience] },
    root,
  );
  if (!plan.ok) throw new Error('The generator refused the fixture');
  await apply(plan, root);
  const { buildApp } = (await import(join(root, 'services/user-service/src/app.ts'))) as {
    buildApp: (options: object) => Promise<FastifyInstance>;
  };
  app = await buildApp({ logger: false });
});

afterAll(async () => {
  await app.close();
  server.close();
  server.closeAllConnections();
  rmSync(join(projectRoot, '.cases', id), { recursive: true, force: true });
});

describe('a service that verifies the tokens of a real issuer', () => {
  let unseen = '';

  it('accepts them', async () => {
    const token = await requestToken(audience);
    unseen = await requestToken(audience);
    expect((await listUsers(token)).statusCode).toBe(200);
    expect((await listUsers(token)).statusCode).toBe(200);
  });

  it('refuses no token, a token for another API, an opaque one and a changed one', async () => {
    const [head = '', payload = '', signature = ''] = unseen.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const changed = Buffer.from(JSON.stringify({ ...claims, sub: 'admin' })).toString('base64url');
    const tokens = [
      undefined,
      await requestToken('https://shop.acme.test'),
      await requestToken(),
      `${head}.${changed}.${signature}`,
    ];
    for (const token of tokens) {
      const { headers, statusCode } = await listUsers(token);
      expect(statusCode).toBe(401);
      expect(headers['www-authenticate']).toContain('Bearer');
    }
  });

  it('accepts them while the issuer is down', async () => {
    server.close();
    server.closeAllConnections();
    expect((await listUsers(unseen)).statusCode).toBe(200);
  });
});
