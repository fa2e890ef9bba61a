import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import type { ObstacleCode } from '../../generators/_engine/model/obstacle.ts';
import { open } from '../../generators/_engine/cli/command.ts';
import { exitCodeOf, type FlatObstacle } from '../../generators/_engine/cli/outcome.ts';
import { sealed } from '../../generators/_engine/apply/signed-journal.ts';
import type { FixtureName } from '../helpers/fixtures.ts';
import { deleteGeneratedRepo } from '../helpers/generated-repo.ts';
import { materialize } from '../helpers/materialize.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { readTree } from '../helpers/tree.ts';

type Files = Readonly<Record<string, string | ((text: string) => string) | undefined>>;

interface BadInput {
  readonly what: string;
  readonly line: string;
  readonly exit: 2 | 3;
  readonly code: ObstacleCode;
  /** What the message or its place must name. */
  readonly names: RegExp;
  readonly fixture?: FixtureName | 'none';
  readonly files?: Files;
  /** What cannot be said with text: links, bytes, modes. */
  readonly arrange?: (root: string) => void;
}

const user = 'services/user-service';
const middleware = 'add-auth-middleware --target user --protect none';
const breaker = 'add-circuit-breaker --target user';

function bytes(path: string, content: Buffer): (root: string) => void {
  return (root) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
}

const usage: readonly BadInput[] = [
  {
    what: 'an unknown flag',
    line: `${breaker} --tarjet x`,
    exit: 2,
    code: 'E_UNKNOWN_FLAG',
    names: /--target/,
  },
  {
    what: 'a flag of another generator',
    line: `${breaker} --protect all`,
    exit: 2,
    code: 'E_UNKNOWN_FLAG',
    names: /--protect/,
  },
  {
    what: 'a flag without its value',
    line: 'add-circuit-breaker --target',
    exit: 2,
    code: 'E_INVALID_FLAG',
    names: /--target/,
  },
  {
    what: 'a flag that another flag follows',
    line: 'add-circuit-breaker --target --yes',
    exit: 2,
    code: 'E_INVALID_FLAG',
    names: /--target/,
  },
  {
    what: 'a value for a switch',
    line: `${breaker} --dry-run=yes`,
    exit: 2,
    code: 'E_INVALID_FLAG',
    names: /--dry-run/,
  },
  {
    what: 'an empty value',
    line: 'add-circuit-breaker --target=',
    exit: 2,
    code: 'E_INVALID_FLAG',
    names: /--target/,
  },
  {
    what: 'a word that belongs to no flag',
    line: 'add-circuit-breaker user',
    exit: 2,
    code: 'E_USAGE',
    names: /--target user/,
  },
  {
    what: 'a missing target',
    line: 'add-circuit-breaker',
    exit: 2,
    code: 'E_MISSING_FLAG',
    names: /user-service/,
  },
  {
    what: 'a missing decision',
    line: 'add-auth-middleware --target user',
    exit: 2,
    code: 'E_MISSING_FLAG',
    names: /--protect/,
  },
  {
    what: 'a part that there is not',
    line: `${breaker} --with windows`,
    exit: 2,
    code: 'E_INVALID_FLAG',
    names: /window, backoff|window/,
  },
  {
    what: 'a transport that there is not',
    line: 'add-service-client --target user --transport axios',
    exit: 2,
    code: 'E_INVALID_FLAG',
    names: /undici/,
  },
  {
    what: 'a part to leave out that there is not',
    line: 'add-service-client --target user --without breaker',
    exit: 2,
    code: 'E_INVALID_FLAG',
    names: /retry/,
  },
  {
    what: 'a blacklist that there is not',
    line: 'add-auth-verify --blacklist postgres',
    exit: 2,
    code: 'E_INVALID_FLAG',
    names: /redis/,
  },
  {
    what: 'an unknown generator',
    line: 'add-auth-verfy',
    exit: 2,
    code: 'E_UNKNOWN_GENERATOR',
    names: /add-auth-verify/,
  },
  {
    what: 'a root that is no folder',
    line: `${breaker} --cwd ./nowhere`,
    exit: 2,
    code: 'E_INVALID_FLAG',
    names: /nowhere/,
  },
  {
    what: 'an answers file that is not there',
    line: `${breaker} --answers nowhere.json`,
    exit: 2,
    code: 'E_INVALID_FLAG',
    names: /nowhere\.json/,
  },
  {
    what: 'a state that cannot be allowed',
    line: 's2s-status --allow missing',
    exit: 2,
    code: 'E_INVALID_FLAG',
    names: /edited/,
  },
  {
    what: 'a generator to undo that is not recorded',
    line: 's2s-undo --generator add-s2s',
    exit: 2,
    code: 'E_INVALID_FLAG',
    names: /add-s2s/,
  },
  {
    what: 'the auth service as its own consumer',
    line: 'add-s2s --target auth --protect none',
    exit: 2,
    code: 'E_INVALID_FLAG',
    names: /auth-service/,
  },
];

const targets: readonly BadInput[] = [
  {
    what: 'a folder without Fastify',
    line: breaker,
    exit: 3,
    code: 'E_NO_FASTIFY',
    names: /fastify/,
    fixture: 'none',
  },
  {
    what: 'a folder without Fastify, for undo of one service',
    line: 's2s-undo --target user',
    exit: 3,
    code: 'E_NO_FASTIFY',
    names: /fastify/,
    fixture: 'none',
  },
  {
    what: 'a service that is not there',
    line: 'add-circuit-breaker --target usr-service',
    exit: 3,
    code: 'E_NO_SUCH_SERVICE',
    names: /user-service/,
  },
  {
    what: 'a part of a name that three have',
    line: 'add-circuit-breaker --target service',
    exit: 3,
    code: 'E_AMBIGUOUS_TARGET',
    names: /billing-service/,
  },
  {
    what: 'one of several targets that is not there',
    line: 'add-circuit-breaker --target user,nope',
    exit: 3,
    code: 'E_NO_SUCH_SERVICE',
    names: /nope/,
  },
  {
    what: 'a target that climbs',
    line: 'add-circuit-breaker --target ../user',
    exit: 3,
    code: 'E_PATH',
    names: /\.\.\/user/,
  },
  {
    what: 'a target that climbs further down',
    line: 'add-circuit-breaker --target services/../../x',
    exit: 3,
    code: 'E_PATH',
    names: /services/,
  },
  {
    what: 'an absolute target',
    line: 'add-circuit-breaker --target /etc',
    exit: 3,
    code: 'E_PATH',
    names: /\/etc/,
  },
  {
    what: 'Windows separators that climb',
    line: 'add-circuit-breaker --target ..\\user',
    exit: 3,
    code: 'E_PATH',
    names: /user/,
  },
  {
    what: 'a Windows drive',
    line: 'add-circuit-breaker --target C:\\user',
    exit: 3,
    code: 'E_PATH',
    names: /C:/,
  },
  {
    what: 'a Unicode look-alike of a name',
    line: 'add-circuit-breaker --target us\u0435r-service',
    exit: 3,
    code: 'E_NO_SUCH_SERVICE',
    names: /user-service/,
  },
  {
    what: 'full-width dots',
    line: 'add-circuit-breaker --target \uff0e\uff0e/user',
    exit: 3,
    code: 'E_NO_SUCH_SERVICE',
    names: /user/,
  },
  {
    what: 'a route plugin that is not there',
    line: 'add-auth-middleware --target user --protect userRoute',
    exit: 3,
    code: 'E_NO_SUCH_PLUGIN',
    names: /usersRoutes/,
  },
  {
    what: 'an auth service that is not there',
    line: 'add-s2s --target user --protect none --auth nope',
    exit: 3,
    code: 'E_NO_SUCH_SERVICE',
    names: /nope/,
  },
  {
    what: 'nobody who signs tokens',
    line: 'add-auth-verify',
    exit: 3,
    code: 'E_NO_AUTH_SERVICE',
    names: /sign|auth/,
    fixture: 'npm-workspaces',
    files: { 'services/auth-service': undefined },
  },
];

const app = `${user}/src/app.ts`;
const sources: readonly BadInput[] = [
  {
    what: 'code that does not parse',
    line: middleware,
    exit: 3,
    code: 'E_SYNTAX',
    names: /app\.ts:\d+/,
    files: { [app]: (text) => text.replace('return app;', 'return app') + '\n}}' },
  },
  {
    what: 'merge markers',
    line: middleware,
    exit: 3,
    code: 'E_MERGE_MARKERS',
    names: /app\.ts:1/,
    files: { [app]: (text) => `<<<<<<< ours\n=======\n>>>>>>> theirs\n${text}` },
  },
  {
    what: 'a file that is not UTF-8',
    line: middleware,
    exit: 3,
    code: 'E_NOT_UTF8',
    names: /app\.ts/,
    arrange: bytes(app, Buffer.from('import Fastify from "fastify"; // caf\xe9', 'latin1')),
  },
  {
    what: 'UTF-16',
    line: middleware,
    exit: 3,
    code: 'E_NOT_UTF8',
    names: /app\.ts/,
    arrange: bytes(app, Buffer.from('\uFEFFimport Fastify from "fastify";', 'utf16le')),
  },
  {
    what: 'a manifest that is not JSON',
    line: breaker,
    exit: 3,
    code: 'E_MANIFEST',
    names: /package\.json:\d+/,
    files: { [`${user}/package.json`]: (text) => text.replace('"type": "module",', '"type": "module"') },
  },
  {
    what: 'a manifest that holds a list',
    line: breaker,
    exit: 3,
    code: 'E_MANIFEST',
    names: /package\.json/,
    files: { [`${user}/package.json`]: '["fastify"]' },
  },
  {
    what: 'a manifest that is cut off',
    line: breaker,
    exit: 3,
    code: 'E_MANIFEST',
    names: /package\.json/,
    files: { [`${user}/package.json`]: (text) => text.slice(0, -30) },
  },
  {
    what: 'dependencies that are no object',
    line: breaker,
    exit: 3,
    code: 'E_NO_SUCH_SERVICE',
    names: /user/,
    files: { [`${user}/package.json`]: '{ "name": "user-service", "dependencies": "fastify" }' },
  },
  {
    what: 'a service in JavaScript',
    line: breaker,
    exit: 3,
    code: 'E_JAVASCRIPT_ONLY',
    names: /user-service/,
    files: {
      [`${user}/src`]: undefined,
      [`${user}/test`]: undefined,
      [`${user}/vitest.config.ts`]: undefined,
      [`${user}/index.js`]: 'require("fastify")();',
    },
  },
  {
    what: 'a NestJS service',
    line: breaker,
    exit: 3,
    code: 'E_UNSUPPORTED_FRAMEWORK',
    names: /nestjs/,
    files: {
      [`${user}/package.json`]: (text) =>
        text.replace('"fastify":', '"@nestjs/core": "^10.0.0",\n    "fastify":'),
    },
  },
  {
    what: 'no instance',
    line: middleware,
    exit: 3,
    code: 'E_NO_INSTANCE',
    names: /user-service/,
    files: { [app]: 'export const nothing = 1;\n', [`${user}/src/server.ts`]: 'console.log("nothing");\n' },
  },
  {
    what: 'two instances',
    line: middleware,
    exit: 3,
    code: 'E_AMBIGUOUS_INSTANCE',
    names: /app\.ts/,
    files: {
      [`${user}/src/other.ts`]:
        "import Fastify from 'fastify';\nimport { usersRoutes } from './routes/users.routes.js';\nexport async function buildOther() {\n  const other = Fastify();\n  await other.register(usersRoutes);\n  await other.register(usersRoutes);\n  return other;\n}\n",
    },
  },
  {
    what: 'the route by other means',
    line: 'add-auth-verify',
    exit: 3,
    code: 'E_ROUTE_EXISTS',
    names: /auth\/verify/,
    files: {
      'services/auth-service/src/routes/auth.routes.ts': (text) =>
        text.replace(
          /(export async function authRoutes.*\n)/,
          "$1  app.post('/verify', () => ({ valid: false }));\n",
        ),
    },
  },
  {
    what: 'a file of that name that is not ours',
    line: breaker,
    exit: 3,
    code: 'E_FILE_EXISTS',
    names: /circuit-breaker\.ts/,
    files: { [`${user}/src/utils/circuit-breaker.ts`]: 'export const mine = 1;\n' },
  },
  {
    what: 'a file whose name differs in case',
    line: breaker,
    exit: 3,
    code: 'E_FILE_EXISTS',
    names: /case/,
    files: { [`${user}/src/utils/Circuit-Breaker.ts`]: 'export const mine = 1;\n' },
  },
  {
    what: 'a folder where a file would go',
    line: breaker,
    exit: 3,
    code: 'E_FILE_EXISTS',
    names: /circuit-breaker\.ts/,
    files: { [`${user}/src/utils/circuit-breaker.ts/index.ts`]: 'export const mine = 1;\n' },
  },
  {
    what: 'a client by hand without the errors that are needed',
    line: middleware,
    exit: 3,
    code: 'E_FILE_EXISTS',
    names: /ServiceClientError/,
    files: { [`${user}/src/utils/service-client.ts`]: 'export class ServiceClient {}\n' },
  },
  {
    what: 'a record that is not JSON',
    line: breaker,
    exit: 3,
    code: 'E_RECORD',
    names: /\.s2s\.json/,
    files: { '.s2s.json': '{' },
  },
  {
    what: 'a record of a later version',
    line: breaker,
    exit: 3,
    code: 'E_RECORD',
    names: /schema 3/,
    files: { '.s2s.json': '{ "schema": 3 }' },
  },
  {
    what: 'a record that is not JSON, for undo',
    line: 's2s-undo',
    exit: 3,
    code: 'E_RECORD',
    names: /\.s2s\.json/,
    files: { '.s2s.json': '<<<<<<< ours\n{}' },
  },
  {
    what: 'a record that is not JSON, for status',
    line: 's2s-status',
    exit: 3,
    code: 'E_RECORD',
    names: /\.s2s\.json/,
    files: { '.s2s.json': 'null' },
  },
  {
    what: 'a record with paths that climb',
    line: 's2s-undo',
    exit: 3,
    code: 'E_RECORD',
    names: /\.\./,
    files: {
      '.s2s.json':
        '{ "schema": 2, "version": "1", "by": "g", "files": { "../../etc/passwd": "unit-test 0123456789abcdef" } }',
    },
  },
  {
    what: 'a record with an absolute path',
    line: 's2s-status',
    exit: 3,
    code: 'E_RECORD',
    names: /\/etc/,
    files: {
      '.s2s.json':
        '{ "schema": 2, "version": "1", "by": "g", "files": { "/etc/passwd": "unit-test 0123456789abcdef" } }',
    },
  },
  {
    what: 'a record whose files are a list',
    line: 's2s-undo',
    exit: 3,
    code: 'E_RECORD',
    names: /files/,
    files: { '.s2s.json': '{ "schema": 2, "version": "1", "files": [1] }' },
  },
];

const outside = join(tmpdir(), 's2s-bad-input-outside');
const disk: readonly BadInput[] = [
  {
    what: 'a folder that is a link out of the repo',
    line: breaker,
    exit: 3,
    code: 'E_PATH',
    names: /outside the repository/,
    arrange: (root) => {
      mkdirSync(outside, { recursive: true });
      symlinkSync(outside, join(root, user, 'src/utils'));
    },
  },
  {
    what: 'an app file that is a link out of the repo',
    line: middleware,
    exit: 3,
    code: 'E_NO_INSTANCE',
    names: /user-service/,
    arrange: (root) => {
      mkdirSync(outside, { recursive: true });
      writeFileSync(join(outside, 'app.ts'), readFileSync(join(root, app)));
      rmSync(join(root, app));
      symlinkSync(join(outside, 'app.ts'), join(root, app));
    },
  },
  {
    what: 'a link that leads to itself',
    line: middleware,
    exit: 3,
    code: 'E_NO_INSTANCE',
    names: /user-service/,
    arrange: (root) => {
      rmSync(join(root, app));
      symlinkSync('app.ts', join(root, app));
    },
  },
  {
    what: 'the lock of another run',
    line: breaker,
    exit: 3,
    code: 'E_LOCKED',
    names: /Another run/,
    arrange: (root) => {
      const holder = `${String(process.ppid)}-0-@${encodeURIComponent(hostname())}`;
      const journal = { id: 'busy', holder, entries: [], folders: [], emptied: [] };
      writeFileSync(join(root, '.s2s.journal'), sealed(root, journal));
    },
  },
];

const states: readonly BadInput[] = [
  {
    what: 'no place to register on: the instance is handed to code that nobody knows',
    line: middleware,
    exit: 3,
    code: 'E_NO_INSTANCE',
    names: /user-service/,
    files: { [app]: "import { makeApp } from 'elsewhere';\nexport const buildApp = makeApp;\n" },
  },
  {
    what: 'a journal that no run has written',
    line: breaker,
    exit: 3,
    code: 'E_RECORD',
    names: /\.s2s\.journal/,
    files: { '.s2s.journal': '{ "pid": 1 }' },
  },
  {
    what: 'the lock of another machine',
    line: 's2s-status',
    exit: 3,
    code: 'E_LOCKED',
    names: /process 12 on build-7.*--recover --force/,
    arrange: (root) => {
      const journal = { id: 'x', holder: '12-0-34@build-7', entries: [], folders: [], emptied: [] };
      writeFileSync(join(root, '.s2s.journal'), sealed(root, journal));
    },
  },
  {
    what: 'a journal of a run that was killed, for a command that only reads',
    line: 's2s-graph',
    exit: 3,
    code: 'E_LOCKED',
    names: /interrupted.*--recover/,
    arrange: (root) => {
      // Beyond every process number that Linux gives.
      const holder = `4194305-0-1@${encodeURIComponent(hostname())}`;
      const journal = { id: 'x', holder, entries: [], folders: [], emptied: [] };
      writeFileSync(join(root, '.s2s.journal'), sealed(root, journal));
    },
  },
];

const services: readonly BadInput[] = [
  {
    what: 'a name that the service decorates by itself',
    line: `${middleware} --decorate whoami`,
    exit: 3,
    code: 'E_DECORATOR_TAKEN',
    names: /app\.ts:\d+ .*whoami is taken.*--decorate/,
    files: {
      [app]: (text) =>
        text.replace('  return app;', "  app.decorateRequest('whoami', null);\n\n  return app;"),
    },
  },
  {
    what: 'a package that is too old for what is generated',
    line: 'add-service-client --target user',
    exit: 3,
    code: 'E_OLD_DEPENDENCY',
    names: /undici \^6\.21\.0/,
    files: {
      [`${user}/package.json`]: (text) =>
        text.replace('"fastify-plugin"', '"undici": "^6.21.0",\n    "fastify-plugin"'),
    },
  },
  {
    what: 'a Fastify that may be too old for limits of routes',
    line: 'add-s2s-rate-limit --target user',
    exit: 3,
    code: 'E_OLD_DEPENDENCY',
    names: /fastify \^4\.14\.1/,
    files: {
      [`${user}/package.json`]: (text) => text.replace('"fastify": "^5.12.0"', '"fastify": "^4.14.1"'),
    },
  },
  {
    what: 'types of Node.js that may be too old for diagnostics channels',
    line: 'add-s2s-metrics --target user',
    exit: 3,
    code: 'E_OLD_DEPENDENCY',
    names: /@types\/node \^18\.11\.10/,
    files: {
      [`${user}/package.json`]: (text) =>
        text.replace('"fastify-plugin"', '"@types/node": "^18.11.10",\n    "fastify-plugin"'),
    },
  },
  {
    what: 'caches that are not there to be told of revocations',
    line: 'add-s2s-revocation --target user',
    exit: 3,
    code: 'E_MISSING_PART',
    names: /user-service has no claim cache/,
    files: {},
  },
  {
    what: 'a rate limit that is there already',
    line: 'add-s2s-rate-limit --target user',
    exit: 3,
    code: 'E_RATE_LIMITED',
    names: /already has @fastify\/rate-limit/,
    files: {
      [`${user}/package.json`]: (text) =>
        text.replace('"fastify-plugin"', '"@fastify/rate-limit": "^11.2.0",\n    "fastify-plugin"'),
    },
  },
  {
    what: 'routes that a shared plugin adds to the whole service',
    line: 'add-auth-middleware --target user --protect usersRoutes',
    exit: 3,
    code: 'E_NOT_ENCAPSULATED',
    names: /users\.routes\.ts/,
    files: {
      [`${user}/src/routes/users.routes.ts`]: (text) =>
        `import fp from 'fastify-plugin';\n${text.replace('export async function usersRoutes', 'async function routes')}\nexport const usersRoutes = fp(routes);\n`,
    },
  },
  {
    what: 'two services that sign tokens',
    line: 'add-auth-verify',
    exit: 3,
    code: 'E_AMBIGUOUS_AUTH',
    names: /\.ts:\d+ .*auth-service \(.*:\d+\), billing-service \(.*sign\.ts:2\).*--auth/,
    files: {
      'services/billing-service/src/sign.ts':
        "import jwt from 'jsonwebtoken';\nexport const sign = (id: string) => jwt.sign({ sub: id }, process.env.JWT_SECRET ?? '');\n",
    },
  },
  {
    what: 'a file with uncommitted changes',
    line: `${middleware} --no-format`,
    exit: 3,
    code: 'E_DIRTY',
    names: /app\.ts.*--allow-dirty/,
    arrange: (root) => {
      const git = (...args: readonly string[]): unknown =>
        execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@localhost', ...args], {
          cwd: root,
        });
      git('init', '--quiet');
      git('add', '--all');
      git('commit', '--quiet', '--message', 'As it was');
      writeFileSync(join(root, app), `${readFileSync(join(root, app), 'utf8')}// mine\n`);
    },
  },
];

const answers: readonly BadInput[] = [
  {
    what: 'answers that are not JSON',
    line: `${breaker} --answers a.json`,
    exit: 2,
    code: 'E_INVALID_FLAG',
    names: /a\.json/,
    files: { 'a.json': '{' },
  },
  {
    what: 'answers that nobody asked for',
    line: 'add-circuit-breaker --answers a.json',
    exit: 2,
    code: 'E_INVALID_FLAG',
    names: /tarjet/,
    files: { 'a.json': '{ "tarjet": ["user"] }' },
  },
  {
    what: 'an answer of the wrong kind',
    line: 'add-circuit-breaker --answers a.json',
    exit: 2,
    code: 'E_INVALID_FLAG',
    names: /target/,
    files: { 'a.json': '{ "target": 3 }' },
  },
  {
    what: 'answers that are a list',
    line: 'add-circuit-breaker --answers a.json',
    exit: 2,
    code: 'E_INVALID_FLAG',
    names: /a\.json/,
    files: { 'a.json': '[]' },
  },
];

const all = [...usage, ...targets, ...sources, ...disk, ...states, ...services, ...answers];
const root = join(projectRoot, '.cases/bad-input');
const rows: string[] = [];

/** The table of docs/refusals.md: what was given, and what is said to it. */
function rowOf(
  { what, line, exit }: BadInput,
  { code, path, line: at, message, remedy }: FlatObstacle,
): string {
  const place = path === undefined ? '' : `${path}${at === undefined ? '' : `:${String(at)}`}`;
  const cell = (text: string): string =>
    text
      .replaceAll(root, '<root>')
      .replaceAll(outside, '<elsewhere>')
      .replace(/process \d+ on [^.\s]+(?=\.)/, (name) =>
        name.endsWith('build-7') ? name : 'process 123 on here',
      )
      // Each version of Node has its own words for it.
      .replace(/(?:Expected|Unexpected|Unterminated) [^.]*JSON[^.]*/, 'it is no JSON')
      .replace(/\n[^]*/, ' …')
      .replaceAll('|', '\\|')
      .replaceAll('<', '&lt;');
  const given = `${what}<br>\`${line.replaceAll('|', '\\|')}\``;
  return `| ${given} | ${exit} \`${code}\` | ${cell(place)} | ${cell(message)} | ${cell(remedy)} |`;
}

afterAll(() => {
  deleteGeneratedRepo('bad-input');
  rmSync(outside, { recursive: true, force: true });
});

describe('bad input', () => {
  it('is at least sixty kinds', () => {
    expect(all.length).toBeGreaterThanOrEqual(60);
  });

  it.each(all)('$what: $code', async (given) => {
    const { line, exit, code, names, fixture = 'npm-workspaces', files, arrange } = given;
    materialize('bad-input', { fixture, args: [], ...(files && { files }) });
    arrange?.(root);
    const before = readTree(root);
    const [id = '', ...argv] = line.split(' ');
    const place = argv.includes('--cwd') ? {} : { root };
    const workingDirectory = root;
    const inRoot = argv.map((arg) => (arg.endsWith('.json') ? join(root, arg) : arg));
    const opened = await open({
      id,
      argv: inRoot,
      command: id,
      workingDirectory,
      interactive: false,
      ...place,
    });
    if (typeof opened === 'string') throw new Error(opened);
    const outcome = opened.commit === undefined ? opened.outcome : await opened.commit();
    const seen = JSON.stringify(outcome.obstacles, undefined, 2);
    expect(outcome.status, seen).toBe('refused');
    expect(
      outcome.obstacles.map((obstacle) => obstacle.code),
      seen,
    ).toContain(code);
    const found = outcome.obstacles.find((obstacle) => obstacle.code === code);
    expect(
      `${found?.path ?? ''}:${String(found?.line ?? '')} ${found?.message ?? ''} ${found?.remedy ?? ''}`,
    ).toMatch(names);
    if (found !== undefined) rows.push(rowOf(given, found));
    expect(found?.message).toMatch(/\.$|:\n/);
    expect(found?.remedy).not.toBe('');
    expect(exitCodeOf(outcome)).toBe(exit);
    expect(readTree(root)).toEqual(before);
  });

  it('is what docs/refusals.md says (UPDATE_DOCS=1 writes it)', () => {
    const path = join(projectRoot, 'docs/refusals.md');
    const intro = [
      '# What is refused, and how it is said',
      '',
      'Every case is a test (`test/doors/bad-input.test.ts`): it is run on a fixture, and afterwards the tree is byte for',
      'byte as it was. The words are those that a user reads; `test/doors` writes this page with `UPDATE_DOCS=1`.',
      '',
      '| given | exit and code | place | message | remedy |',
      '| --- | --- | --- | --- | --- |',
    ];
    const page = `${[...intro, ...rows].join('\n')}\n`;
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(path, page);
    expect(rows).toHaveLength(all.length);
    expect(readFileSync(path, 'utf8')).toBe(page);
  });
});
