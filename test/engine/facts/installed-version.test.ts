import { describe, expect, it } from 'vitest';

import { installedVersion } from '../../../generators/_engine/facts/installed-version.ts';
import { surveyService } from '../../../generators/_engine/facts/app/service.ts';
import { surveyHeads } from '../../../generators/_engine/repo/services.ts';
import { memoryRepo } from '../repo/memory-repo.ts';
import { manifest, serviceOf } from './service-of.ts';

type Files = Readonly<Record<string, string>>;

/** The version that the service in `services/users` has of a package, by the files of the repo. */
function versionOf(name: string, range: string, files: Files): string | undefined {
  const repo = memoryRepo({
    'services/users/package.json': manifest({ [name]: range }, { name: '@acme/users' }),
    'services/users/src/app.ts': "import Fastify from 'fastify';\nexport const app = Fastify();\n",
    ...files,
  });
  const head = surveyHeads(repo).find(({ dir }) => dir === 'services/users');
  return head && installedVersion(repo, head, name);
}

const npm = (packages: object): string => JSON.stringify({ lockfileVersion: 3, packages });

describe('installedVersion', () => {
  it.each<readonly [string, Files, string | undefined]>([
    ['nothing', {}, undefined],
    [
      'node_modules of the root',
      { 'node_modules/fastify/package.json': '{ "version": "4.29.1" }' },
      '4.29.1',
    ],
    [
      'node_modules before the lock file',
      {
        'services/users/node_modules/fastify/package.json': '{ "version": "4.27.0" }',
        'package-lock.json': npm({ 'node_modules/fastify': { version: '4.29.1' } }),
      },
      '4.27.0',
    ],
    ['npm', { 'package-lock.json': npm({ 'node_modules/fastify': { version: '4.29.1' } }) }, '4.29.1'],
    [
      'npm, with a version of its own',
      {
        'package-lock.json': npm({
          'node_modules/fastify': { version: '5.1.0' },
          'services/users/node_modules/fastify': { version: '4.26.2' },
        }),
      },
      '4.26.2',
    ],
    [
      'npm, version 1, of the service alone',
      { 'services/users/package-lock.json': '{ "dependencies": { "fastify": { "version": "4.28.1" } } }' },
      '4.28.1',
    ],
    ['a broken lock file', { 'package-lock.json': '{ "packages": ' }, undefined],
    [
      'pnpm 9',
      {
        'pnpm-lock.yaml': `lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      fastify:
        specifier: ^5.0.0
        version: 5.2.0

  services/users:
    dependencies:
      '@fastify/jwt':
        specifier: ^8.0.0
        version: 8.0.1
      fastify:
        specifier: ^4.21.0
        version: 4.29.1(supports-color@9.4.0)

packages:

  fastify@4.29.1:
    resolution: {integrity: sha512-x}
`,
      },
      '4.29.1',
    ],
    [
      'pnpm 7',
      {
        'pnpm-lock.yaml':
          'lockfileVersion: 5.4\n\nimporters:\n\n  services/users:\n    specifiers:\n      fastify: ^4.21.0\n    dependencies:\n      fastify: 4.24.3_abc\n',
      },
      '4.24.3',
    ],
    [
      'pnpm without workspaces',
      {
        'services/users/pnpm-lock.yaml':
          "lockfileVersion: '6.0'\n\ndependencies:\n  fastify:\n    specifier: ^4.21.0\n    version: 4.25.0\n",
      },
      '4.25.0',
    ],
    [
      'yarn 1',
      {
        'yarn.lock':
          '# yarn lockfile v1\n\n\nfastify@^4.0.0, fastify@^4.21.0:\n  version "4.29.0"\n\nfastify@^5.0.0:\n  version "5.1.0"\n',
      },
      '4.29.0',
    ],
    [
      "yarn with Plug'n'Play",
      {
        '.pnp.cjs': '/* eslint-disable */\n',
        'yarn.lock':
          '__metadata:\n  version: 8\n\n"fastify@npm:^4.21.0":\r\n  version: 4.29.1\r\n  resolution: "fastify@npm:4.29.1"\r\n',
      },
      '4.29.1',
    ],
    [
      'bun',
      { 'bun.lock': '{\n  "packages": {\n    "fastify": ["fastify@4.29.1", "", {}, "sha512-x"],\n  }\n}\n' },
      '4.29.1',
    ],
    [
      'bun, with a version of its own',
      {
        'bun.lock':
          '{\n  "packages": {\n    "fastify": ["fastify@5.1.0", "", {}, "x"],\n    "@acme/users/fastify": ["fastify@4.26.0", "", {}, "x"],\n  }\n}\n',
      },
      '4.26.0',
    ],
    [
      'another major version, before the next install',
      { 'package-lock.json': npm({ 'node_modules/fastify': { version: '3.29.5' } }) },
      undefined,
    ],
    [
      'a version below the range, before the next install',
      { 'package-lock.json': npm({ 'node_modules/fastify': { version: '4.20.0' } }) },
      undefined,
    ],
  ])('reads %s', (_, files, version) => {
    expect(versionOf('fastify', '^4.21.0', files)).toBe(version);
  });

  it.each([
    ['catalog:', '4.29.1', '4.29.1'],
    ['^4.0.0 || ^5.0.0', '5.1.0', '5.1.0'],
    ['>=4', '5.1.0', '5.1.0'],
    ['~4.21', '5.1.0', undefined],
    ['latest', '5.1.0', '5.1.0'],
  ])('holds %s against %s', (range, installed, version) => {
    const files = { 'node_modules/fastify/package.json': JSON.stringify({ version: installed }) };
    expect(versionOf('fastify', range, files)).toBe(version);
  });
});

describe('a service', () => {
  const app = "import Fastify from 'fastify';\nexport const app = Fastify();\n";

  it('is as old as what is locked, not as its range', () => {
    const files = { 'src/app.ts': app, 'package.json': manifest({ fastify: '^4.21.0' }) };
    const lock = npm({ 'node_modules/fastify': { version: '4.29.1' } });
    expect(serviceOf(files).isOlder('fastify', 4, 24)).toBe(true);
    expect(serviceOf({ ...files, 'package-lock.json': lock }).isOlder('fastify', 4, 24)).toBe(false);
    expect(serviceOf({ ...files, 'package-lock.json': lock }).isOlder('redis', 5)).toBe(false);
  });

  it('has the major version of Fastify that is locked', () => {
    const repo = memoryRepo({
      'package.json': manifest({ fastify: '^4.0.0 || ^5.0.0' }),
      'src/app.ts': app,
      'package-lock.json': npm({ 'node_modules/fastify': { version: '4.29.1' } }),
    });
    const [head] = surveyHeads(repo);
    const service = head && surveyService(repo, head);
    expect(service).toMatchObject({ fastifyMajor: 4 });
  });
});
