import { dirnameRel, joinRel, type RelPath } from '../../model/paths.ts';
import type { Repo } from '../../model/repo.ts';
import { attempt } from '../../model/obstacle.ts';
import { foundOnce, openSurvey, type Survey } from '../../program/survey.ts';
import { findWorkspacePackage, readManifest } from '../../repo/manifest.ts';
import { stringOf } from '../../syntax/expressions.ts';
import { ts } from '../../syntax/tree.ts';
import { findInstantiations } from './instantiations.ts';

const maxSiblings = 30;

/**
 * The packages of the repo that a service imports values from and that are about Fastify, with those that they import
 * likewise: what they decorate and register is on the service's application.
 */
export const siblingsOf = foundOnce((survey): readonly Survey[] => {
  const found = new Map<RelPath, Survey>();
  const queue = [survey];
  for (let at = queue.shift(); at !== undefined && found.size < maxSiblings; at = queue.shift())
    for (const specifier of importedPackages(at)) {
      const sibling = openSibling(survey.repo, specifier);
      if (sibling === undefined || sibling.head.dir === survey.head.dir || found.has(sibling.head.dir))
        continue;
      found.set(sibling.head.dir, sibling);
      queue.push(sibling);
    }
  const makesInstance = findInstantiations(survey).length > 0;
  return [...found.values()].filter((one) => isAboutFastify(one) && !(makesInstance && isApplication(one)));
});

function isAboutFastify(sibling: Survey): boolean {
  return sibling.filesMatching(/fastify|prom-client/i).length > 0;
}

/** Another service, whose code is imported for something else than its application: a client, constants. */
function isApplication(sibling: Survey): boolean {
  return sibling.filesMatching(/\.listen\s*\(/).length > 0;
}

/** The package of the repo behind a specifier; undefined for every other one. */
export function openSibling(repo: Repo, specifier: string): Survey | undefined {
  const named = findWorkspacePackage(repo, specifier);
  return named && surveyPackage(repo, named.dir);
}

function surveyPackage(repo: Repo, dir: RelPath): Survey | undefined {
  // Its obstacles are reported by its own survey.
  return attempt(() => {
    const manifest = readManifest(repo, joinRel(dir, 'package.json'));
    if (manifest === undefined) return undefined;
    const { json, ...rest } = manifest;
    return openSurvey(repo, {
      name: typeof json['name'] === 'string' ? json['name'] : dir,
      dir: dirnameRel(rest.path),
      manifest: rest,
    });
  });
}

/** Dependencies that a package's code imports more than types of. */
function importedPackages(survey: Survey): ReadonlySet<string> {
  const { dependencies } = survey.head.manifest;
  const internal = Object.keys(dependencies).filter(
    (name) => findWorkspacePackage(survey.repo, name) !== undefined,
  );
  const found = new Set<string>();
  if (internal.length === 0) return found;
  for (const file of survey.files) {
    const text = survey.text(file);
    if (!internal.some((name) => text.includes(name))) continue;
    for (const statement of survey.tree(file).statements) {
      const from = valuesFrom(statement);
      const name = internal.find((one) => from === one || from?.startsWith(`${one}/`) === true);
      if (name !== undefined) found.add(name);
    }
  }
  return found;
}

/** The specifier of an import or re-export that is more than types. */
function valuesFrom(statement: ts.Statement): string | undefined {
  if (ts.isExportDeclaration(statement))
    return statement.isTypeOnly ? undefined : stringOf(statement.moduleSpecifier);
  if (!ts.isImportDeclaration(statement)) return undefined;
  const clause = statement.importClause;
  const bindings = clause?.namedBindings;
  const onlyTypes =
    clause?.phaseModifier === ts.SyntaxKind.TypeKeyword ||
    (clause !== undefined &&
      clause.name === undefined &&
      bindings !== undefined &&
      ts.isNamedImports(bindings) &&
      bindings.elements.every(({ isTypeOnly }) => isTypeOnly));
  return onlyTypes ? undefined : stringOf(statement.moduleSpecifier);
}
