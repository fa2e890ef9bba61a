import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

import ts from 'typescript';
import { describe, expect, it } from 'vitest';

import { findCycle, type ModuleImport, readModules, type SourceModule } from './helpers/import-graph.ts';
import { projectRoot } from './helpers/project-root.ts';

const engine = 'generators/_engine';
const modules = [...readModules('generators')];
/** The file of shared types may be long: docs/decisions/0012. */
const contract = `${engine}/contract.ts`;

const inEngine = (name: string): boolean => name.startsWith(`${engine}/`);
const isGenerator = ({ path }: SourceModule): boolean => !inEngine(path);
const folderOf = (path: string): string => path.split('/').slice(0, 2).join('/');
const isDisk = (to: string): boolean => /^node:(fs|fs\/promises|process|child_process)$/.test(to);

/** Violations as `from → to`, so that a failure names them all. */
function violations(
  from: (module: SourceModule) => boolean,
  forbidden: (to: ModuleImport, module: SourceModule) => boolean,
): readonly string[] {
  return modules.filter(from).flatMap((module) => {
    const bad = module.imports.filter((one) => forbidden(one, module));
    return bad.map(({ to }) => `${module.path} → ${to}`);
  });
}

/** Modules that decide what to write: they read the repo through `Repo` alone. */
function isPure({ path }: SourceModule): boolean {
  if (!inEngine(path)) return false;
  const inside = path.slice(engine.length + 1);
  const pure = [
    'text-change.ts',
    'prove.ts',
    'plan.ts',
    'diff.ts',
    'report.ts',
    'restyle.ts',
    'test-dialect.ts',
  ];
  return /^(survey|edit)\//.test(inside) || pure.includes(inside);
}

function nodesOf(module: SourceModule, wanted: (node: ts.Node) => boolean): readonly string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (wanted(node)) {
      const { line } = module.tree.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${module.path}:${String(line + 1)}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(module.tree);
  return found;
}

function isProcess(node: ts.Node): boolean {
  return (
    ts.isPropertyAccessExpression(node) &&
    ts.isIdentifier(node.expression) &&
    ['process', 'console'].includes(node.expression.text)
  );
}

describe('the import law', () => {
  it('lets a generator see the engine’s parts for deciding, and no more', () => {
    const allowed =
      /^generators\/_engine\/(contract|plan|plan-diagnostics|print|render|route-path|obstacle|paths|repo|text-change|syntax|survey\/.+|edit\/.+)\.ts$/;
    // What is about the record reads it, and proves what it takes back.
    const aboutRecord =
      /^generators\/_engine\/(record|record-text|recorded-patch|replay|roles|adopt|hash|diff|prove)\.ts$/;
    const found = violations(isGenerator, ({ to }, { path }) => {
      if (isDisk(to) || to === 'plop' || to === 'node-plop') return true;
      if (path.startsWith('generators/s2s-') && aboutRecord.test(to)) return false;
      if (inEngine(to)) return !allowed.test(to);
      // Another generator is a value with a `plan`; its inside is its own.
      return to.startsWith('generators/') && folderOf(to) !== folderOf(path) && basename(to) !== 'index.ts';
    });
    expect(found).toEqual([]);
  });

  it('keeps the disk, the process and plop out of what decides', () => {
    expect(violations(isPure, ({ to }) => isDisk(to) || to === 'plop')).toEqual([]);
    expect(
      modules
        .filter((module) => isPure(module) || isGenerator(module))
        .flatMap((module) => nodesOf(module, isProcess)),
    ).toEqual([]);
  });

  it('keeps the survey out of what writes', () => {
    const writes = ({ path }: SourceModule): boolean =>
      [`${engine}/apply.ts`, `${engine}/record.ts`].includes(path);
    expect(violations(writes, ({ to }) => to.startsWith(`${engine}/survey/`))).toEqual([]);
  });

  it('lets one module know plop, one the parser and one ts-morph', () => {
    const importing = (name: string): readonly string[] =>
      modules.filter(({ imports }) => imports.some(({ to }) => to === name)).map(({ path }) => path);
    expect(importing('plop')).toEqual([`${engine}/plop.ts`]);
    expect(importing(`${engine}/typescript.cjs`)).toEqual([`${engine}/syntax.ts`]);
    expect(importing('ts-morph')).toEqual([]);
    expect(importing('handlebars').filter((path) => !/\/(render|template-keys)\.ts$/.test(path))).toEqual([]);
    expect(importing('typescript')).toEqual([]);
  });

  it('has no cycles', () => {
    expect(findCycle(modules)).toBeUndefined();
  });

  it('has no barrels', () => {
    const barrels = modules.filter(({ tree }) => {
      return (
        tree.statements.length > 1 && tree.statements.every((statement) => ts.isExportDeclaration(statement))
      );
    });
    expect(barrels.map(({ path }) => path)).toEqual([]);
  });
});

describe('our own code', () => {
  it('has files of at most 300 lines', () => {
    const budgeted = [...modules, ...readModules('scripts')];
    const long = budgeted.filter(({ path, tree }) => linesOf(tree) > (path === contract ? 520 : 300));
    expect(long.map(({ path, tree }) => `${path}: ${String(linesOf(tree))}`)).toEqual([]);
  });

  it('has types alone in the one file that may be longer', () => {
    const shared = modules.find(({ path }) => path === contract);
    const erased = shared?.tree.statements.filter((statement) => !isErased(statement));
    expect(erased?.map((statement) => statement.getText())).toEqual([]);
  });

  it('has a case for every generator that makes something, and templates for none that is gone', () => {
    const folders = (path: string): readonly string[] =>
      readdirSync(join(projectRoot, path), { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && !entry.name.startsWith('_'))
        .map(({ name }) => name);
    const generators = folders('generators');
    expect(folders('templates').filter((id) => !generators.includes(id))).toEqual([]);
    expect(folders('templates').filter((id) => !folders('test/cases').includes(id))).toEqual([]);
  });

  it('has functions of at most 40 lines', () => {
    const isLong = (node: ts.Node): boolean =>
      ts.isFunctionLike(node) && node.getText().split('\n').length > 40;
    expect(modules.flatMap((module) => nodesOf(module, isLong))).toEqual([]);
  });

  it('has no any', () => {
    expect(
      modules.flatMap((module) => nodesOf(module, (node) => node.kind === ts.SyntaxKind.AnyKeyword)),
    ).toEqual([]);
  });

  it('does not know that it is tested', () => {
    const texts = modules.filter(({ tree }) => /NODE_ENV\s*===?\s*['"]test/.test(tree.text));
    expect(texts.map(({ path }) => path)).toEqual([]);
  });

  it('names things by what they are', () => {
    const vague = /(^|[-/])(utils?|helpers?|managers?|handlers?|common|misc)([-.]|$)/;
    expect(modules.map(({ path }) => path).filter((path) => vague.test(path))).toEqual([]);
  });
});

/** Nothing is left of it in JavaScript. */
function isErased(statement: ts.Statement): boolean {
  if (ts.isTypeAliasDeclaration(statement) || ts.isInterfaceDeclaration(statement)) return true;
  return (
    ts.isVariableStatement(statement) &&
    statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) === true
  );
}

function linesOf(tree: ts.SourceFile): number {
  return tree.text.replace(/\n$/, '').split('\n').length;
}
