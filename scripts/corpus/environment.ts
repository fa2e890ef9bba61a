import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'yaml';

import type { Service } from '../../generators/_engine/model/service.ts';

/** Long enough for every library, and no secret. */
export const corpusSecret = 'a-secret-for-the-corpus-of-at-least-32-characters';

const files = [
  '.env.example',
  '.env.sample',
  '.env.template',
  '.env.dist',
  '.env.test',
  '.env.defaults',
  '.env',
];

/**
 * The environment that a service starts with: the values of its examples, a Postgres, a MySQL and a Redis on the usual
 * ports of loopback (whether they run or not), a secret for each that is empty, and its port. A Prisma client that was
 * generated without an engine, which is downloaded otherwise, starts and fails each query.
 */
export function environmentOf(
  root: string,
  { app, dir, jwt }: Service,
  port: number,
): Record<string, string> {
  const read = composeValues(join(root, dir));
  for (const name of files) {
    for (const path of new Set([join(root, name), join(root, dir, name)])) {
      if (existsSync(path)) Object.assign(read, valuesIn(readFileSync(path, 'utf8')));
    }
  }
  const database = hasEnginelessPrisma(root, dir) ? engineless : postgres;
  const values = Object.entries({
    ...defaults,
    DATABASE_URL: database,
    ...Object.fromEntries(Object.entries(read).filter(isGiven)),
  }).map(([name, value]) => [name, localValue(name, value, database)]);
  const secretName = jwt.secret?.env;
  return {
    ...(Object.fromEntries(values) as Record<string, string>),
    HOST: '127.0.0.1',
    FASTIFY_AUTOLOAD_TYPESCRIPT: '1',
    JWT_SECRET: corpusSecret,
    [app.listen.portEnv ?? 'PORT']: String(port),
    ...(secretName !== undefined && { [secretName]: corpusSecret }),
  };
}

const postgres = 'postgresql://postgres:postgres@127.0.0.1:5432/postgres';
const engineless = 'prisma://127.0.0.1:1/?api_key=none';
const redis = 'redis://127.0.0.1:6379';
const defaults = { NODE_ENV: 'development', DATABASE_URL: postgres, REDIS_URL: redis };

function hasEnginelessPrisma(root: string, dir: string): boolean {
  return ['', dir].some((folder) => {
    const client = join(root, folder, 'node_modules/@prisma/client');
    const generated = existsSync(client) ? join(realpathSync(client), '../../.prisma/client/index.js') : '';
    return (
      existsSync(generated) &&
      /"(?:copyEngine": false|dataProxy": true)/.test(readFileSync(generated, 'utf8'))
    );
  });
}

function localValue(name: string, value: string, database: string): string {
  if (/^(?:postgres(?:ql)?|mysql):/.test(value)) return database;
  if (/^rediss?:/.test(value)) return redis;
  if (/^(?:POSTGRES|PG|MYSQL|DB|DATABASE|REDIS)_?HOST(?:NAME)?$/.test(name)) return '127.0.0.1';
  if (/^(?:POSTGRES|PG|DB|DATABASE)_?(?:USER(?:NAME)?|NAME|DB|DATABASE)$/.test(name)) return 'postgres';
  return value === '' && /SECRET|KEY|PASSWORD|SALT/.test(name) ? corpusSecret : value;
}

function isGiven([name, value]: readonly [string, string]): boolean {
  return value !== '' || !Object.hasOwn(defaults, name);
}

/** What the compose files beside a service set for what they build there. */
function composeValues(folder: string): Record<string, string> {
  const read: Record<string, string> = {};
  for (const name of ['docker-compose.yml', 'docker-compose.yaml', 'compose.yml', 'compose.yaml']) {
    const path = join(folder, name);
    const parsed = (existsSync(path) ? parse(readFileSync(path, 'utf8')) : {}) as {
      readonly services?: Readonly<
        Record<string, { readonly build?: unknown; readonly environment?: readonly string[] | object }>
      >;
    };
    for (const { build, environment = [] } of Object.values(parsed.services ?? {})) {
      if (build === undefined) continue;
      const entries = Array.isArray(environment)
        ? (environment as readonly string[]).map((one) => /^([^=]+)=?(.*)$/s.exec(one)?.slice(1) ?? ['', ''])
        : Object.entries(environment);
      const given = entries.filter(([, value]) => value != null && !String(value).includes('${'));
      Object.assign(read, Object.fromEntries(given.map(([key, value]) => [key, String(value)])));
    }
  }
  return read;
}

function valuesIn(text: string): Readonly<Record<string, string>> {
  const lines = text.matchAll(
    /^[ \t]*(?:export )?([A-Z]\w*)[ \t]*=[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|([^\n#]*))/gm,
  );
  return Object.fromEntries(
    [...lines].map(([, name = '', double, single, bare = '']) => [name, double ?? single ?? bare.trim()]),
  );
}
