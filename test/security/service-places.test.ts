import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import autoload from '@fastify/autoload';
import Fastify, {
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import fp from 'fastify-plugin';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { guardRoutes } from '../../templates/add-auth-middleware/route-guard.ts';
import { acceptServices } from '../../templates/add-service-tokens/service-callers.ts';
import { fastifyVersions } from './guarded-app.ts';
import {
  encode,
  type KeyServer,
  newKey,
  publish,
  seconds,
  type SigningKey,
  signText,
  startKeyServer,
} from './local-issuer.ts';

// Where a list of services opens routes, and where it must not: what each list is given to, over HTTP.
const keys = { jobs: newKey('jobs'), reports: newKey('reports') };
const servers: KeyServer[] = [];
const apps: FastifyInstance[] = [];
const folders: string[] = [];
const urls: Record<string, string> = {};

beforeAll(async () => {
  for (const name of ['jobs', 'reports'] as const) {
    const server = await startKeyServer(publish(keys[name]));
    servers.push(server);
    urls[name] = server.origin;
  }
});

afterAll(async () => {
  for (const app of apps) await app.close();
  for (const server of servers) server.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

type Hook = ReturnType<typeof acceptServices>;

const isNoUser = async (_request: FastifyRequest, reply: FastifyReply): Promise<unknown> =>
  reply.code(401).send({ error: 'This is no user' });

function acceptAt(app: FastifyInstance, audience: string): Hook {
  return acceptServices(app, isNoUser, { audience, services: urls });
}

async function listen(app: FastifyInstance): Promise<string> {
  apps.push(app);
  return app.listen({ port: 0, host: '127.0.0.1' });
}

function tokenOf(key: SigningKey, name: string, aud: string, kid = key.kid): string {
  const iat = seconds(0);
  const header = { alg: key.algorithm, kid, typ: 'service+jwt' };
  return signText(`${encode(header)}.${encode({ iss: name, sub: name, aud, iat, exp: iat + 300 })}`, key);
}

async function statusOf(url: string, token: string): Promise<number> {
  return (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status;
}

/** Every way in which a route can come near a list; `/listed…` are those that it is meant for. */
async function addRoutes(app: FastifyInstance, guard: (own: FastifyInstance) => void): Promise<void> {
  const allowedServices = ['jobs'];
  const routes =
    (...paths: readonly string[]): FastifyPluginAsync<object> =>
    (own) => {
      guard(own);
      for (const path of paths) own.get(path, (request) => request.service ?? {});
      return Promise.resolve();
    };
  await app.register(routes('/sibling-before'));
  const listed: FastifyPluginAsync<object> = async (own, options) => {
    await routes('/listed')(own, {});
    // What it calls with its own instance, and what it wraps, are routes of its own.
    await routes('/listed-called')(own, {});
    await own.register(fp(routes('/listed-wrapped')));
    await own.register(routes('/child'));
    await own.register(routes('/child-of-options'), options);
    await own.register(routes('/child-of-spread'), { ...options, prefix: '/spread' });
    await own.register(async (child) => {
      await child.register(routes('/grandchild'), options);
    });
  };
  await app.register(listed, { allowedServices: [...allowedServices], prefix: '/x' });
  await app.register(routes('/sibling-after'));
  await app.register(async (parent) => {
    await routes('/parent')(parent, {});
    await parent.register(routes('/listed-child'), { allowedServices: [...allowedServices] });
    await routes('/parent-after')(parent, {});
    await parent.register(fp(routes('/wrapped')), { allowedServices: [...allowedServices] });
    await routes('/beside-wrapped')(parent, {});
    await parent.register(routes('/cousin'));
  });
  await app.register(async (own) => {
    const given = { allowedServices: [...allowedServices] };
    await routes('/called')(own, given);
    await routes('/beside-called')(own, {});
    own.decorate('allowedServices', given.allowedServices);
    await routes('/beside-decorated')(own, {});
  });
  await app.register(routes('/other-service'), { allowedServices: ['reports'] });
  await app.register(routes('/nobody'), { allowedServices: [] });
  await app.register(routes('/undefined'), { allowedServices: undefined } as never);
  await app.register(routes('/part-of-name'), { allowedServices: ['jobs-service', 'job', '*', ''] });
  await app.register(routes('/same'));
  await app.register(routes('/listed-same'), { allowedServices: [...allowedServices] });
  await app.register(fp(routes('/wrapped-at-root')), { allowedServices: [...allowedServices] });
  await routes('/root')(app, {});
}

const closed = [
  ...['/sibling-before', '/sibling-after', '/x/child', '/x/child-of-options', '/x/spread/child-of-spread'],
  ...['/x/grandchild', '/parent', '/parent-after', '/wrapped', '/beside-wrapped', '/cousin', '/called'],
  ...['/beside-called', '/beside-decorated', '/other-service', '/nobody', '/undefined', '/part-of-name'],
  ...['/same', '/wrapped-at-root', '/root'],
];
const open = ['/x/listed', '/x/listed-called', '/x/listed-wrapped', '/listed-child', '/listed-same'];

describe.each(fastifyVersions)('a list of services on %s', (_name, makeApp) => {
  it.each(['the hook of each plugin', 'the guard of all routes'])(
    'opens the routes of the plugin that is registered with it, and no other, by %s',
    async (how) => {
      const app = makeApp();
      const hook = acceptAt(app, 'users');
      const ofAll = how !== 'the hook of each plugin';
      if (ofAll) guardRoutes(app, [], hook);
      await addRoutes(app, (own) => {
        if (!ofAll) own.addHook('onRequest', hook);
      });
      const origin = await listen(app);
      const ask = (path: string, key = keys.jobs, name = 'jobs'): Promise<number> =>
        statusOf(`${origin}${path}`, tokenOf(key, name, 'users'));
      for (const path of open) expect([path, await ask(path)]).toEqual([path, 200]);
      for (const path of closed) expect([path, await ask(path)]).toEqual([path, 401]);
      for (const path of [...open, ...closed]) {
        const isTheirs = path === '/other-service';
        expect([path, await ask(path, keys.reports, 'reports')]).toEqual([path, isTheirs ? 200 : 401]);
        expect([path, (await fetch(`${origin}${path}`)).status]).toEqual([path, 401]);
      }
    },
  );

  it('opens nothing with a text instead of a list', async () => {
    const app = makeApp();
    const hook = acceptAt(app, 'users');
    const text: FastifyPluginAsync<object> = (own) => {
      own.addHook('onRequest', hook);
      own.get('/text', () => ({}));
      return Promise.resolve();
    };
    await expect(async () => app.register(text, { allowedServices: 'jobs' } as never)).rejects.toThrow();
  });

  it('opens what is autoloaded with it, but for a folder without contexts', async () => {
    const load = async (encapsulate: boolean): Promise<number> => {
      const app = makeApp();
      const hook = acceptAt(app, 'users');
      app.addHook('onRequest', hook);
      const dir = mkdtempSync(join(tmpdir(), 's2s-loaded-'));
      folders.push(dir);
      const plugin = "export default async (app) => { app.get('/loaded', async () => ({})); };\n";
      writeFileSync(
        join(dir, 'loaded.mjs'),
        `${plugin}export const autoConfig = { allowedServices: ['jobs'] };\n`,
      );
      await app.register(autoload, { dir, encapsulate });
      return statusOf(`${await listen(app)}/loaded`, tokenOf(keys.jobs, 'jobs', 'users'));
    };
    expect([await load(true), await load(false)]).toEqual([200, 401]);
  });
});

describe('a stolen key', () => {
  it('opens the edges of its service alone, whatever is signed with it', async () => {
    const origins: Record<string, string> = {};
    // jobs may call users, and reports may call invoices.
    for (const [audience, caller] of [
      ['users', 'jobs'],
      ['invoices', 'reports'],
    ] as const) {
      const app = Fastify();
      const hook = acceptAt(app, audience);
      const routes: FastifyPluginAsync<object> = (own) => {
        own.addHook('onRequest', hook);
        own.get('/', () => ({}));
        return Promise.resolve();
      };
      await app.register(routes, { allowedServices: [caller] });
      origins[audience] = await listen(app);
    }
    const opened: string[] = [];
    for (const at of ['users', 'invoices'])
      for (const name of ['jobs', 'reports', 'users', 'invoices', 'auth'])
        for (const audience of ['users', 'invoices', 'auth'])
          for (const kid of ['jobs', 'reports', 'auth']) {
            const token = tokenOf(keys.jobs, name, audience, kid);
            const status = await statusOf(`${origins[at] ?? ''}/`, token);
            if (status !== 401) opened.push(`${at}: ${String(status)} as ${name} for ${audience} by ${kid}`);
          }
    expect(opened).toEqual(['users: 200 as jobs for users by jobs']);
  });
});
