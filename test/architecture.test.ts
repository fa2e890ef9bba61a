import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

import ts from 'typescript';
import { describe, expect, it } from 'vitest';

import { findCycle, type ModuleImport, readModules, type SourceModule } from './helpers/import-graph.ts';
import { projectRoot } from './helpers/project-root.ts';

const engine = 'generators/_engine';
/** The folders of the engine, from the foundation to the commands: a folder imports only those above it in this list. */
const layers = [
  'model',
  'syntax',
  'repo',
  'program',
  'facts',
  'render',
  'edit',
  'generator',
  'record',
  'plan',
  'apply',
  'cli',
];
const modules = [...readModules('generators')];

/** Everything else decides: it reads the repo through `Repo` alone. */
const touchesDisk =
  /^(?:repo\/(?:disk|repo)|render\/template-files|generator\/(?:options|registry)|record\/(?:git|record-guard|version)|plan\/(?:format|formatter-code|lint|released)|apply\/.+|cli\/.+)\.ts$/;
const writing =
  /^(?:append|chmod|copy|cp|createWrite|fchmod|fs?truncate|link|mk|open|rename|rm|symlink|unlink|write)/;

const inEngine = (name: string): boolean => name.startsWith(`${engine}/`);
const insideEngine = (path: string): string => path.slice(engine.length + 1);
const layerOf = (path: string): string => insideEngine(path).split('/')[0] ?? '';
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

function isPure({ path }: SourceModule): boolean {
  return !inEngine(path) || !touchesDisk.test(insideEngine(path));
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

/** Functions of the file system that a module imports and that change it. */
function writesOf(module: SourceModule): readonly string[] {
  return module.tree.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) return [];
    const names = statement.importClause?.namedBindings;
    if (!isDisk(statement.moduleSpecifier.text) || names === undefined || !ts.isNamedImports(names))
      return [];
    return names.elements.map(({ name }) => name.text).filter((name) => writing.test(name));
  });
}

describe('the import law', () => {
  it('lets a folder of the engine import only those above it, types included, in no circle', () => {
    const upward = violations(
      ({ path }) => inEngine(path),
      ({ to }, { path }) => inEngine(to) && layers.indexOf(layerOf(to)) > layers.indexOf(layerOf(path)),
    );
    expect(upward).toEqual([]);
    expect(
      violations(
        ({ path }) => inEngine(path),
        ({ to }) => to.startsWith('generators/') && !inEngine(to),
      ),
    ).toEqual([]);
    expect(readdirSync(join(projectRoot, engine)).sort()).toEqual([...layers].sort());
    expect(findCycle(modules)).toBeUndefined();
  });

  it('lets a generator see the folders for deciding, and no more', () => {
    const deciding = layers.slice(0, layers.indexOf('edit') + 1);
    // A generator that adds a part to what an earlier run made asks for that run's answers, and plans it again.
    const aboutEarlierRuns = /^generators\/_engine\/(?:record\/recorded-answers|plan\/plan-diagnostics)\.ts$/;
    // What is about the record reads it, renders its runs again, and proves what it takes back.
    const aboutRecord =
      /^generators\/_engine\/(?:record\/.+|plan\/(?:adopt|diff|merge-base|prove|recorded-calls|render-run|replay|resolve-existing))\.ts$/;
    const found = violations(isGenerator, ({ to }, { path }) => {
      if (isDisk(to) || to === 'plop' || to === 'node-plop') return true;
      if (aboutEarlierRuns.test(to)) return false;
      if (path.startsWith('generators/s2s-') && aboutRecord.test(to)) return false;
      if (inEngine(to)) return !deciding.includes(layerOf(to));
      // Another generator is a value with a `plan`; its inside is its own.
      return to.startsWith('generators/') && folderOf(to) !== folderOf(path) && basename(to) !== 'index.ts';
    });
    expect(found).toEqual([]);
  });

  it('keeps the disk, the process and plop out of what decides', () => {
    expect(violations(isPure, ({ to }) => isDisk(to) || to === 'plop')).toEqual([]);
    expect(modules.filter(isPure).flatMap((module) => nodesOf(module, isProcess))).toEqual([]);
  });

  it('lets nothing but apply/ write', () => {
    const writers = modules.filter((module) => writesOf(module).length > 0).map(({ path }) => path);
    expect(writers).not.toEqual([]);
    expect(writers.filter((path) => layerOf(path) !== 'apply')).toEqual([]);
  });

  it('lets one module know plop, one the parser and one ts-morph', () => {
    const importing = (name: string): readonly string[] =>
      modules.filter(({ imports }) => imports.some(({ to }) => to === name)).map(({ path }) => path);
    expect(importing('plop')).toEqual([`${engine}/cli/plop.ts`]);
    expect(importing(`${engine}/syntax/typescript.cjs`)).toEqual([`${engine}/syntax/tree.ts`]);
    expect(importing('ts-morph')).toEqual([]);
    expect(importing('handlebars').filter((path) => !path.endsWith('/render.ts'))).toEqual([]);
    expect(importing('typescript')).toEqual([]);
  });

  it('loads the YAML parser only when a file needs it', () => {
    const parsers = ['yaml', `${engine}/syntax/yaml-text.ts`, `${engine}/edit/ensure-compose.ts`];
    const early = violations(
      ({ path }) => !parsers.includes(path),
      ({ dynamic, to, typeOnly }) => parsers.includes(to) && !dynamic && !typeOnly,
    );
    expect(early).toEqual([]);
  });

  it('knows no generator by its id', () => {
    const ids = readdirSync(join(projectRoot, 'generators')).filter((name) => !name.startsWith('_'));
    const isId = (node: ts.Node): boolean => ts.isStringLiteralLike(node) && ids.includes(node.text);
    const engines = modules.filter(({ path }) => inEngine(path));
    expect(engines.flatMap((module) => nodesOf(module, isId))).toEqual([]);
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
    const long = [...modules, ...readModules('scripts')].filter(({ tree }) => linesOf(tree) > 300);
    expect(long.map(({ path, tree }) => `${path}: ${String(linesOf(tree))}`)).toEqual([]);
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

function linesOf(tree: ts.SourceFile): number {
  return tree.text.replace(/\n$/, '').split('\n').length;
}
