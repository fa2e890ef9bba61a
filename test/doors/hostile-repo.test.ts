import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { run, runBinWith } from '../helpers/doors.ts';
import { projectRoot } from '../helpers/project-root.ts';

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

/** Plans without the project's formatter, and tells how long it took. */
async function plan(...nodeFlags: readonly string[]): Promise<{
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
  const bin = join(projectRoot, 'dist/cli.js');
  const result = await run(root, [...nodeFlags, bin, ...args, '--dry-run', '--json']);
  return {
    exitCode: result.exitCode,
    ms: performance.now() - startedAt,
    text: result.stdout + result.stderr,
  };
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

  it('cannot have git run its filters', async () => {
    const marker = join(outside, 'executed');
    const git = (...args: readonly string[]): Promise<unknown> => execa('git', args, { cwd: root });
    await git('init', '--quiet');
    write('.gitattributes', '* filter=a=b.c\n');
    await git('add', '--all');
    const identity = [
      '-c',
      'user.name=test',
      '-c',
      'user.email=test@localhost',
      '-c',
      'commit.gpgsign=false',
    ];
    await git(...identity, 'commit', '--quiet', '--message', 'x');
    for (const key of ['clean', 'process', 'smudge'])
      writeFileSync(
        join(root, '.git/config'),
        `[filter "a=b.c"]\n\t${key} = "touch ${marker}; cat"\n\trequired = true\n`,
        { flag: 'a' },
      );
    // Another time stamp than the index has: git looks into the file.
    utimesSync(join(root, 'src/app.ts'), 1, 1);
    utimesSync(join(root, 'package.json'), 1, 1);
    const { exitCode, text } = await plan();
    expect(exitCode, text).toBe(0);
    expect(existsSync(marker)).toBe(false);
    await git('status', '--porcelain').catch(() => undefined);
    expect(existsSync(marker), 'what git does by itself').toBe(true);
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
    write('src/nested.ts', `export const n = ${'['.repeat(20_000)}${']'.repeat(20_000)};\n`);
    write('package-lock.json', `{ "x": "${'y'.repeat(20_000_000)}" }`);
    // Sparse: they take no room here, and none in a git repository either.
    for (const [name, bytes] of [
      ['src/big.ts', 700_000_000],
      ['src/bigger.ts', 3_000_000_000],
      ['tsconfig.json', 700_000_000],
    ] as const) {
      write(name, '');
      truncateSync(join(root, name), bytes);
    }
    const { exitCode, ms, text } = await plan('--max-old-space-size=256');
    expect(exitCode, text.slice(0, 2_000)).toBe(0);
    expect(ms).toBeLessThan(20_000);
  });

  it('cannot keep us reading a device where a manifest should be', async () => {
    mkdirSync(join(outside, 'none/sub'), { recursive: true });
    symlinkSync('/dev/zero', join(outside, 'none/sub/package.json'));
    // Node itself reads the manifest of its folder for what is preloaded.
    const refused = await runBinWith(
      { NODE_OPTIONS: '' },
      join(outside, 'none/sub'),
      'add-circuit-breaker',
      '--target',
      'svc',
      '--json',
    );
    expect(refused.timedOut).toBe(false);
    expect(refused.exitCode, refused.stderr).toBe(3);
  });
});
