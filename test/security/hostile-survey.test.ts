import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { open } from '../../generators/_engine/cli/command.ts';
import { exitCodeOf, type Outcome } from '../../generators/_engine/cli/outcome.ts';
import { hostileRepos, usualFiles } from './hostile-repos.ts';

const limitMs = 5_000;
const middleware = 'add-auth-middleware --target svc --protect all --auth none --dry-run';
const lines = [middleware, 's2s-graph'];

let folder = '';
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function arrange(files: Readonly<Record<string, string>>): string {
  folder = mkdtempSync(join(tmpdir(), 's2s-busy-'));
  const root = join(folder, 'repo');
  for (const [path, text] of Object.entries({ ...usualFiles, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

async function plan(root: string, line: string): Promise<readonly [outcome: Outcome, ms: number]> {
  const [id = '', ...argv] = line.split(' ');
  const startedAt = performance.now();
  const opened = await open({
    id,
    argv,
    command: `s2s ${id}`,
    workingDirectory: root,
    root,
    interactive: false,
  });
  if (typeof opened === 'string') throw new Error(opened);
  return [opened.outcome, performance.now() - startedAt];
}

describe('D.17, 17b: a survey ends in time, with a plan or with a refusal that names file and bound', () => {
  it.each(hostileRepos)('$name', async ({ files }) => {
    const root = arrange(files());
    for (const line of lines) {
      const [outcome, ms] = await plan(root, line);
      expect([0, 3], JSON.stringify(outcome.obstacles)).toContain(exitCodeOf(outcome));
      for (const { code, message, path } of outcome.obstacles) {
        if (code === 'E_TOO_COMPLEX') expect(message).toMatch(new RegExp(`^${path ?? '-'} .*\\d`));
      }
      expect(ms, line).toBeLessThan(limitMs);
    }
  });

  it.each([
    ['a chain of 20,000 calls', 'src/app.ts'],
    ['20,000 routes', 'src/app.ts'],
    ['a package.json of brackets', 'package.json'],
  ])('names the bound of %s', async (name, path) => {
    const found = hostileRepos.find((one) => one.name.includes(name));
    const [outcome] = await plan(arrange(found?.files() ?? {}), middleware);
    expect(outcome.obstacles).toMatchObject([{ code: 'E_TOO_COMPLEX', path }]);
  });
});

describe('D.16: links that lead out of the root are not followed', () => {
  const outside = {
    'src/app.ts':
      "import Fastify from 'fastify';\nexport const app = Fastify();\napp.get('/outside-secret', () => 1);\n",
    'tsconfig.json': '{ "compilerOptions": { "paths": { "outside-secret/*": ["./src/*"] } } }',
    'package.json': '{ "name": "outside-secret", "dependencies": { "fastify": "5" } }',
    '.env.example': 'OUTSIDE_SECRET=outside-secret\n',
    'compose.yaml': 'services:\n  outside-secret:\n    build: .\n    environment:\n      A: outside-secret\n',
    '.s2s.json': '{ "schema": 2, "version": "1", "runs": { "outside-secret": {} } }',
  };

  it.each(['src', 'services', '.env.example', 'tsconfig.json', 'compose.yaml', '.s2s.json', 'src/routes'])(
    '%s',
    async (name) => {
      const root = arrange({});
      for (const [path, text] of Object.entries(outside)) {
        mkdirSync(dirname(join(folder, 'outside', path)), { recursive: true });
        writeFileSync(join(folder, 'outside', path), text);
      }
      const isFolder = !/\.(example|json|yaml)$/.test(name);
      rmSync(join(root, name), { recursive: true, force: true });
      symlinkSync(join(folder, 'outside', isFolder ? '' : name), join(root, name));
      for (const line of [...lines, 's2s-status', 'add-auth-verify --dry-run']) {
        const [outcome] = await plan(root, line);
        expect(JSON.stringify(outcome), line).not.toMatch(/outside-secret/i);
      }
    },
  );
});
