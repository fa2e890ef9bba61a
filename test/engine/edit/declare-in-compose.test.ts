import { describe, expect, it } from 'vitest';

import { declareInCompose } from '../../../generators/_engine/edit/declare-variables.ts';
import { toRel } from '../../../generators/_engine/model/paths.ts';
import { openDraft } from '../../../generators/_engine/repo/draft.ts';
import { proveEdits } from '../../../generators/_engine/plan/finalize.ts';
import { textAfter } from '../../../generators/_engine/repo/repo.ts';
import { memoryRepo } from '../repo/memory-repo.ts';

const users = { name: '@acme/users', dir: toRel('services/users') };
const auth = { head: { name: 'auth', dir: toRel('services/auth') }, port: 4001 };
const wants = [{ name: 'AUTH_SERVICE_URL', to: auth }, { name: 'SERVICE_AUTH_SECRET' }];

/** The compose files as they become, and what is left to do by hand. */
async function declared(
  files: Readonly<Record<string, string>>,
  wanted: Parameters<typeof declareInCompose>[2] = wants,
): Promise<{ readonly files: Readonly<Record<string, string>>; readonly notes: readonly string[] }> {
  const draft = openDraft(memoryRepo(files));
  await declareInCompose(draft, users, wanted);
  const plan = draft.finish();
  expect(proveEdits(plan.edits)).toEqual([]);
  return {
    files: Object.fromEntries(plan.edits.map((edit) => [edit.path, textAfter(edit) ?? ''])),
    notes: plan.notes,
  };
}

const authPart = `  auth:
    build: ./services/auth
    ports: ["4001:4001"]
`;
const compose = (environment: string, eol = '\n'): string =>
  `services:\n${authPart}  users:\n    build:\n      context: .\n      dockerfile: services/users/Dockerfile\n${environment}  db:\n    image: postgres\n`.replaceAll(
    '\n',
    eol,
  );

describe('declareInCompose', () => {
  it.each([
    [
      'a map',
      '    environment:\n      PORT: 4002 # inside\n',
      '      AUTH_SERVICE_URL: http://auth:4001\n      SERVICE_AUTH_SECRET:\n',
    ],
    [
      'a map in quotes',
      `    environment:\n      PORT: "4002"\n`,
      `      AUTH_SERVICE_URL: "http://auth:4001"\n      SERVICE_AUTH_SECRET:\n`,
    ],
    [
      'a map with a block of text and a comment',
      `    environment:\n      KEY: |\n        one\n        two\n`,
      `      AUTH_SERVICE_URL: http://auth:4001\n      SERVICE_AUTH_SECRET:\n`,
    ],
    [
      'a list',
      `    environment:\n      - PORT=4002\n      - HOST=\n`,
      `      - AUTH_SERVICE_URL=http://auth:4001\n      - SERVICE_AUTH_SECRET\n`,
    ],
    [
      'a list that is not indented, in quotes',
      `    environment:\n    -   'PORT=4002'\n`,
      `    -   'AUTH_SERVICE_URL=http://auth:4001'\n    -   'SERVICE_AUTH_SECRET'\n`,
    ],
  ])('adds to %s, as its siblings are', async (_, environment, added) => {
    for (const eol of ['\n', '\r\n']) {
      const text = compose(environment, eol);
      const { files, notes } = await declared({ 'docker-compose.yml': text });
      const expected = compose(environment + added, eol);
      expect(files).toEqual({ 'docker-compose.yml': expected });
      expect(notes).toEqual([]);
      expect((await declared({ 'docker-compose.yml': expected })).files).toEqual({});
    }
  });

  it('ends with the file where that has no line break at its end', async () => {
    const text = 'services:\n  users:\n    build: ./services/users\n    environment:\n      - A=1';
    const { files } = await declared({ 'compose.yaml': text });
    expect(files).toEqual({
      'compose.yaml': `${text}\n      - AUTH_SERVICE_URL\n      - SERVICE_AUTH_SECRET`,
    });
  });

  it('finds the address in the file of the other service', async () => {
    const { files } = await declared({
      'compose.yml': 'include:\n  - services/auth/compose.yml\n',
      'services/auth/compose.yml': 'services:\n  tokens:\n    build: .\n    expose: [9229, 4001]\n',
      'services/users/compose.yml': 'services:\n  users:\n    build: .\n    environment:\n      A: 1\n',
    });
    expect(files['services/users/compose.yml']).toContain('AUTH_SERVICE_URL: http://tokens:4001\n');
  });

  it.each(['- PORT=4009', 'PORT: 4009'])('takes the port that %s gives', async (variable) => {
    const elsewhere = { ...auth, port: undefined };
    const text = compose('    environment:\n      A: 1\n').replace(
      '    ports: ["4001:4001"]\n',
      `    environment:\n      ${variable}\n`,
    );
    const { files } = await declared({ 'compose.yml': text }, [{ name: 'AUTH_SERVICE_URL', to: elsewhere }]);
    expect(files['compose.yml']).toContain('AUTH_SERVICE_URL: http://auth:4009\n');
  });

  it('finds the file that builds the service, wherever it is', async () => {
    const text =
      'services:\n  auth:\n    build: ./auth\n  users:\n    build: ./users\n    environment:\n      PORT: "3002"\n';
    const { files } = await declared({ 'services/docker-compose.yml': text });
    expect(files['services/docker-compose.yml']).toContain('AUTH_SERVICE_URL: "http://auth:4001"\n');
  });

  it('finds a service by the image that is built of it elsewhere', async () => {
    const text =
      'services:\n  auth:\n    image: ghcr.io/acme/auth:1.2\n  web:\n    image: ghcr.io/acme/users@sha256:12\n    environment:\n      A: 1\n';
    const { files } = await declared({ 'infra/prod/compose.yaml': text });
    expect(files['infra/prod/compose.yaml']).toContain('AUTH_SERVICE_URL: http://auth:4001\n');
  });

  const joined = (authNetworks: string, userNetworks: string): string =>
    compose(`${userNetworks}    environment:\n      A: 1\n`).replace(
      '    ports:',
      `${authNetworks}    ports:`,
    );
  it.each([
    [
      'share a network',
      '    networks: [back, front]\n',
      '    networks:\n      back: {}\n',
      'http://auth:4001',
    ],
    ['share none', '    networks: [back]\n', '    networks: [front]\n', undefined],
    ['run on the default network and another', '', '    networks: [front]\n', undefined],
    ['are reached from the network of the host', '', '    network_mode: host\n', 'http://localhost:4001'],
  ])(
    'gives the host at which services that %s reach each other',
    async (_, authNetworks, userNetworks, url) => {
      const { files } = await declared({ 'compose.yml': joined(authNetworks, userNetworks) });
      expect(files['compose.yml']).toContain(
        url === undefined ? '      AUTH_SERVICE_URL:\n' : `      AUTH_SERVICE_URL: ${url}\n`,
      );
    },
  );

  it('gives a service with TLS its scheme', async () => {
    const to = { ...auth, secure: true };
    const { files } = await declared({ 'compose.yml': compose('    environment:\n      A: 1\n') }, [
      { name: 'AUTH_SERVICE_URL', to },
    ]);
    expect(files['compose.yml']).toContain('AUTH_SERVICE_URL: https://auth:4001\n');
  });

  it('hides nothing that a file of variables may hold', async () => {
    const text = compose('    env_file: .env\n    environment:\n      PORT: 4002\n');
    const { files } = await declared({ 'docker-compose.yml': text });
    expect(files['docker-compose.yml']).toBe(
      text.replace('PORT: 4002\n', 'PORT: 4002\n      AUTH_SERVICE_URL: http://auth:4001\n'),
    );
  });

  it('finds a service by what is mounted into its working directory', async () => {
    const text = (inside: string): string =>
      `services:\n  app:\n    image: node:22\n    working_dir: /app\n    volumes: ["./services/users:${inside}"]\n    environment:\n      A: 1\n`;
    const wanted = [{ name: 'SERVICE_AUTH_SECRET' }];
    expect((await declared({ 'compose.yml': text('/app') }, wanted)).files).toEqual({
      'compose.yml': `${text('/app')}      SERVICE_AUTH_SECRET:\n`,
    });
    expect((await declared({ 'compose.yml': text('/data') }, wanted)).files).toEqual({});
  });

  it('takes the service of that name where jobs are built of the same folder, and Redis by its image', async () => {
    const text = `services:
  users-job:
    build: services/users
    environment:
      A: 1
  users:
    build: services/users
    environment:
      A: 1
  cache:
    image: docker.io/library/redis:8-alpine
`;
    const wanted = [{ name: 'REDIS_URL' }];
    const { files } = await declared({ 'docker-compose.dev.yml': text }, wanted);
    const expected = text.replace('  cache:', '      REDIS_URL: redis://cache:6379\n  cache:');
    expect(files).toEqual({ 'docker-compose.dev.yml': expected });
    const secured = `${text}    command: redis-server --requirepass secret\n`;
    expect((await declared({ 'docker-compose.dev.yml': secured }, wanted)).files).toEqual({
      'docker-compose.dev.yml': secured.replace('  cache:', '      REDIS_URL:\n  cache:'),
    });
  });

  it.each([
    ['an environment in one line', '    environment: { PORT: 4002 }\n'],
    ['an environment from elsewhere', '    environment: *shared\n'],
  ])('says what to do by hand for %s', async (_, environment) => {
    const text = `x-shared: &shared\n  A: 1\n${compose(environment)}`;
    expect(await declared({ 'docker-compose.yml': text })).toEqual({
      files: {},
      notes: [
        'docker-compose.yml does not list the environment of users line by line: add AUTH_SERVICE_URL=http://auth:4001 and SERVICE_AUTH_SECRET by hand.',
      ],
    });
  });

  it.each([
    ['no environment', compose('')],
    ['a file of variables', compose('    env_file: .env\n')],
    [
      'two that may be it',
      compose('').replaceAll('users:', 'a:').replace('  db:', '  b:\n    build: services/users\n  db:'),
    ],
    ['no services', 'services: 1\n'],
    ['no YAML', 'services: [\n\t- "'],
    [
      'a build from elsewhere',
      'services:\n  users:\n    build: https://example.com/users.git\n    environment:\n      A: 1\n',
    ],
    ['a build outside', 'services:\n  users:\n    build: ../../users\n    environment:\n      A: 1\n'],
  ])('leaves a file with %s alone', async (_, text) => {
    expect(await declared({ 'docker-compose.yml': text })).toEqual({ files: {}, notes: [] });
  });
});
