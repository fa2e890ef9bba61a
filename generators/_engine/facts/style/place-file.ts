import type { ImportWant, LayoutFact, ModuleFact } from '../../model/code-facts.ts';
import { basenameRel, dirnameRel, joinRel, relativeRel, type RelPath } from '../../model/paths.ts';
import type { Service, ServiceHead } from '../../model/service.ts';
import { specifiersOf } from '../../syntax/symbols.ts';
import { printString } from '../../syntax/print.ts';
import { parseSource, ts } from '../../syntax/tree.ts';
import type { Repo } from '../../model/repo.ts';
import { openSurvey, type Survey, withoutGenerated } from '../../program/survey.ts';
import { findShared, isIn, sharedSource, sharedSpecifier } from '../../repo/shared-packages.ts';
import { testsResolveJs } from '../tooling.ts';

/** Kinds of files by where they go; `shared` are utilities that a package of the workspace has instead of the service. */
export type FileKind = 'shared' | 'utils' | 'middleware' | 'routes' | 'plugins' | 'test';

/**
 * Path of a new file: in the folder of its kind, cased and suffixed as its siblings are. `name` is in kebab-case.
 * Tests keep their kebab-case name, since runners select them by it.
 */
export function placeFile(service: Pick<Service, 'layout'>, kind: FileKind, name: string): RelPath {
  const { layout } = service;
  if (kind === 'shared' && layout.shared !== undefined)
    return joinRel(layout.shared.dir, sharedSource, `${name}.ts`);
  const [dir, suffix] = placeOf(layout, kind);
  const casing = suffix.startsWith('.') ? layout.dottedCasing : layout.casing;
  const stem = kind === 'test' ? name : cased(name, casing);
  return joinRel(dir, `${stem}${suffix}.ts`);
}

function placeOf(layout: LayoutFact, kind: FileKind): readonly [dir: RelPath, suffix: string] {
  switch (kind) {
    case 'shared':
    case 'utils':
      return [layout.utilsDir, ''];
    case 'middleware':
      return [layout.middlewareDir, layout.middlewareSuffix];
    case 'routes':
      return [layout.routesDir, layout.routeSuffix];
    case 'plugins':
      return [layout.pluginsDir, layout.pluginSuffix];
    case 'test':
      return [layout.tests.dir, layout.tests.suffix];
  }
}

/** An autoloaded folder registers what is put there by itself. */
export function isAutoloaded({ app }: Pick<Service, 'app'>, file: RelPath): boolean {
  return app.autoload.some(({ dir }) => file.startsWith(`${dir}/`));
}

/**
 * Path of the test `name` (kebab-case) of a source file, where the service has its tests; never in a folder that
 * @fastify/autoload would load it from.
 */
export function testFileFor(
  service: Pick<Service, 'layout' | 'app'>,
  sourceFile: RelPath,
  name: string,
): RelPath {
  const { shared, tests } = service.layout;
  const { dir, place, suffix } = tests;
  if (shared !== undefined && isIn(shared, sourceFile))
    return joinRel(shared.dir, 'test', `${name}${suffix}.ts`);
  if (place === 'folder' || isAutoloaded(service, sourceFile)) return placeFile(service, 'test', name);
  const folder = place === 'nested' ? basenameRel(dir) : '.';
  return joinRel(dirnameRel(sourceFile), folder, `${name}${suffix}.ts`);
}

/**
 * What `fromFile` writes to import `toFile`: through an alias when the service uses one for that folder. `extension` is
 * that of a new file; a file that is there has its own.
 */
export function importSpecifier(
  service: Pick<Service, 'modules'>,
  fromFile: RelPath,
  toFile: RelPath,
  extension = service.modules.newExtension,
): string {
  const { aliases, shared } = service.modules;
  const target = toFile.replace(/\.ts$/, '');
  if (shared !== undefined && isIn(shared, toFile)) return sharedSpecifier(shared, fromFile, toFile);
  const alias = aliases.find(({ dir }) => dir === '' || toFile.startsWith(`${dir}/`));
  // `#app/` is known to the whole package.
  const isInside =
    alias !== undefined &&
    (alias.dir === '' || alias.prefix.startsWith('#') || fromFile.startsWith(`${alias.dir}/`));
  if (isInside) {
    const below = target.slice(alias.dir === '' ? 0 : alias.dir.length + 1);
    return `${alias.prefix}${below}${alias.extended === true ? '' : extension}`;
  }
  const relative = relativeRel(dirnameRel(fromFile), joinRel(`${target}.ts`)).replace(/\.ts$/, '');
  return `${relative.startsWith('.') ? '' : './'}${relative}${extension}`;
}

/** What a file with imports of its own writes: relative, where they all are, though other files use an alias. */
export function importSpecifierIn(
  base: string,
  service: Pick<Service, 'modules'>,
  fromFile: RelPath,
  toFile: RelPath,
): string {
  const { modules } = service;
  const specifiers = specifiersOf(parseSource(fromFile, base));
  const usesAlias = specifiers.some((one) => modules.aliases.some(({ prefix }) => one.startsWith(prefix)));
  const isRelative = !usesAlias && specifiers.some((one) => one.startsWith('.'));
  const aliases = isRelative ? [] : modules.aliases;
  return importSpecifier({ modules: { ...modules, aliases } }, fromFile, toFile, modules.extension);
}

/** What an `import()` in `fromFile` takes: Node resolves it as ESM does, in CommonJS too. */
export function dynamicSpecifier(
  service: Pick<Service, 'modules'>,
  fromFile: RelPath,
  toFile: RelPath,
): string {
  const specifier = importSpecifier(service, fromFile, toFile);
  const { newExtension, strictResolution } = service.modules;
  return strictResolution && newExtension === '' && specifier.startsWith('.') ? `${specifier}.js` : specifier;
}

function cased(name: string, casing: LayoutFact['casing']): string {
  const words = name.split('-');
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  switch (casing) {
    case 'kebab':
      return name;
    case 'snake':
      return words.join('_');
    case 'pascal':
      return words.map(capital).join('');
    case 'camel':
      return words.map((word, index) => (index === 0 ? word : capital(word))).join('');
  }
}

/**
 * Import statements for a new file, in the canonical style of templates: packages first, then the service's own
 * files, each group by specifier. A want whose `from` is a path of the service becomes the specifier it uses; the same
 * want twice is one.
 */
export function importLines(
  service: Service,
  file: RelPath,
  wants: readonly ImportWant[],
): readonly string[] {
  const isFile = ({ from }: ImportWant): boolean => /\.[cm]?tsx?$/.test(from);
  const { shared } = service.modules;
  const isOwn = (want: ImportWant): boolean =>
    isFile(want) && (isIn(shared, file) || !isIn(shared, want.from as RelPath));
  const written = (want: ImportWant): ImportWant =>
    isFile(want) ? { ...want, from: importSpecifier(service, file, want.from as RelPath) } : want;
  const unique = [...new Map(wants.map((want) => [JSON.stringify(want), want])).values()];
  const packages = unique.filter((want) => !isOwn(want)).map(written);
  const own = unique.filter(isOwn).map(written);
  return [...packages.sort(bySpecifier).map(importLine), ...own.sort(bySpecifier).map(importLine)];
}

function importLine({ from, default: main, names = [], typeOnly }: ImportWant): string {
  const named = names.length === 0 ? [] : [`{ ${names.join(', ')} }`];
  const clause = [...(main === undefined ? [] : [main]), ...named].join(', ');
  return `import ${typeOnly === true ? 'type ' : ''}${clause} from ${printString(from)};`;
}

function bySpecifier(a: ImportWant, b: ImportWant): number {
  return a.from < b.from ? -1 : 1;
}

/** How the modules of a service are written and emitted. Never throws for a missing tsconfig. */
export function surveyModules(repo: Repo, head: ServiceHead): ModuleFact {
  const survey = withoutGenerated(openSurvey(repo, head));
  const { options, path } = survey.tsconfig;
  const system = moduleSystem(survey);
  const used = [...survey.files, ...survey.tests].flatMap((file) => specifiersOf(survey.tree(file)));
  const usedBySource = survey.files.flatMap((file) => specifiersOf(survey.tree(file)));
  const extension = usualExtension(survey, used, system);
  return {
    system,
    extension,
    newExtension: system === 'cjs' && extension === '.js' && !testsResolveJs(survey) ? '' : extension,
    typeImports: options['verbatimmodulesyntax'] === true || prefersTypeImports(survey),
    esModuleInterop: hasInterop(survey, system),
    strictResolution: /^node(16|18|20|next)$/.test(resolutionOption(survey)),
    readsExports: /^(?:node(?:16|18|20|next)|bundler|preserve)$/.test(resolutionOption(survey)),
    // What only tests use, the runtime may not know.
    aliases: usedAliases(survey, usedBySource),
    tsconfig: path,
    shared: findShared(repo, head.manifest),
  };
}

function moduleOption({ tsconfig: { options } }: Survey): string {
  const option = options['module'];
  if (typeof option === 'string') return option;
  const target = options['target'];
  return typeof target !== 'string' || /^es[35]$/.test(target) ? 'commonjs' : 'es2015';
}

function resolutionOption(survey: Survey): string {
  const option = survey.tsconfig.options['moduleresolution'];
  return typeof option === 'string' ? option : moduleOption(survey);
}

function moduleSystem(survey: Survey): ModuleFact['system'] {
  const byPackage = survey.head.manifest.type === 'module' ? 'esm' : 'cjs';
  const option = moduleOption(survey);
  if (survey.tsconfig.path === undefined || option.startsWith('node')) return byPackage;
  return option.startsWith('es') || option === 'preserve' ? 'esm' : 'cjs';
}

function hasInterop(survey: Survey, system: ModuleFact['system']): boolean {
  const { options, path } = survey.tsconfig;
  const option = moduleOption(survey);
  if (typeof options['esmoduleinterop'] === 'boolean') return options['esmoduleinterop'];
  // With ESM output the runtime makes the default export; the compiler only has to allow the import.
  const allowed =
    options['moduleresolution'] === 'bundler' || options['allowsyntheticdefaultimports'] === true;
  return (
    path === undefined || option.startsWith('node') || option === 'preserve' || (system === 'esm' && allowed)
  );
}

function usualExtension(
  survey: Survey,
  used: readonly string[],
  system: ModuleFact['system'],
): ModuleFact['extension'] {
  const isOwn = (specifier: string): boolean =>
    specifier.startsWith('.') ||
    survey.tsconfig.aliases.some(({ extended, prefix }) => extended !== true && specifier.startsWith(prefix));
  const own = used.filter((specifier) => isOwn(specifier) && !/\.(json|css)$/.test(specifier));
  const js = own.filter((specifier) => /\.[cm]?js$/.test(specifier)).length;
  const tsCount = own.filter((specifier) => /\.[cm]?ts$/.test(specifier)).length;
  const bare = own.length - js - tsCount;
  if (own.length === 0) return system === 'esm' && moduleOption(survey).startsWith('node') ? '.js' : '';
  if (tsCount > js && tsCount > bare) return '.ts';
  return js >= bare && js > 0 ? '.js' : '';
}

const typeNames = new Set([
  'FastifyInstance',
  'FastifyRequest',
  'FastifyReply',
  'FastifyPluginAsync',
  'FastifyPluginOptions',
  'FastifyPluginCallback',
]);

/** Votes with the imports of Fastify's types, which every service has. */
function prefersTypeImports(survey: Survey): boolean {
  let marked = 0;
  let plain = 0;
  for (const file of survey.filesMatching(/from\s+['"]fastify['"]/)) {
    for (const statement of survey.tree(file).statements) {
      if (!ts.isImportDeclaration(statement)) continue;
      const clause = statement.importClause;
      const bindings = clause?.namedBindings;
      if (clause === undefined || bindings === undefined || !ts.isNamedImports(bindings)) continue;
      for (const { isTypeOnly, name } of bindings.elements) {
        if (!typeNames.has(name.text)) continue;
        if (isTypeOnly || clause.phaseModifier === ts.SyntaxKind.TypeKeyword) marked += 1;
        else plain += 1;
      }
    }
  }
  return marked > 0 && marked >= plain;
}

/** Aliases into the service itself, when it uses them at least as often as `../`. */
function usedAliases(survey: Survey, used: readonly string[]): ModuleFact['aliases'] {
  const { aliases, baseUrl } = survey.tsconfig;
  const isOwn = (dir: RelPath): boolean =>
    survey.files.some((file) => dir === '' || file.startsWith(`${dir}/`));
  const known = aliases.flatMap(({ prefix, dirs, extended }) => {
    const dir = dirs.find(
      (one) =>
        isOwn(one) &&
        (survey.head.dir === '' || one.startsWith(`${survey.head.dir}/`) || one === survey.head.dir),
    );
    return dir === undefined ? [] : [{ prefix, dir, ...(extended === true && { extended }) }];
  });
  const fromBase = baseUrl === undefined ? [] : baseFolders(survey, baseUrl);
  const counted = [...known, ...fromBase].map((alias) => ({
    alias,
    count: used.filter((one) => one.startsWith(alias.prefix)).length,
  }));
  const total = counted.reduce((sum, { count }) => sum + count, 0);
  const climbing = used.filter((specifier) => specifier.startsWith('../')).length;
  if (total === 0 || total < climbing) return [];
  return counted
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
    .map(({ alias }) => alias);
}

/** `baseUrl` makes each folder below it an alias of its own: `src/…`. */
function baseFolders({ repo }: Survey, baseUrl: RelPath): ModuleFact['aliases'] {
  return repo
    .list(baseUrl)
    .filter(({ kind, name }) => kind === 'directory' && name !== 'node_modules' && !name.startsWith('.'))
    .map(({ name }) => ({ prefix: `${name}/`, dir: joinRel(baseUrl, name) }));
}
