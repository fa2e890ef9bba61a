import { join, relative } from 'node:path';

import { describe, expect, inject, it } from 'vitest';

import { testCase as fastJwt } from './cases/add-auth-verify/fast-jwt/case.ts';
import { testCase as jose } from './cases/add-auth-verify/jose/case.ts';
import { testCase as nodeRedis } from './cases/add-auth-verify/node-redis/case.ts';
import type { Case, Probe } from './helpers/case.ts';
import { compileService } from './helpers/compile-service.ts';
import { fixtures } from './helpers/fixtures.ts';
import { deleteGeneratedRepo } from './helpers/generated-repo.ts';
import { materialize } from './helpers/materialize.ts';
import { onFastify4 } from './helpers/on-fastify4.ts';
import { probeServices } from './helpers/probe-services.ts';
import { sampled } from './helpers/sampled.ts';
import { runCommand } from './helpers/run-command.ts';
import { runServiceTests } from './helpers/run-service-tests.ts';

type Files = NonNullable<Case['files']>;

const auth = 'services/auth-service';

/** jsonwebtoken signs where fast-jwt does in its case. */
const jsonwebtoken: Files = {
  ...fastJwt.files,
  [`${auth}/package.json`]: (text) => text.replace('"@fastify/jwt": "^10.2.0"', '"jsonwebtoken": "^9.0.2"'),
  [`${auth}/src/routes/auth.routes.ts`]: (text) =>
    text
      .replace(
        "import type { FastifyInstance } from 'fastify';\n",
        "import type { FastifyInstance } from 'fastify';\nimport jwt from 'jsonwebtoken';\nimport { JWT_SECRET } from '../config.js';\n",
      )
      .replace(/app\.jwt\.sign\((\{[^}]*\})\)/, "jwt.sign($1, JWT_SECRET, { expiresIn: '15m' })"),
};

const stacks: Readonly<Record<string, Files>> = {
  '@fastify/jwt': {},
  jsonwebtoken,
  jose: jose.files ?? {},
  'fast-jwt': fastJwt.files ?? {},
};
const blacklists: Readonly<Record<string, { readonly files: Files; readonly args: readonly string[] }>> = {
  ioredis: { files: {}, args: ['--blacklist', 'redis'] },
  'node-redis': { files: nodeRedis.files ?? {}, args: ['--blacklist', 'redis'] },
  memory: { files: {}, args: ['--blacklist', 'memory'] },
  none: { files: {}, args: ['--blacklist', 'none'] },
};

interface Combination {
  readonly name: string;
  readonly generator: string;
  readonly args: readonly string[];
  readonly files: readonly Files[];
  readonly probe: readonly Probe[];
}

const verified: Probe = {
  service: auth,
  method: 'POST',
  path: '/auth/verify',
  login: 'body',
  status: 200,
  answer: { valid: true, email: 'ada@acme.test' },
};
const providers = Object.entries(stacks).flatMap(([stack, files]) =>
  Object.entries(blacklists).map(([blacklist, { files: more, args }]): Combination => {
    const name = `${stack}, blacklist ${blacklist}`;
    return { name, generator: 'add-auth-verify', args, files: [files, more], probe: [verified] };
  }),
);

const users = { service: 'services/user-service', path: '/users' };
const guarded: readonly Probe[] = [
  { ...users, status: 401, answer: { error: 'Invalid or expired token' } },
  { ...users, login: 'bearer', status: 200 },
];
const consumers = [[], ['--cache-ttl', '5000'], ['--transport', 'fetch'], ['--without', 'retry']].map(
  (flags): Combination => ({
    name: `middleware ${flags.join(' ')}`.trim(),
    generator: 'add-s2s',
    args: ['--auth', 'auth', '--target', 'user', '--protect', 'usersRoutes', ...flags],
    files: [],
    probe: guarded,
  }),
);

describe.concurrent('on Fastify 4', () => {
  it.each(sampled([...providers, ...consumers], 1))(
    '$name compiles, boots, answers and passes its tests',
    async ({ name, generator, args, files, probe }) => {
      const id = `fastify4/${name.replace(/\W+/g, '-')}`;
      const root = materialize(
        id,
        { fixture: 'npm-workspaces', args: [], files: onFastify4(files) },
        'fastify4',
      );
      const plan = await runCommand({ generator, args: [...args, '--yes'] }, root);

      const fixture = fixtures['npm-workspaces'];
      const changed = fixture.services.filter(({ dir }) =>
        plan.edits.some(({ path }) => path.startsWith(`${dir}/`)),
      );
      for (const { dir } of changed) expect(compileService(join(root, dir, 'tsconfig.json'))).toEqual([]);

      for (const answer of await probeServices(root, fixture, probe, inject('redisUrl'))) {
        expect(answer.status, JSON.stringify(answer.body)).toBe(answer.probe.status);
        if (answer.probe.answer !== undefined) expect(answer.body).toMatchObject(answer.probe.answer);
      }

      for (const { dir } of changed) {
        const tests = plan.edits
          .map(({ path }) => relative(dir, path))
          .filter((path) => !path.startsWith('..') && path.endsWith('.test.ts'));
        const run = await runServiceTests(fixture.runner, join(root, dir), tests, inject('redisUrl'));
        expect(run.failure).toBe('');
        expect(run.passed).toBeGreaterThan(0);
      }
      deleteGeneratedRepo(id);
    },
  );
});
