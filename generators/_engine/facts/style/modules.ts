import type { ModuleFact } from '../../model/code-facts.ts';
import { joinRel, type RelPath } from '../../model/paths.ts';
import type { Repo } from '../../model/repo.ts';
import type { ServiceHead } from '../../model/service.ts';
import { openSurvey, type Survey } from '../../program/survey.ts';
import { specifiersOf } from '../../syntax/imports.ts';
import { ts } from '../../syntax/tree.ts';
import { testsResolveJs } from '../testing.ts';
import { withoutGenerated } from '../../program/survey.ts';

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
    // What only tests use, the runtime may not know.
    aliases: usedAliases(survey, usedBySource),
    tsconfig: path,
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
