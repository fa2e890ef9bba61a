import { describe, expect, it } from 'vitest';

import { initialTransport, transportNote } from '../../../generators/add-service-client/transport.ts';
import { runsBefore, type RuntimeFact, surveyRuntime } from '../../../generators/_engine/facts/runtime.ts';
import { surveyService } from '../../../generators/_engine/facts/app/service.ts';
import { toRel } from '../../../generators/_engine/model/paths.ts';
import { surveyHeads } from '../../../generators/_engine/repo/services.ts';
import { memoryRepo } from '../repo/memory-repo.ts';
import { manifest } from './service-of.ts';

type Files = Readonly<Record<string, string>>;

const app = "import Fastify from 'fastify';\nexport const app = Fastify();\n";
const openIn = (files: Files) => {
  const repo = memoryRepo({ 'services/a/package.json': manifest(), 'services/a/src/app.ts': app, ...files });
  const [head] = surveyHeads(repo);
  if (head === undefined) throw new Error('no service');
  return { repo, head };
};
const runtimeOf = (files: Files): RuntimeFact | undefined => {
  const { head, repo } = openIn(files);
  return surveyRuntime(repo, head);
};
const node = (major: number, path: string, minor?: number): RuntimeFact => {
  return { kind: 'node', major, ...(minor !== undefined && { minor }), path: toRel(path) };
};
const engines = (range: string): Files => ({
  'services/a/package.json': manifest({}, { engines: { node: range } }),
});

describe('surveyRuntime', () => {
  it.each<readonly [string, Files, RuntimeFact | undefined]>([
    ['nothing', {}, undefined],
    ['.nvmrc', { '.nvmrc': 'v18.20.4\n' }, node(18, '.nvmrc', 20)],
    ['the name of a release', { '.nvmrc': 'lts/hydrogen' }, node(18, '.nvmrc')],
    ['the newest release', { '.nvmrc': 'lts/*' }, undefined],
    ['.node-version', { 'services/a/.node-version': '22' }, node(22, 'services/a/.node-version')],
    ['.tool-versions', { '.tool-versions': 'python 3.12\nnodejs 20.9.0\n' }, node(20, '.tool-versions', 9)],
    [
      'the last stage of a Dockerfile',
      {
        'services/a/Dockerfile': 'FROM node:22 AS build\nRUN x\nFROM --platform=linux/amd64 node:18-alpine\n',
      },
      node(18, 'services/a/Dockerfile'),
    ],
    [
      'an argument of a Dockerfile at the root',
      { Dockerfile: 'ARG NODE_VERSION=20.11\nFROM node:${NODE_VERSION}-slim\nCOPY services/a .\n' },
      node(20, 'Dockerfile', 11),
    ],
    ['a Dockerfile of something else', { Dockerfile: 'FROM node:16\nCOPY web .\n' }, undefined],
    [
      'the older of two',
      { '.nvmrc': '22', 'services/a/Dockerfile': 'FROM docker.io/library/node:18\n' },
      node(18, 'services/a/Dockerfile'),
    ],
    ['engines', engines('>=18.12'), node(18, 'services/a/package.json', 12)],
    ['the oldest of several engines', engines('^22 || ^18 || ^20'), node(18, 'services/a/package.json')],
    ['engines with nothing but an upper bound', engines('<23'), undefined],
    ['what runs before what is allowed', { ...engines('>=18'), '.nvmrc': '22' }, node(22, '.nvmrc')],
    [
      'an image of Bun',
      { 'services/a/Dockerfile': 'FROM oven/bun:1\n' },
      { kind: 'bun', path: toRel('services/a/Dockerfile') },
    ],
    [
      'a script of Bun',
      { 'services/a/package.json': manifest({}, { scripts: { dev: 'bun run --hot src/index.ts' } }) },
      { kind: 'bun', path: toRel('services/a/package.json') },
    ],
    ['the lock file of Bun', { 'bun.lock': '{}' }, { kind: 'bun', path: toRel('services/a/package.json') }],
    [
      'Node where Bun only installs',
      {
        'bun.lock': '{}',
        'services/a/package.json': manifest(
          {},
          { scripts: { start: 'node dist/index.js', build: 'bun run tsc' } },
        ),
      },
      undefined,
    ],
  ])('reads %s', (_, files, runtime) => {
    expect(runtimeOf(files)).toEqual(runtime);
  });

  it('compares versions, the newest of a major where no minor is given', () => {
    expect(runsBefore(node(18, '.nvmrc'), 20, 18)).toBe(true);
    expect(runsBefore(node(20, '.nvmrc', 9), 20, 18)).toBe(true);
    expect(runsBefore(node(20, '.nvmrc'), 20, 18)).toBe(false);
    expect(runsBefore(undefined, 20, 18)).toBe(false);
  });
});

describe('the transport', () => {
  const chosen = (files: Files): string => {
    const { head, repo } = openIn(files);
    return initialTransport({ repo, heads: [head] }, { target: [head.dir] });
  };
  const note = (files: Files, transport: 'undici' | 'fetch'): string | undefined => {
    const { head, repo } = openIn(files);
    return transportNote(repo, surveyService(repo, head), transport);
  };

  it('is fetch where undici 7 does not start', () => {
    expect(chosen({})).toBe('undici');
    expect(chosen({ '.nvmrc': '22' })).toBe('undici');
    expect(chosen({ '.nvmrc': '18' })).toBe('fetch');
    expect(chosen({ 'bun.lock': '{}' })).toBe('fetch');
  });

  it('is told with its reason', () => {
    expect(note({ '.nvmrc': '22' }, 'undici')).toBeUndefined();
    expect(note({ '.nvmrc': '18.19.0' }, 'fetch')).toBe(
      'app runs on Node 18.19 (.nvmrc), which is older than undici 7 requires (20.18): its client uses fetch.',
    );
    expect(note({ '.nvmrc': '18' }, 'undici')).toBe(
      'app runs on Node 18 (.nvmrc), which is older than undici 7 requires (20.18): update it, or use --transport fetch.',
    );
  });
});
