import type { Obstacle } from '../model/obstacle.ts';
import { dirnameRel, joinRel, type RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import type { ServiceHead } from '../model/service.ts';
import type { TextChange } from '../model/text-change.ts';
import { ensureDependency } from '../edit/ensure-dependency.ts';
import type { Insertion } from './s2s-record.ts';
import { findWorkspacePackage, isRecord, readManifest } from '../repo/manifest.ts';
import { findSharedFolders } from '../repo/shared-packages.ts';
import { declaredMembers } from '../facts/app/declared-members.ts';
import { findReference, importOf, variablesIn } from '../facts/config/config.ts';
import { memberOf, stringOf, unwrap } from '../syntax/expressions.ts';
import { requiredModule } from '../syntax/symbols.ts';
import { openSurvey, type Survey } from '../program/survey.ts';
import { lineOf, ts, walk } from '../syntax/tree.ts';

/** A dependency that goes back in, because code that stays imports it. */
export interface KeptDependency {
  readonly changes: (base: string) => readonly TextChange[];
  readonly note: string;
}

/**
 * The dependencies that a package.json would lose although the service's other code uses them; `notFor` are those that
 * it used before they were added.
 */
export function keptDependencies(
  before: Repo,
  after: Repo,
  path: RelPath,
  heads: readonly ServiceHead[],
  notFor: ReadonlySet<string>,
): readonly KeptDependency[] {
  const [old, now] = [readManifest(before, path), readManifest(after, path)];
  const head = heads.find(({ dir }) => dir === dirnameRel(path));
  if (old === undefined || now === undefined || head === undefined) return [];
  return Object.entries(old.dependencies).flatMap(([name, range]): readonly KeptDependency[] => {
    if (now.dependencies[name] !== undefined || notFor.has(name)) return [];
    const script = Object.values(now.scripts).find((text) => text.split(/[\s;&|]+/).includes(name));
    const user =
      findReference(after, [head], importOf(name)) ?? (script === undefined ? undefined : 'a script');
    if (user === undefined) return [];
    const inDev = isRecord(old.json['devDependencies']) && name in old.json['devDependencies'];
    const section = inDev ? 'devDependencies' : 'dependencies';
    return [
      {
        changes: (base) => ensureDependency(base, { name, range, section }),
        note: `${name} stays in ${path}: ${user} uses it.`,
      },
    ];
  });
}

/** The insertions that list or declare a variable which other code mentions, with its name and a file that does. */
export function usedInsertions(
  repo: Repo,
  insertions: readonly Insertion[],
  heads: readonly ServiceHead[],
  except: ReadonlySet<string>,
  notFor: ReadonlySet<string>,
): ReadonlyMap<Insertion, Readonly<{ name: string; path: string }>> {
  const used = new Map<Insertion, Readonly<{ name: string; path: string }>>();
  for (const insertion of insertions) {
    for (const name of variablesOf(insertion)) {
      const path = findReference(repo, heads, new RegExp(`\\b${name}\\b`), except);
      if (path !== undefined && !notFor.has(name)) used.set(insertion, { name, path });
    }
  }
  return used;
}

function variablesOf({ replaced = '', text }: Insertion): readonly string[] {
  const before = new Set(variablesIn(replaced));
  return variablesIn(text).filter((name) => !before.has(name));
}

/** One obstacle for each import of a file that is to go, in a file that stays. `after` is the repo without them. */
export function findImporters(
  before: Repo,
  after: Repo,
  heads: readonly ServiceHead[],
  gone: ReadonlySet<string>,
): readonly Obstacle[] {
  return [...heads, ...sharedHeads(before)].flatMap((head) => {
    const { names } = openSurvey(before, head);
    const staying = openSurvey(after, head);
    return [...staying.files, ...staying.tests].flatMap((path) => {
      const tree = staying.tree(path);
      return specifiers(tree).flatMap(({ text, offset }) => {
        const target = names.module(path, text) ?? sharedModule(before, text);
        return target !== undefined && gone.has(target)
          ? [importedBy(path, lineOf(tree, offset), target)]
          : [];
      });
    });
  });
}

/** The packages that services share, as services are looked at. */
function sharedHeads(repo: Repo): readonly ServiceHead[] {
  return findSharedFolders(repo).flatMap((dir) => {
    const manifest = readManifest(repo, joinRel(dir, 'package.json'));
    return manifest === undefined ? [] : [{ name: dir, dir, manifest }];
  });
}

/** The file behind `s2s/service-client`. */
function sharedModule(repo: Repo, specifier: string): RelPath | undefined {
  const found = findWorkspacePackage(repo, specifier);
  const isShared = found !== undefined && findSharedFolders(repo).includes(found.dir);
  return isShared ? joinRel(found.dir, 'src', `${found.subpath}.ts`) : undefined;
}

function specifiers(tree: ts.SourceFile): readonly { text: string; offset: number }[] {
  const found: { text: string; offset: number }[] = [];
  walk(tree, (node) => {
    const text = specifierOf(node);
    if (text !== undefined) found.push({ text, offset: node.getStart() });
    return true;
  });
  return found;
}

function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return stringOf(node.moduleSpecifier);
  if (!ts.isCallExpression(node)) return undefined;
  const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword;
  return isImport ? stringOf(node.arguments[0]) : requiredModule(node);
}

function importedBy(path: RelPath, line: number, target: RelPath): Obstacle {
  return {
    code: 'E_IN_USE',
    at: { path, line },
    message: `${path}:${String(line)} imports ${target}, which would be removed.`,
    remedy: 'Remove that import first, or also name the generator that added it.',
  };
}

type Kind = 'decorate' | 'decorateRequest';
/** What a plugin puts on the instance or on each request: `authenticate` → `decorate`. */
type Decorators = ReadonlyMap<string, Kind>;

/** What an instance and a request are called; others are known by their type. */
const usualNames: Readonly<Record<Kind, RegExp>> = {
  decorate:
    /^_?(app|api|fastify|server|instance|scope|child|route|router)$|(App|Api|Fastify|Server|Instance)$/,
  decorateRequest: /^_?(req|request)$|Request$/,
};
const types: Readonly<Record<Kind, RegExp>> = {
  decorate: /^FastifyInstance\b/,
  decorateRequest: /^FastifyRequest\b/,
};

/**
 * One obstacle for each use of what files that are to go decorate, in a file that stays: it would not compile any more.
 * What staying code declares, assigns or decorates itself is not ours to miss. `after` is the repo without these files.
 */
export function findDecoratorUses(
  before: Repo,
  after: Repo,
  heads: readonly ServiceHead[],
  gone: ReadonlySet<string>,
): readonly Obstacle[] {
  return heads.flatMap((head) => {
    const old = openSurvey(before, head);
    const going = old.files.filter((path) => gone.has(path));
    const lost = decorationsOf(old, going);
    if (lost.size === 0) return [];
    const staying = openSurvey(after, head);
    const paths = [...staying.files, ...staying.tests];
    const own = new Set(paths.flatMap((path) => membersMadeIn(staying.tree(path))));
    const missed = new Map([...lost].filter(([name]) => !own.has(name)));
    return paths.flatMap((path) => usesIn(staying, path, missed));
  });
}

/** What files decorate by a literal name, and what they declare: a function may be what decorates. */
function decorationsOf(survey: Survey, files: readonly RelPath[]): Decorators {
  const declared = (
    of: 'FastifyInstance' | 'FastifyRequest',
    kind: Kind,
  ): readonly (readonly [string, Kind])[] =>
    declaredMembers(survey, files, of).map(({ name }) => [name, kind]);
  return new Map([
    ...files.flatMap((path) => [...decoratorsIn(survey.tree(path))]),
    ...declared('FastifyInstance', 'decorate'),
    ...declared('FastifyRequest', 'decorateRequest'),
  ]);
}

function decoratorsIn(tree: ts.SourceFile): Decorators {
  const found = new Map<string, Kind>();
  walk(tree, (node) => {
    const name = ts.isCallExpression(node) ? stringOf(node.arguments[0]) : undefined;
    const kind = ts.isCallExpression(node) ? memberOf(node.expression) : undefined;
    if (name !== undefined && (kind === 'decorate' || kind === 'decorateRequest')) found.set(name, kind);
    return true;
  });
  return found;
}

/** Names that a file decorates, declares in an interface, or assigns to a member of something. */
function membersMadeIn(tree: ts.SourceFile): readonly string[] {
  const names = [...decoratorsIn(tree).keys()];
  walk(tree, (node) => {
    if (ts.isInterfaceDeclaration(node)) names.push(...node.members.map((one) => one.name?.getText() ?? ''));
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken)
      names.push(memberOf(node.left) ?? '');
    return true;
  });
  return names;
}

function usesIn(survey: Survey, path: RelPath, missed: Decorators): readonly Obstacle[] {
  const tree = survey.tree(path);
  const typed = namesByType(tree);
  const found: Obstacle[] = [];
  walk(tree, (node) => {
    for (const [name, of] of membersRead(node)) {
      const kind = missed.get(name);
      if (kind !== undefined && (typed[kind].has(of) || usualNames[kind].test(of)))
        found.push(inUse(path, lineOf(tree, node.getStart()), `${of}.${name}`));
    }
    return true;
  });
  return found;
}

/** Parameters, variables and fields that say that they are one. */
function namesByType(tree: ts.SourceFile): Readonly<Record<Kind, ReadonlySet<string>>> {
  const found = { decorate: new Set<string>(), decorateRequest: new Set<string>() };
  walk(tree, (node) => {
    if (!ts.isParameter(node) && !ts.isVariableDeclaration(node) && !ts.isPropertyDeclaration(node))
      return true;
    const type = node.type?.getText() ?? '';
    for (const kind of ['decorate', 'decorateRequest'] as const)
      if (types[kind].test(type)) found[kind].add(node.name.getText());
    return true;
  });
  return found;
}

/** The members that a node reads, and of what: `[authenticate, app]` of `this.app.authenticate` and `{ authenticate } = app`. */
function membersRead(node: ts.Node): readonly (readonly [name: string, of: string])[] {
  if (ts.isObjectBindingPattern(node)) {
    const { parent } = node;
    const of = ts.isBindingElement(parent) ? undefined : (parent.initializer ?? parent.type);
    return node.elements.flatMap(({ name, propertyName }) => {
      const key = propertyName ?? name;
      return of === undefined || !ts.isIdentifier(key) ? [] : [[key.text, nameOf(of)] as const];
    });
  }
  if (!ts.isPropertyAccessExpression(node) && !ts.isElementAccessExpression(node)) return [];
  const name = memberOf(node);
  return name === undefined ? [] : [[name, nameOf(node.expression)]];
}

/** `app` of `app` and of `this.app`; `request` of what is said to be a FastifyRequest. */
function nameOf(node: ts.Expression | ts.TypeNode): string {
  if (ts.isTypeNode(node))
    return /^Fastify(Request|Instance)\b/.exec(node.getText())?.[1]?.toLowerCase() ?? '';
  if (ts.isParenthesizedExpression(node)) return nameOf(node.expression);
  if (ts.isAsExpression(node)) return nameOf(node.type) || nameOf(node.expression);
  const bare = unwrap(node);
  return ts.isIdentifier(bare) ? bare.text : (memberOf(bare) ?? '');
}

function inUse(path: RelPath, line: number, use: string): Obstacle {
  return {
    code: 'E_IN_USE',
    at: { path, line },
    message: `${path}:${String(line)} uses ${use}, which would be removed.`,
    remedy: 'Remove that use first and run the command again.',
  };
}
