import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

import Fastify, { type FastifyInstance, type FastifyPluginAsync, type FastifyReply, type FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { acceptServices } from '../src/utils/service-callers.js';

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

/** Stands in for the key server of the caller: a real server. */
let keyServer: Server;
let app: FastifyInstance;
let own: KeyPair;
let foreign: KeyPair;

beforeAll(async () => {
  own = await generateKeyPair('ES256', { extractable: true });
  foreign = await generateKeyPair('ES256', { extractable: true });
  const keys = [{ ...(await exportJWK(own.publicKey)), kid: 'own', alg: 'ES256', use: 'sig' }];
  keyServer = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => keyServer.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  await new Promise((resolve) => keyServer.close(resolve));
});

beforeEach(async () => {
  app = Fastify();
  const jobs = `http://127.0.0.1:${String((keyServer.address() as AddressInfo).port)}`;
  const isNoUser = async (_request: FastifyRequest, reply: FastifyReply): Promise<unknown> =>
    reply.code(401).send({ error: 'This is no user' });
  const hook = acceptServices(app, isNoUser, { audience: 'me', services: { jobs } });
  const answers = (path: string): FastifyPluginAsync<object> => async (plugin) => {
    plugin.addHook('onRequest', hook);
    plugin.get(path, async (request) => ({ service: request.service }));
  };
  const outer: FastifyPluginAsync<object> = async (plugin, options) => {
    await answers('/allowed')(plugin, {});
    await plugin.register(answers('/inner'), options);
  };
  await app.register(outer, { allowedServices: ['jobs'] });
  await app.register(async (plugin) => {
    await plugin.register(fp(answers('/wrapped')), { allowedServices: ['jobs'] });
    await answers('/beside-wrapped')(plugin, {});
  });
  await app.register(answers('/closed'));
});

afterEach(async () => {
  await app.close();
});

async function tokenOf(claims: object = {}, key = own, typ = 'service+jwt'): Promise<string> {
  const iat = Math.floor(Date.now() / 1_000);
  const usual = { iss: 'jobs', sub: 'jobs', aud: 'me', iat, exp: iat + 300 };
  const header = { alg: 'ES256', kid: 'own', typ };
  return new SignJWT({ ...usual, ...claims }).setProtectedHeader(header).sign(key.privateKey);
}

async function statusOf(url: string, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await app.inject({ url, headers })).statusCode;
}

describe('acceptServices', () => {
  it('lets a service in where a plugin allows it, and nowhere else', async () => {
    const headers = { authorization: `Bearer ${await tokenOf()}` };
    const { body } = await app.inject({ url: '/allowed', headers });
    expect(JSON.parse(body)).toEqual({ service: { name: 'jobs' } });
    for (const url of ['/inner', '/wrapped', '/beside-wrapped', '/closed'])
      expect(await statusOf(url, await tokenOf())).toBe(401);
  });

  it('refuses other keys, names, callees and types, and tokens that live for long', async () => {
    const now = Math.floor(Date.now() / 1_000);
    const tokens = [
      await tokenOf({}, foreign),
      await tokenOf({ iss: 'reports' }),
      await tokenOf({ sub: 'admin' }),
      await tokenOf({ aud: 'other' }),
      await tokenOf({}, own, 'JWT'),
      await tokenOf({ iat: now - 400, exp: now - 100 }),
      await tokenOf({ exp: now + 3_600 }),
    ];
    for (const token of tokens) expect(await statusOf('/allowed', token)).toBe(401);
  });
});
