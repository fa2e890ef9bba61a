import { writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

import { execa } from 'execa';

import type { Edit, RelPath, Service } from '../../generators/_engine/contract.ts';
import { newErrors, typeErrors } from '../../generators/_engine/type-check.ts';

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
    const before = this.#errors.get(tsconfig) ?? withoutRoot(typeErrors(this.#root, tsconfig), this.#root);
    this.#errors.set(tsconfig, before);
    const after = await withoutRoot(typeErrors(root, tsconfig), root);
    const errors = newErrors(await before, after);
    return [...new Set([...errors, ...(await errorsOfTests(service, root, tsconfig, edits))])];
  }
}

/** Without the folder of the copy; a `rootDir` that the service's own tests are outside of is no fault of ours. */
async function withoutRoot(errors: Promise<readonly string[]>, root: string): Promise<readonly string[]> {
  return (await errors)
    .filter((line) => !line.includes('error TS6059'))
    .map((line) => line.replaceAll(`${root}/`, ''));
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
