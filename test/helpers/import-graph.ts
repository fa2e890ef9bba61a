import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

import ts from 'typescript';

import { projectRoot } from './project-root.ts';

export interface SourceModule {
  /** POSIX path below the project's root. */
  readonly path: string;
  readonly tree: ts.SourceFile;
  /** Static and dynamic imports: project paths for relative ones, package names for others. */
  readonly imports: readonly ModuleImport[];
}

export interface ModuleImport {
  readonly to: string;
  readonly typeOnly: boolean;
  /** `import(…)`: loaded when it runs, so it closes no cycle. */
  readonly dynamic: boolean;
}

/** Parses the TypeScript files of a folder. */
export function readModules(folder: string): readonly SourceModule[] {
  const paths = readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' });
  const sources = paths.filter((path) => path.endsWith('.ts'));
  return sources.map((path) => readModule(`${folder}/${path.split(sep).join('/')}`)).sort(byPath);
}

function byPath(a: SourceModule, b: SourceModule): number {
  return a.path < b.path ? -1 : 1;
}

function readModule(path: string): SourceModule {
  const text = readFileSync(join(projectRoot, path), 'utf8');
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: ModuleImport[] = [];
  const visit = (node: ts.Node): void => {
    const found = importOf(node);
    if (found !== undefined) imports.push({ ...found, to: resolveImport(path, found.to) });
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { path, tree, imports };
}

function importOf(node: ts.Node): ModuleImport | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    return { to: node.moduleSpecifier.text, typeOnly: isTypeOnly(node.importClause), dynamic: false };
  }
  if (
    ts.isExportDeclaration(node) &&
    node.moduleSpecifier !== undefined &&
    ts.isStringLiteral(node.moduleSpecifier)
  ) {
    return { to: node.moduleSpecifier.text, typeOnly: node.isTypeOnly, dynamic: false };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [argument] = node.arguments;
    if (argument !== undefined && ts.isStringLiteral(argument))
      return { to: argument.text, typeOnly: false, dynamic: true };
  }
  return undefined;
}

function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const { name, namedBindings } = clause;
  if (name !== undefined || namedBindings === undefined || !ts.isNamedImports(namedBindings)) return false;
  return namedBindings.elements.every((element) => element.isTypeOnly);
}

function resolveImport(from: string, to: string): string {
  if (!to.startsWith('.'))
    return to.startsWith('node:') ? to : to.split('/', to.startsWith('@') ? 2 : 1).join('/');
  const absolute = resolve(projectRoot, dirname(from), to);
  return relative(projectRoot, absolute).split(sep).join('/');
}

/** The first import cycle found, as paths in order; undefined when there is none. Types and `import()` close one, too. */
export function findCycle(modules: readonly SourceModule[]): readonly string[] | undefined {
  const byName = new Map(modules.map((module) => [module.path, module]));
  const done = new Set<string>();
  const search = (path: string, trail: readonly string[]): readonly string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const { to } of byName.get(path)?.imports ?? []) {
      const cycle = search(to, [...trail, path]);
      if (cycle !== undefined) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const { path } of modules) {
    const cycle = search(path, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
