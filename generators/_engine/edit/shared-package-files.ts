import { parse } from 'jsonc-parser';

import type { SharedPackage } from '../model/code-facts.ts';
import { attempt } from '../model/obstacle.ts';
import { dirnameRel, joinRel, relativeRel, type RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import type { Service } from '../model/service.ts';
import { render } from '../render/render.ts';
import type { Draft } from '../repo/draft.ts';
import { isRecord, isShallow, readManifest } from '../repo/manifest.ts';
import { sharedDescription } from '../repo/shared-packages.ts';
import { entryOf, type Sibling } from '../repo/sibling-packages.ts';
import { printString } from '../syntax/print.ts';
import { jestConfig, jestTransform, noteJestSettings } from './shared-package-jest.ts';

type Json = Readonly<Record<string, unknown>>;

/** Of whom a package is made, and for whom. */
interface Making {
  readonly draft: Draft;
  readonly service: Service;
  readonly shared: SharedPackage;
  /** The package that it is to look like; undefined where the repository has none yet. */
  readonly sibling: Sibling | undefined;
  /** Another project refers to it: it is compiled as a part of that. */
  readonly isReferenced: boolean;
}

/** Makes the manifest and the configurations of a package: as its sibling is made, else compiled by `tsc` into `dist`. */
export function createPackageFiles(making: Making): void {
  const { draft, service, shared } = making;
  const { layout, style, testing } = service;
  draft.create(joinRel(shared.dir, 'package.json'), 'manifest', json(manifestOf(making)));
  createConfigs(making);
  // One further up in the workspace would be that of the services.
  if (testing.runner === 'vitest') {
    const include = `include: [${printString(`test/**/*${layout.tests.suffix}.ts`)}]`;
    const options = [...(testing.globals ? ['globals: true'] : []), include].join(', ');
    const text = render('_shared/vitest-config.ts.hbs', { options }, style);
    draft.create(joinRel(shared.dir, 'vitest.config.ts'), 'unit-test', text);
  }
  const test = testScript(making);
  if (test === 'jest') noteJestSettings(draft, service, shared);
  if (test === undefined && testing.runner !== 'none')
    draft.note(`${shared.dir} has no tests: ${testing.runner} needs a configuration of its own there.`);
}

function manifestOf(making: Making): Json {
  const { service, shared } = making;
  const isSource = isSourceOnly(making);
  const test = testScript(making);
  const tools = toolsOf(making);
  return {
    name: shared.name,
    version: '0.0.0',
    description: sharedDescription,
    private: true,
    type: shared.type,
    exports: { './*': exportedPaths(making) },
    // Compilers that resolve as Node 10 did read no `exports`.
    ...(service.modules.readsExports || isSource
      ? {}
      : { typesVersions: { '*': { '*': [`./${outDirOf(making)}/*.d.ts`] } } }),
    scripts: {
      ...(isSource ? {} : { build: 'tsc -p tsconfig.build.json' }),
      ...scriptsLike(making),
      ...(test === undefined ? {} : { test }),
    },
    ...(test === 'jest' ? { jest: jestConfig(making.draft.repo, service) } : {}),
    ...(Object.keys(tools).length === 0 ? {} : { devDependencies: tools }),
  };
}

/** Services compile it themselves, as they do its sibling. */
export function isSourceOnly({ sibling }: Pick<Making, 'sibling'>): boolean {
  const [first] = sibling?.isUsedHere === true ? pathsIn(entryOf(sibling.json)) : [];
  return sibling !== undefined && first !== undefined && pathsIn(entryOf(sibling.json)).every(isTypeScript);
}

/** Paths of an entry that are no declarations' alone. */
function pathsIn(entry: unknown): readonly string[] {
  if (typeof entry === 'string') return [entry];
  if (!isRecord(entry)) return [];
  return Object.values(entry).flatMap(pathsIn);
}

function isTypeScript(path: string): boolean {
  return /(?<!\.d)\.[cm]?ts$/.test(path);
}

/** Output of the sibling: the first folder of what it exports. */
function outDirOf({ sibling }: Pick<Making, 'sibling'>): string {
  const compiled = sibling === undefined ? [] : pathsIn(entryOf(sibling.json));
  const folders = compiled.map((path) => /^(?:\.\/)?(dist|lib|build|out)\/.*\.[cm]?js$/.exec(path)?.[1]);
  return folders.find((folder) => folder !== undefined) ?? 'dist';
}

/** Conditions by which its sibling leads to its sources, then what is compiled. */
function exportedPaths(making: Making): Json | string {
  const source = './src/*.ts';
  if (isSourceOnly(making)) return source;
  const out = outDirOf(making);
  const { sibling } = making;
  const entry = sibling?.isUsedHere === true ? entryOf(sibling.json) : undefined;
  const toSource = Object.entries(isRecord(entry) ? entry : {})
    .filter(([name, path]) => !isStandard.test(name) && typeof path === 'string' && isTypeScript(path))
    .map(([name]): [string, string] => [name, source]);
  return { ...Object.fromEntries(toSource), types: `./${out}/*.d.ts`, default: `./${out}/*.js` };
}

const isStandard = /^(?:types|import|require|node|default|module|browser|\..*)$/;

/** Of runners that need no configuration that the engine does not write. */
function testScript({ draft, service, shared }: Making): string | undefined {
  const { layout, manifest, testing, tooling } = service;
  const own = manifest.scripts['test'];
  if (testing.runner === 'vitest') return own ?? 'vitest run';
  if (testing.runner === 'jest')
    return shared.type === 'commonjs' && jestTransform(draft.repo, service) !== undefined
      ? 'jest'
      : undefined;
  if (testing.runner !== 'node:test') return undefined;
  const flags = tooling.runTypeScript ?? ['--import', 'tsx'];
  // The shell expands it: Node 20 does not.
  return `node ${flags.join(' ')} --test test/*${layout.tests.suffix}.ts`;
}

/** Scripts that a task runner calls in every package. */
function scriptsLike({ draft, sibling, ...making }: Making): Readonly<Record<string, string>> {
  const scripts = Object.entries(sibling?.manifest.scripts ?? {}).flatMap(([name, script]) => {
    if (/^(?:type-?check|check[-:]types|types:check|tsc)$/.test(name)) return [[name, 'tsc --noEmit']];
    const isWatch = name === 'dev' && /^tsc\b.*\s(?:--watch|-w)\b/.test(script);
    if (isWatch && !isSourceOnly({ sibling })) return [[name, 'tsc -p tsconfig.build.json --watch']];
    // With a configuration of its own, a linter would find none here.
    const isBare = name === 'lint' && /^(?:eslint|biome|oxlint)\b[\w .:=-]*$/.test(script);
    return isBare && !hasLintConfig(draft.repo, sibling?.dir ?? making.shared.dir) ? [[name, script]] : [];
  });
  return Object.fromEntries(scripts) as Record<string, string>;
}

function hasLintConfig(repo: Repo, dir: RelPath): boolean {
  return repo.list(dir).some(({ name }) => /^(?:eslint\.config\.\w+|\.eslintrc.*|biome\.jsonc?)$/.test(name));
}

/** One for editors and tests, and one that builds. */
function createConfigs(making: Making): void {
  const { draft, isReferenced, service, shared } = making;
  const base = baseConfig(making);
  const isMixed = shared.type === 'commonjs' && service.modules.system === 'esm';
  const compilerOptions = {
    ...(base === undefined ? { target: 'ES2022', strict: true, skipLibCheck: true } : {}),
    module: 'NodeNext',
    moduleResolution: 'NodeNext',
    // That of services that are ES modules refuses to compile CommonJS.
    ...(isMixed ? { verbatimModuleSyntax: false } : {}),
    ...(testScript(making) === 'jest' ? { isolatedModules: true } : {}),
    noEmit: true,
  };
  const config = { ...(base === undefined ? {} : { extends: base }), compilerOptions };
  const include = ['src', 'test', ...(service.testing.runner === 'vitest' ? ['vitest.config.ts'] : [])];
  draft.create(joinRel(shared.dir, 'tsconfig.json'), 'manifest', json({ ...config, include }));
  if (isSourceOnly(making)) return;
  const out = outDirOf(making);
  const emitted = {
    ...(isReferenced ? { composite: true, tsBuildInfoFile: `${out}/.tsbuildinfo` } : {}),
    ...{ rootDir: 'src', outDir: out, noEmit: false, declaration: true },
  };
  const build = { extends: './tsconfig.json', compilerOptions: emitted, include: ['src'] };
  draft.create(joinRel(shared.dir, 'tsconfig.build.json'), 'manifest', json(build));
}

/** What compiles and tests it, as the sibling and the service have it: other packages are at the root. */
function toolsOf({ draft, service, sibling }: Making): Readonly<Record<string, string>> {
  const listed = readManifest(draft.repo, service.manifest.path)?.json['devDependencies'];
  const own = isRecord(listed) ? listed : {};
  const others = sibling?.json['devDependencies'];
  const config = extendedBy(draft.repo, sibling?.dir)?.split('/', 2);
  const extended = config?.slice(0, config[0]?.startsWith('@') === true ? 2 : 1).join('/');
  const tools =
    /^(?:typescript|vitest|jest|ts-jest|@swc\/(?:jest|core)|@jest\/globals|tap|tsx|ts-node|@types\/(?:node|jest))$/;
  const all = { ...own, ...(isRecord(others) ? others : {}) };
  const wanted = Object.entries(all).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === 'string' && (tools.test(entry[0]) || entry[0] === extended),
  );
  return Object.fromEntries(wanted.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What its sibling extends, else what the service does where that is in the repository and outside of the service. */
function baseConfig({ draft: { repo }, service, shared, sibling }: Making): string | undefined {
  const ofSibling = extendedBy(repo, sibling?.dir);
  if (ofSibling !== undefined && !ofSibling.startsWith('.')) return ofSibling;
  const own = service.modules.tsconfig ?? joinRel(service.dir, 'tsconfig.json');
  const found = [
    outside(repo, sibling?.dir, ofSibling),
    outside(repo, service.dir, extendedIn(repo, own), dirnameRel(own)),
  ].find((path) => path !== undefined);
  return found === undefined ? undefined : relativeRel(shared.dir, found);
}

/** A configuration of the repository that is not in the package that extends it. */
function outside(
  repo: Repo,
  dir: RelPath | undefined,
  extended: string | undefined,
  from = dir,
): RelPath | undefined {
  if (dir === undefined || from === undefined || extended?.startsWith('.') !== true) return undefined;
  const path = attempt(() => joinRel(from, extended));
  const isOutside = path !== undefined && (dir === '' || !path.startsWith(`${dir}/`));
  return isOutside && repo.read(path) !== undefined ? path : undefined;
}

function extendedBy(repo: Repo, dir: RelPath | undefined): string | undefined {
  return dir === undefined ? undefined : extendedIn(repo, joinRel(dir, 'tsconfig.json'));
}

function extendedIn(repo: Repo, path: RelPath): string | undefined {
  const config = readJsonc(repo.read(path));
  const extended = isRecord(config) ? config['extends'] : undefined;
  return typeof extended === 'string' ? extended : undefined;
}

/** JSON with comments, as TypeScript's configurations are; undefined where there is none. */
export function readJsonc(text: string | undefined): unknown {
  const isReadable = text !== undefined && isShallow(text);
  return isReadable ? (parse(text, [], { allowTrailingComma: true }) as unknown) : undefined;
}

function json(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2);
  // As formatters print a list of texts that fits on a line.
  const short = text.replace(
    /\[\s+((?:"[^"]*",?\s*)+)\]/g,
    (_, items: string) => `[${items.trim().split(/,\s*/).join(', ')}]`,
  );
  return `${short}\n`;
}
