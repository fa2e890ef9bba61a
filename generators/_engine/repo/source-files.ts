import { basenameRel, dirnameRel, isUnprintable, joinRel, type RelPath, toRel } from '../model/paths.ts';
import type { Entry, Repo } from '../model/repo.ts';
import { once } from '../model/run-caches.ts';

export const recordName = '.s2s.json';

/** The files of one service by what they are; repo paths, folder by folder from the top. */
export interface SourceFiles {
  /** Its own TypeScript: no tests, no declarations, no tool configuration. */
  readonly files: readonly RelPath[];
  readonly tests: readonly RelPath[];
  /** `.d.ts` */
  readonly declarations: readonly RelPath[];
  /** JavaScript, tool configuration aside. */
  readonly scripts: readonly RelPath[];
}

const maxFiles = 2_000;
const maxDepth = 12;
const testFolder = /^(tests?|__tests__|__mocks__|specs?|e2e)$/;
/** At the top of a package they show how it is used: their logins and routes are not the service's. */
const exampleFolder = /^examples?$/;

/** Lists the files of a package: not those of packages nested in it, and at most 2,000. */
export function listSources(repo: Repo, dir: RelPath): SourceFiles {
  const files: RelPath[] = [];
  let level: readonly RelPath[] = [dir];
  for (let depth = 0; depth <= maxDepth && level.length > 0 && files.length < maxFiles; depth += 1) {
    const next: RelPath[] = [];
    for (const folder of level) {
      const entries = repo.list(folder);
      for (const entry of entries) {
        if (entry.kind === 'file' && /\.[cm]?[jt]s$/.test(entry.name))
          files.push(joinRel(folder, entry.name));
        else if (isSourceFolder(entry) && !(depth === 0 && exampleFolder.test(entry.name))) {
          const path = joinRel(folder, entry.name);
          if (!isPackage(repo, path)) next.push(path);
        }
      }
    }
    level = next;
  }
  return sortOut(repo, dir, files.slice(0, maxFiles));
}

/** Tells a test from its name and folders; `path` is below `dir`. */
function isTest(dir: RelPath, path: RelPath): boolean {
  const below = path.slice(dir === '' ? 0 : dir.length + 1);
  return (
    /[.-](test|spec|e2e|bench)\.[cm]?[jt]s$/.test(below) ||
    below
      .split('/')
      .slice(0, -1)
      .some((part) => testFolder.test(part))
  );
}

function sortOut(repo: Repo, dir: RelPath, all: readonly RelPath[]): SourceFiles {
  const tests = all.filter((path) => isTest(dir, path) && /\.[cm]?ts$/.test(path));
  const rest = all.filter((path) => !isTest(dir, path) && !isToolConfig(repo, dir, path));
  const declarations = rest.filter((path) => /\.d\.[cm]?ts$/.test(path));
  return {
    files: rest.filter((path) => /\.[cm]?ts$/.test(path) && !/\.d\.[cm]?ts$/.test(path)),
    tests,
    declarations,
    scripts: rest.filter((path) => /\.[cm]?js$/.test(path)),
  };
}

/** What reads a `<name>.config.ts` or `<name>.setup.ts` from any folder. */
const tools = new Set(
  [
    'astro ava babel biome codegen commitlint cucumber cypress docusaurus drizzle esbuild eslint global graphql jest',
    'karma knex knip lint-staged metro mikro-orm mocha next nuxt nyc openapi openapi-ts orval playwright postcss',
    'prettier prisma release rollup rspack sanity serverless sst storybook stryker svelte swc tailwind test tests',
    'tsdown tsup turbo typedoc unbuild vite vitepress vitest wdio webpack',
  ].flatMap((line) => line.split(' ')),
);

/**
 * Most tools are configured at the top of a package, where a file that mentions Fastify is the service's all the same.
 * Below it only files with the name of a tool are: `src/config/auth.config.ts` is the service's.
 */
function isToolConfig(repo: Repo, dir: RelPath, path: RelPath): boolean {
  const name = basenameRel(path);
  if (/^(gulpfile|gruntfile|\.)/i.test(name)) return true;
  if (!/\.(config|setup|workspace)\.[cm]?[jt]s$/.test(name)) return false;
  if (tools.has(name.slice(0, name.indexOf('.')))) return true;
  return dirnameRel(path) === dir && repo.read(path)?.includes('fastify') !== true;
}

/** A package.json without a name only sets the module type of a folder. */
function isPackage(repo: Repo, dir: RelPath): boolean {
  return repo.read(joinRel(dir, 'package.json'))?.includes('"name"') === true;
}

const maxPackageDepth = 6;
const maxEntries = 1_000_000;
const skipped = new Set(['node_modules', 'dist', 'build', 'coverage', 'out', 'vendor']);

/** A folder that holds neither dependencies nor output, and is not hidden. */
function isSourceFolder({ kind, name }: Entry): boolean {
  return kind === 'directory' && !skipped.has(name) && !name.startsWith('.');
}

/** Where the packages of a repo are: paths of each package.json, and of each record in a package or where one was. */
export interface PackageFiles {
  readonly manifests: readonly RelPath[];
  readonly records: readonly RelPath[];
}

/**
 * Every package.json and record of the repo on disk, nearest to the root first. Looks at the folders themselves, not at
 * the `workspaces` field: plain folders of packages count too. At most 6 levels and a million entries are looked at.
 */
export function findPackageFiles(repo: Repo): PackageFiles {
  // No plan creates or deletes a package.json: their paths depend on the disk alone.
  return packageFilesOf(repo.origin);
}

const packageFilesOf = once((disk: Repo): PackageFiles => {
  const found = findFilesNamed(disk, /^(?:package|\.s2s)\.json$/);
  const isRecordPath = (path: RelPath): boolean => basenameRel(path) === recordName;
  return { manifests: found.filter((path) => !isRecordPath(path)), records: found.filter(isRecordPath) };
});

/** Every file of such a name, in the folders where a package.json is looked for; nearest to the root first. */
export function findFilesNamed(repo: Repo, pattern: RegExp): readonly RelPath[] {
  const found: RelPath[] = [];
  let level: readonly RelPath[] = [toRel('')];
  let seen = 0;
  for (let depth = 0; depth <= maxPackageDepth && level.length > 0; depth += 1) {
    const next: RelPath[] = [];
    for (const dir of level) {
      const entries = repo.list(dir);
      seen += entries.length;
      if (seen > maxEntries) return found;
      const files = entries.filter(({ kind, name }) => kind === 'file' && pattern.test(name));
      found.push(...files.map(({ name }) => joinRel(dir, name)));
      // Folders with unprintable names are not searched for services.
      const folders = entries.filter((entry) => isSourceFolder(entry) && !isUnprintable(entry.name));
      next.push(...folders.map(({ name }) => joinRel(dir, name)));
    }
    level = next;
  }
  return found;
}
