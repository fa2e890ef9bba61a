import { rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

import { execa } from 'execa';
import ts from 'typescript';

import type { Edit } from '../../generators/_engine/model/plan.ts';
import type { RelPath } from '../../generators/_engine/model/paths.ts';
import type { Service } from '../../generators/_engine/model/service.ts';
import { newErrors, typeErrors } from '../../generators/_engine/apply/type-check.ts';

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
    const before = this.#errors.get(tsconfig) ?? errorsOf(service, this.#root, tsconfig, []);
    this.#errors.set(tsconfig, before);
    const tests = edits.flatMap(({ kind, path }) =>
      kind === 'create' && /\.(test|spec)\.ts$/.test(path) ? [path] : [],
    );
    return newErrors(await before, await errorsOf(service, root, tsconfig, tests));
  }
}

/**
 * What the compiler says by a tsconfig, of `more` files as well: tests are often left out of it, ours are checked all the
 * same. Declarations of packages are taken as they are. Without the folder of the copy.
 */
async function errorsOf(
  service: Service,
  root: string,
  tsconfig: RelPath,
  more: readonly RelPath[],
): Promise<readonly string[]> {
  const folder = join(root, dirname(tsconfig));
  const own = join(folder, 'tsconfig.corpus.json');
  const { config } = ts.readConfigFile(join(root, tsconfig), (path) => ts.sys.readFile(path)) as {
    readonly config?: Readonly<{ include?: readonly string[]; files?: readonly string[] }>;
  };
  const named = config?.include ?? config?.files ?? ['**/*'];
  const ours = [service.app.file, ...more].map((path) => relative(folder, join(root, path)));
  const compilerOptions = {
    noEmit: true,
    skipLibCheck: true,
    rootDir: '/',
    composite: false,
    incremental: false,
  };
  const json = { extends: `./${basename(tsconfig)}`, compilerOptions, references: [] };
  // What is excluded stays so, but for the tests, which are named one by one.
  writeFileSync(own, JSON.stringify({ ...json, files: ours, include: named }));
  const errors = await typeErrors(root, relative(root, own) as RelPath);
  rmSync(own);
  return errors.map((line) => line.replaceAll(`${root}/`, ''));
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
