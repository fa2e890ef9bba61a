import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { runBin } from '../helpers/doors.ts';

let outside = '';
let root = '';
beforeEach(() => {
  outside = realpathSync(mkdtempSync(join(tmpdir(), 's2s-hostile-')));
  root = join(outside, 'repo');
  mkdirSync(join(root, 'src'), { recursive: true });
  write('package.json', JSON.stringify({ name: 'svc', type: 'module', dependencies: { fastify: '^5.0.0' } }));
  write(
    'src/app.ts',
    "import Fastify from 'fastify';\n\nexport function buildApp() {\n  const app = Fastify();\n  return app;\n}\n",
  );
});
afterEach(() => {
  rmSync(outside, { recursive: true, force: true });
});

function write(path: string, text: string): void {
  writeFileSync(join(root, path), text);
}

/** Plans without the project's formatter, and tells how long it took and how much memory. */
async function plan(): Promise<{
  readonly exitCode: number | undefined;
  readonly ms: number;
  readonly text: string;
}> {
  const startedAt = performance.now();
  const args = [
    'add-auth-middleware',
    '--target',
    'svc',
    '--protect',
    'none',
    '--auth',
    'none',
    '--no-format',
  ];
  const run = await runBin(root, ...args, '--dry-run', '--json');
  return { exitCode: run.exitCode, ms: performance.now() - startedAt, text: run.stdout + run.stderr };
}

describe('a hostile repository', () => {
  it('gets none of its code executed', async () => {
    const marker = join(outside, 'executed');
    const attack = `require('node:fs').writeFileSync(${JSON.stringify(marker)}, 'x');`;
    const asModule = `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(marker)}, 'x');\n`;
    for (const name of ['prettier', 'vitest', 'jest', 'eslint', 'vite', 'biome']) {
      write(`${name}.config.js`, asModule);
      write(`${name}.config.cjs`, attack);
      write(`${name}.config.ts`, asModule);
    }
    write('.prettierrc.cjs', attack);
    write('.eslintrc.cjs', attack);
    write('plopfile.js', asModule);
    write('src/evil.ts', `import Fastify from 'fastify';\n${asModule}\nexport const x = Fastify;\n`);
    const scripts = ['preinstall', 'postinstall', 'prepare', 'test', 'build'].map((name) => [
      name,
      `touch ${marker}`,
    ]);
    write(
      'package.json',
      JSON.stringify({
        name: 'svc',
        type: 'module',
        packageManager: `npm@1.0.0; touch ${marker}`,
        scripts: Object.fromEntries(scripts) as object,
        dependencies: { fastify: '^5.0.0' },
        devDependencies: { prettier: '^3.0.0', vitest: '^4.0.0' },
      }),
    );
    for (const name of ['prettier', 'fastify', 'typescript', 'vitest']) {
      mkdirSync(join(root, 'node_modules', name), { recursive: true });
      write(
        `node_modules/${name}/package.json`,
        JSON.stringify({ name, version: '9.9.9', main: 'index.js' }),
      );
      write(`node_modules/${name}/index.js`, attack);
    }
    mkdirSync(join(root, '.git/hooks'), { recursive: true });
    write('.git/config', `[core]\n\tfsmonitor = "touch ${marker}"\n\thooksPath = .git/hooks\n`);
    const { exitCode, text } = await plan();
    expect(exitCode, text).toBe(0);
    expect(existsSync(marker)).toBe(false);
  });

  it('cannot have files outside of its root read', async () => {
    writeFileSync(
      join(outside, 'secret.json'),
      '{ "compilerOptions": { "paths": { "secret-alias/*": ["x/*"] } } }',
    );
    write('tsconfig.json', '{ "extends": "../secret.json", "compilerOptions": { "baseUrl": "../.." } }');
    symlinkSync(outside, join(root, 'src/out'));
    symlinkSync('/etc/passwd', join(root, '.env.example'));
    const { exitCode, text } = await plan();
    expect(exitCode, text).toBe(0);
    expect(text).not.toContain('secret-alias');
    expect(text).not.toContain('root:');
  });

  it('cannot keep us busy: links in a circle, deep folders, thousands of files, files of many megabytes', async () => {
    symlinkSync('.', join(root, 'src/loop'));
    symlinkSync('../..', join(root, 'src/up'));
    const deep = join(root, 'src', ...Array.from({ length: 300 }, () => 'd'));
    mkdirSync(deep, { recursive: true });
    writeFileSync(join(deep, 'deep.ts'), "import 'fastify';\n");
    mkdirSync(join(root, 'src/many'));
    for (let index = 0; index < 10_000; index += 1)
      write(`src/many/file-${String(index)}.ts`, `import 'fastify';\nexport const x${String(index)} = 1;\n`);
    write('src/huge.ts', `import 'fastify';\n${'x.y((a, b) => [a, b]);\n'.repeat(2_000_000)}`);
    write(
      'src/nested.ts',
      `import 'fastify';\nexport const n = ${'['.repeat(20_000)}${']'.repeat(20_000)};\n`,
    );
    write('package-lock.json', `{ "x": "${'y'.repeat(20_000_000)}" }`);
    const { exitCode, ms, text } = await plan();
    expect(exitCode, text.slice(0, 2_000)).toBe(0);
    expect(ms).toBeLessThan(20_000);
  });
});
