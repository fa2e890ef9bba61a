import type { LayoutFact } from '../../model/code-facts.ts';
import { basenameRel, dirnameRel, joinRel, relativeRel, type RelPath } from '../../model/paths.ts';
import type { ImportWant } from '../../model/code-facts.ts';
import type { Service } from '../../model/service.ts';
import { specifiersOf } from '../../syntax/imports.ts';
import { printString } from '../../syntax/print.ts';
import { parseSource } from '../../syntax/tree.ts';

/** Kinds of files by where they go. */
export type FileKind = 'utils' | 'middleware' | 'routes' | 'plugins' | 'test';

/**
 * Path of a new file: in the folder of its kind, cased and suffixed as its siblings are. `name` is in kebab-case.
 * Tests keep their kebab-case name, since runners select them by it.
 */
export function placeFile(service: Pick<Service, 'layout'>, kind: FileKind, name: string): RelPath {
  const { layout } = service;
  const [dir, suffix] = placeOf(layout, kind);
  const casing = suffix.startsWith('.') ? layout.dottedCasing : layout.casing;
  const stem = kind === 'test' ? name : cased(name, casing);
  return joinRel(dir, `${stem}${suffix}.ts`);
}

function placeOf(layout: LayoutFact, kind: FileKind): readonly [dir: RelPath, suffix: string] {
  switch (kind) {
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
  const { dir, place, suffix } = service.layout.tests;
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
  const { aliases } = service.modules;
  const target = toFile.replace(/\.ts$/, '');
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
  const isOwn = ({ from }: ImportWant): boolean => /\.[cm]?tsx?$/.test(from);
  const unique = [...new Map(wants.map((want) => [JSON.stringify(want), want])).values()];
  const packages = unique.filter((want) => !isOwn(want));
  const own = unique.filter(isOwn).map((want) => {
    return { ...want, from: importSpecifier(service, file, want.from as RelPath) };
  });
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
