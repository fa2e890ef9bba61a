import { createHmac } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import type { FastifyInstance } from 'fastify';

import type { Plan } from '../../generators/_engine/model/plan.ts';
import type { Refusal } from '../../generators/_engine/model/obstacle.ts';
import type { Case } from '../helpers/case.ts';
import { materialize } from '../helpers/materialize.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { planCommand, runCommand } from '../helpers/run-command.ts';
import { secret } from './purpose-services.ts';

type Files = NonNullable<Case['files']>;

/** A service with a verify route, over HTTP. */
export interface Running {
  readonly origin: string;
  readonly root: string;
  /** The token that a route answers with. */
  token(path: string): Promise<string>;
  /** The status of the verify route. */
  verify(token: string): Promise<number>;
}

export interface Services {
  /** The application of a service, which `close` closes. */
  readonly open: (root: string) => Promise<FastifyInstance>;
  /** Generates the verify route into a service and serves it. */
  readonly serve: (name: string, files: Files, more?: readonly string[], isOn4?: boolean) => Promise<Running>;
  /** What the generator would do to it. */
  readonly plan: (name: string, files: Files, more?: readonly string[]) => Promise<Plan | Refusal>;
  /** A token of the login that somebody else signs with the same key, but for what is given. */
  readonly signedElsewhere: (claims: Readonly<Record<string, unknown>>, header?: object) => string;
  readonly close: () => Promise<void>;
}

const generator = 'add-auth-verify';
const args = ['--blacklist', 'memory', '--no-format'];

export function openServices(name: string): Services {
  const folder = `.security-${name}`;
  const apps: FastifyInstance[] = [];
  process.env['SECRET'] = secret;
  const create = (own: string, files: Files): string =>
    materialize(join(folder, own), { fixture: 'none', args: [], files });
  const open = async (root: string): Promise<FastifyInstance> => {
    const { buildApp } = (await import(join(root, 'src/app.ts'))) as {
      buildApp: () => Promise<FastifyInstance>;
    };
    const app = await buildApp();
    apps.push(app);
    return app;
  };
  return {
    open,
    plan: (own, files, more = []) => planCommand({ generator, args: [...args, ...more] }, create(own, files)),
    async serve(own, files, more = [], isOn4 = false) {
      const root = create(own, files);
      if (isOn4) linkFastify4(root);
      await runCommand({ generator, args: [...args, ...more] }, root);
      const app = await open(root);
      return { root, ...clientOf(await app.listen({ port: 0, host: '127.0.0.1' })) };
    },
    signedElsewhere,
    async close() {
      await Promise.all(apps.map((app) => app.close()));
      rmSync(join(projectRoot, '.cases', folder), { recursive: true, force: true });
    },
  };
}

function clientOf(origin: string): Omit<Running, 'root'> {
  const post = (path: string, body: object): Promise<Response> =>
    fetch(`${origin}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  return {
    origin,
    token: async (path) => ((await (await post(path, {})).json()) as { token: string }).token,
    verify: async (token) => (await post('/auth/verify', { token })).status,
  };
}

export function linkFastify4(root: string): void {
  mkdirSync(root, { recursive: true });
  symlinkSync(
    join(projectRoot, 'fixtures/_deps/fastify4/node_modules'),
    join(root, 'node_modules'),
    'junction',
  );
}

function signedElsewhere(claims: Readonly<Record<string, unknown>>, header: object = {}): string {
  const now = Math.floor(Date.now() / 1_000);
  const usual = {
    sub: '1',
    email: 'ada@acme.test',
    aud: 'web',
    iss: 'https://auth',
    iat: now,
    exp: now + 60,
  };
  const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const input = `${encode({ alg: 'HS256', typ: 'at+jwt', ...header })}.${encode({ ...usual, ...claims })}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}
