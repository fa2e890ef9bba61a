import { findNodeAtLocation, parse, parseTree } from 'jsonc-parser';

import type { SharedPackage } from '../model/code-facts.ts';
import { dirnameRel, joinRel, relativeRel, type RelPath, toRel } from '../model/paths.ts';
import { render } from '../render/render.ts';
import type { Service } from '../model/service.ts';
import type { TextChange } from '../model/text-change.ts';
import { packageIn, sharedDescription } from '../repo/shared-packages.ts';
import type { Draft } from '../repo/draft.ts';
import { isRecord, isShallow, readManifest } from '../repo/manifest.ts';
import { printString } from '../syntax/print.ts';
import { ensureDependency } from './ensure-dependency.ts';

/**
 * Makes the package that a service shares where it is missing, as a part of the workspace, and has the service depend on
 * it. Nothing for a service with copies of its own.
 */
export function ensureSharedPackage(draft: Draft, service: Service): void {
  const { shared } = service.layout;
  if (shared === undefined) return;
  if (packageIn(draft.repo, shared.dir) === undefined) createPackage(draft, service, shared);
  const range = linkRange(draft, service, shared);
  const want = { name: shared.name, range, section: 'dependencies' } as const;
  draft.patch(service.manifest.path, 'manifest', (base) => ensureDependency(base, want));
}

/** How a manifest depends on a package of its own workspace, or of a folder beside it. */
function linkRange(draft: Draft, { dir, tooling }: Service, shared: SharedPackage): string {
  if (!hasWorkspace(draft)) return `file:${relativeRel(dir, shared.dir)}`;
  const berry = draft.repo.read(toRel('.yarnrc.yml')) !== undefined;
  const { packageManager } = tooling;
  const isStar = packageManager === 'npm' || (packageManager === 'yarn' && !berry);
  return isStar ? '*' : 'workspace:*';
}

function hasWorkspace({ repo }: Draft): boolean {
  const workspaces = readManifest(repo, toRel('package.json'))?.json['workspaces'];
  return workspaces !== undefined || repo.read(workspaceFile) !== undefined;
}

const workspaceFile = toRel('pnpm-workspace.yaml');

function createPackage(draft: Draft, service: Service, { dir, name }: SharedPackage): void {
  const { layout, manifest, style, testing } = service;
  const usual = usualScripts[testing.runner];
  const own = {
    name,
    version: '0.0.0',
    description: sharedDescription,
    private: true,
    type: manifest.type,
    exports: { './*': { types: './dist/*.d.ts', default: './dist/*.js' } },
    scripts: {
      build: 'tsc -p tsconfig.build.json',
      ...(usual === undefined ? {} : { test: manifest.scripts['test'] ?? usual }),
    },
    ...toolsOf(draft, service),
  };
  draft.create(joinRel(dir, 'package.json'), 'manifest', json(own));
  createConfigs(draft, service, dir);
  // One further up in the workspace would be that of the services.
  if (testing.runner === 'vitest') {
    const include = `include: [${printString(`test/**/*${layout.tests.suffix}.ts`)}]`;
    const options = [...(testing.globals ? ['globals: true'] : []), include].join(', ');
    const text = render('_shared/vitest-config.ts.hbs', { options }, style);
    draft.create(joinRel(dir, 'vitest.config.ts'), 'unit-test', text);
  }
  addToWorkspace(draft, dir);
  addReference(draft, dir);
  if (usual === undefined && testing.runner !== 'none')
    draft.note(`${dir} has no tests: ${testing.runner} needs a configuration of its own there.`);
  draft.note(`Build ${dir} before the services that use it: ${buildCommand(service, dir)}`);
}

/** Of runners that need no configuration of a package. */
const usualScripts: Readonly<Partial<Record<Service['testing']['runner'], string>>> = {
  vitest: 'vitest run',
  'node:test': 'node --import tsx --test "test/**/*.test.ts"',
};

/** One for editors and tests, and one that builds. */
function createConfigs(draft: Draft, service: Service, dir: RelPath): void {
  const { testing } = service;
  const base = baseConfig(draft, service);
  const compiler = { module: 'NodeNext', moduleResolution: 'NodeNext', noEmit: true };
  const config =
    base === undefined
      ? { compilerOptions: { target: 'ES2022', strict: true, skipLibCheck: true, ...compiler } }
      : { extends: relativeRel(dir, base), compilerOptions: compiler };
  draft.create(
    joinRel(dir, 'tsconfig.json'),
    'manifest',
    json({
      ...config,
      include: ['src', 'test', ...(testing.runner === 'vitest' ? ['vitest.config.ts'] : [])],
    }),
  );
  const emitted = { rootDir: 'src', outDir: 'dist', noEmit: false, declaration: true };
  draft.create(
    joinRel(dir, 'tsconfig.build.json'),
    'manifest',
    json({ extends: './tsconfig.json', compilerOptions: emitted, include: ['src'] }),
  );
}

/** What compiles and tests it, as the service has it: other packages are at the root. */
function toolsOf(draft: Draft, { manifest }: Service): Readonly<Record<string, unknown>> {
  const listed = readManifest(draft.repo, manifest.path)?.json['devDependencies'];
  const tools =
    /^(?:typescript|vitest|jest|ts-jest|@swc\/jest|@jest\/globals|tap|tsx|ts-node|@types\/(?:node|jest))$/;
  const own = Object.entries(isRecord(listed) ? listed : {}).filter(([name]) => tools.test(name));
  return own.length === 0 ? {} : { devDependencies: Object.fromEntries(own) };
}

/** The configuration that the service extends, where it is in the repository and outside of the service. */
function baseConfig({ repo }: Draft, { dir, modules }: Service): RelPath | undefined {
  const own = modules.tsconfig ?? joinRel(dir, 'tsconfig.json');
  const config = readJsonc(repo.read(own));
  const extended = isRecord(config) ? config['extends'] : undefined;
  if (typeof extended !== 'string' || !extended.startsWith('.')) return undefined;
  const path = joinRel(dirnameRel(own), extended);
  const isOutside = dir === '' || !path.startsWith(`${dir}/`);
  return isOutside && repo.read(path) !== undefined ? path : undefined;
}

/** Before the others: npm builds packages in this order. */
function addToWorkspace(draft: Draft, dir: RelPath): void {
  const isMatched = (glob: unknown): boolean => glob === dir || glob === `${dirnameRel(dir)}/*`;
  const root = toRel('package.json');
  const workspaces = readManifest(draft.repo, root)?.json['workspaces'];
  const globs = isRecord(workspaces) ? workspaces['packages'] : workspaces;
  const place = isRecord(workspaces) ? ['workspaces', 'packages'] : ['workspaces'];
  if (Array.isArray(globs) && !globs.some(isMatched))
    draft.patch(root, 'manifest', (base) => prepended(base, place, JSON.stringify(dir)));
  const isBlock = draft.repo.read(workspaceFile) !== undefined;
  if (isBlock) draft.patch(workspaceFile, 'manifest', (base) => listedFirst(base, dir, isMatched));
}

/** In the block of `packages`; flow style is for people to change. */
function listedFirst(
  base: string,
  dir: RelPath,
  isMatched: (glob: unknown) => boolean,
): readonly TextChange[] {
  const lines = base.split('\n');
  const head = lines.findIndex((line) => /^packages:\s*$/.test(line));
  const rest = head < 0 ? [] : lines.slice(head + 1);
  const end = rest.findIndex((line) => !/^\s*(?:[-#]|$)/.test(line));
  const items = (end < 0 ? rest : rest.slice(0, end)).filter((line) => /^\s*-/.test(line));
  const [first] = items;
  const globs = items.map((line) => /^\s*- *['"]?([^'"#\s]*)/.exec(line)?.[1]);
  if (first === undefined || globs.some(isMatched)) return [];
  const at = lines.slice(0, lines.indexOf(first, head)).join('\n').length + 1;
  const [indent = ''] = /^\s*/.exec(first) ?? [];
  return [{ start: at, end: at, text: `${indent}- ${dir}${first.endsWith('\r') ? '\r\n' : '\n'}` }];
}

/** Before the projects that use it, where a solution lists them. */
function addReference(draft: Draft, dir: RelPath): void {
  const root = toRel('tsconfig.json');
  const config = readJsonc(draft.repo.read(root));
  if (!isRecord(config) || !Array.isArray(config['references']) || config['references'].length === 0) return;
  draft.patch(root, 'manifest', (base) => {
    const tree = parseTree(base);
    const first = tree && findNodeAtLocation(tree, ['references', 0]);
    const path = tree && findNodeAtLocation(tree, ['references', 0, 'path']);
    if (first === undefined || path === undefined) return [];
    const [before, after] = [
      base.slice(first.offset, path.offset),
      base.slice(path.offset + path.length, first.offset + first.length),
    ];
    const item = `${before}${JSON.stringify(`${dir}/tsconfig.build.json`)}${after}`;
    return prepended(base, ['references'], item);
  });
}

function readJsonc(text: string | undefined): unknown {
  const isReadable = text !== undefined && isShallow(text);
  return isReadable ? (parse(text, [], { allowTrailingComma: true }) as unknown) : undefined;
}

/** An item in front of a list, spaced as the others are. */
function prepended(base: string, place: readonly string[], item: string): readonly TextChange[] {
  const root = parseTree(base);
  const list = root === undefined ? undefined : findNodeAtLocation(root, [...place]);
  const first = list?.children?.[0];
  if (list === undefined || first === undefined) return [];
  const gap = base.slice(list.offset + 1, first.offset);
  return [{ start: first.offset, end: first.offset, text: `${item},${gap === '' ? ' ' : gap}` }];
}

function buildCommand({ tooling }: Service, dir: RelPath): string {
  return {
    npm: `npm run build --workspace ${dir}`,
    pnpm: `pnpm --filter ./${dir} build`,
    yarn: `yarn --cwd ${dir} build`,
    bun: `bun run --cwd ${dir} build`,
  }[tooling.packageManager];
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
