import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

import { execa } from 'execa';

import type { Edit, RelPath, Service } from '../../generators/_engine/contract.ts';
import { newErrors, typeErrors } from '../../generators/_engine/type-check.ts';
import { childEnvironment } from '../../test/helpers/child-environment.ts';

/** What a service's compiler said before: everything counts that it did not say then. */
export class TypeBaseline {
  readonly #errors = new Map<string, Promise<readonly string[]>>();

  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async newErrors(service: Service, root: string, edits: readonly Edit[]): Promise<readonly string[]> {
    const { tsconfig } = service.modules;
    if (tsconfig === undefined) return [];
    const before = this.#errors.get(tsconfig) ?? typeErrors(this.#root, tsconfig);
    this.#errors.set(tsconfig, before);
    const after = await typeErrors(root, tsconfig);
    return [...newErrors(await before, after), ...(await errorsOfTests(service, root, tsconfig, edits))];
  }
}

/** Tests are often left out of a tsconfig: ours are checked all the same. */
async function errorsOfTests(
  service: Service,
  root: string,
  tsconfig: RelPath,
  edits: readonly Edit[],
): Promise<readonly string[]> {
  const files = edits.filter(({ kind, path }) => kind === 'create' && /\.(test|spec)\.ts$/.test(path));
  if (files.length === 0) return [];
  const folder = join(root, dirname(tsconfig));
  const own = join(folder, 'tsconfig.corpus.json');
  const compilerOptions = { noEmit: true, rootDir: '/', composite: false, incremental: false };
  const include = [service.app.file, ...files.map(({ path }) => path)].map((path) =>
    relative(folder, join(root, path)),
  );
  writeFileSync(
    own,
    JSON.stringify({
      extends: `./${basename(tsconfig)}`,
      compilerOptions,
      include,
      exclude: [],
      references: [],
    }),
  );
  const errors = await typeErrors(root, relative(root, own) as RelPath);
  const ours = new Set(files.map(({ path }) => basename(path)));
  return errors.filter((line) => [...ours].some((name) => line.includes(name)));
}

/** The test files of an edit that the service's own runner does not pass. */
export async function failingTests(
  service: Service,
  root: string,
  edits: readonly Edit[],
): Promise<{ readonly passed: number; readonly failures: readonly string[] }> {
  const isTest = ({ kind, path }: Edit): boolean => kind === 'create' && /\.(test|spec)\.ts$/.test(path);
  let passed = 0;
  const failures: string[] = [];
  for (const { path } of edits.filter(isTest)) {
    if (service.dir !== '' && !path.startsWith(`${service.dir}/`)) continue;
    const stem = basename(path).replace(/\.(test|spec)\.ts$/, '');
    // Node 20 leaves globs to the shell.
    const run = await execa(
      service.testing.command
        .replace(/^(pnpm exec|bunx|yarn) /, '')
        .replace('NAME', stem)
        .replace(/"([^"]*\*[^"]*)"/g, '$1'),
      {
        cwd: join(root, service.dir),
        shell: 'bash',
        all: true,
        reject: false,
        stdin: 'ignore',
        timeout: 120_000,
        preferLocal: true,
        extendEnv: false,
        env: childEnvironment({
          BASHOPTS: 'globstar',
          NO_COLOR: '1',
          FASTIFY_AUTOLOAD_TYPESCRIPT: '1',
          CI: '1',
        }),
      },
    );
    if (run.failed) failures.push(`${path}\n${run.all.slice(-3_000)}`);
    else passed += 1;
  }
  return { passed, failures };
}

/** The changed files that the formatter of the service would change and would not have changed before. */
export async function unformatted(
  service: Service,
  before: string,
  root: string,
  edits: readonly Edit[],
): Promise<readonly string[]> {
  const { formatter } = service.tooling;
  if (formatter === 'none') return [];
  const isClean = async (at: string, path: string): Promise<boolean> => {
    const args = formatter === 'biome' ? ['biome', 'format', path] : ['prettier', '--check', path];
    const [file = '', ...rest] = args;
    const run = await execa(file, rest, {
      cwd: at,
      preferLocal: true,
      localDir: join(at, service.dir),
      reject: false,
      stdin: 'ignore',
    });
    return !run.failed;
  };
  const dirty: string[] = [];
  for (const { kind, path } of edits) {
    if (!/\.[cm]?tsx?$/.test(path)) continue;
    if (kind === 'patch' && !(await isClean(before, path))) continue;
    if (!(await isClean(root, path))) dirty.push(path);
  }
  return dirty;
}

/** Every file below a folder with its bytes, but for packages and history. */
export function readTree(root: string, at = ''): ReadonlyMap<string, Buffer> {
  const tree = new Map<string, Buffer>();
  for (const name of readdirSync(join(root, at))) {
    if (name === '.git' || name === 'node_modules') continue;
    const path = at === '' ? name : `${at}/${name}`;
    if (!existsSync(join(root, path))) continue;
    if (statSync(join(root, path)).isDirectory())
      for (const [key, bytes] of readTree(root, path)) tree.set(key, bytes);
    else tree.set(path, readFileSync(join(root, path)));
  }
  return tree;
}
