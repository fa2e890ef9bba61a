import { basenameRel, dirnameRel, type RelPath } from '../model/paths.ts';
import { nameOf } from '../syntax/expressions.ts';
import { escapePattern, patternOfName } from '../syntax/print.ts';
import { ts, walk } from '../syntax/tree.ts';
import { type Definition, type Definitions, ServiceDefinitions, type Trees } from './definitions.ts';
import { Evaluator, type Value } from './evaluate.ts';

/** The files of a program. */
export interface Files extends Trees {
  /** Its own files (no tests) whose text matches: what decides if a file is worth parsing. */
  filesMatching(pattern: RegExp): readonly RelPath[];
}

/** An object literal, and the file that it is in. */
interface FoundObject {
  readonly file: RelPath;
  readonly node: ts.ObjectLiteralExpression;
}

/** One service across its files: what a name is defined as, what an expression's value is, who calls what. */
export interface Program extends Definitions {
  /** What an expression is for certain. @throws RefusalError E_TOO_COMPLEX */
  valueOf(expression: ts.Expression, file: RelPath): Value;
  /** The text that an expression has for certain: of literals, constants, and templates made of them. */
  textOf(expression: ts.Expression | undefined, file: RelPath): string | undefined;
  /** The object literal that an expression resolves to. */
  objectOf(expression: ts.Expression | undefined, file: RelPath): FoundObject | undefined;
  /** Where a declaration is used in the service's own files. */
  referencesTo(declaration: Definition): readonly Reference[];
  /** The calls of a function, and what makes instances of a class. */
  callsOf(declaration: Definition): readonly Call[];
}

/** Opens the program of a service; `resolve` finds a file from a specifier. Parses and binds files on demand. */
export function openProgram(files: Files, resolve: Definitions['module']): Program {
  return new ServiceProgram(files, resolve);
}

class ServiceProgram extends ServiceDefinitions implements Program {
  readonly #files: Files;
  readonly #evaluator = new Evaluator(this);
  readonly #referred = new Map<ts.Node, readonly Reference[]>();

  constructor(files: Files, resolve: Definitions['module']) {
    super(files, resolve);
    this.#files = files;
  }

  override valueOf(expression: ts.Expression, file: RelPath): Value {
    return this.#evaluator.valueOf(expression, file);
  }

  textOf(expression: ts.Expression | undefined, file: RelPath): string | undefined {
    const value = expression && this.valueOf(expression, file);
    return value?.kind === 'text' ? value.text : undefined;
  }

  objectOf(expression: ts.Expression | undefined, file: RelPath): FoundObject | undefined {
    const found = expression && this.value(expression, file);
    return found !== undefined && ts.isObjectLiteralExpression(found.node)
      ? { file: found.file, node: found.node }
      : undefined;
  }

  referencesTo(declaration: Definition): readonly Reference[] {
    const known = this.#referred.get(declaration.node) ?? findReferences(this.#files, this, declaration);
    this.#referred.set(declaration.node, known);
    return known;
  }

  callsOf(declaration: Definition): readonly Call[] {
    return findCalls(this.referencesTo(declaration));
  }
}

/** A use of a declaration's name. */
interface Reference {
  readonly file: RelPath;
  readonly node: ts.Identifier;
}

/** A call, or a `new`, of a declaration. */
interface Call {
  readonly file: RelPath;
  readonly node: ts.CallExpression | ts.NewExpression;
}

/** The names of a declaration, and the patterns of the modules that give it another one. */
interface Spelled {
  readonly names: Set<string>;
  readonly modules: Set<string>;
}

/**
 * Where a declaration is referred to in the service's own files, under each name that it is imported by; the names in
 * imports and exports are none. Only files are parsed that mention its name, or a module that gives it another one.
 */
function findReferences(
  files: Files,
  definitions: Definitions,
  { file, node }: Definition,
): readonly Reference[] {
  const spelled: Spelled = {
    names: new Set([nameOf(node) ?? 'default']),
    modules: new Set([moduleWord(file)]),
  };
  let found: readonly Reference[] = [];
  const size = (): number => spelled.names.size + spelled.modules.size;
  for (let known = 0; known < size();) {
    known = size();
    const words = [...spelled.names].map((name) => patternOfName(name).source);
    const pattern = new RegExp([...words, ...spelled.modules].join('|'));
    found = files
      .filesMatching(pattern)
      .flatMap((place) => referencesIn(files, definitions, node, place, spelled));
  }
  return found;
}

/** The calls of a function, and what makes instances of a class, in the service's own files. */
function findCalls(references: readonly Reference[]): readonly Call[] {
  return references.flatMap(({ file, node }) => {
    const isMember = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
    const callee = isMember ? node.parent : node;
    const { parent } = callee;
    const isCall =
      (ts.isCallExpression(parent) || ts.isNewExpression(parent)) && parent.expression === callee;
    return isCall ? [{ file, node: parent }] : [];
  });
}

/** Adds the names and modules by which a file re-exports the declaration. */
function referencesIn(
  files: Files,
  definitions: Definitions,
  declaration: ts.Node,
  file: RelPath,
  spelled: Spelled,
): readonly Reference[] {
  const found: Reference[] = [];
  const names = new Set<string>();
  const isNamed = (text: string): boolean => names.has(text) || spelled.names.has(text);
  walk(files.tree(file), (node) => {
    if (ts.isImportSpecifier(node) || ts.isImportClause(node)) {
      if (node.name !== undefined && isIt(definitions, node.name, file, declaration))
        names.add(node.name.text);
      return ts.isImportClause(node);
    }
    if (ts.isExportDeclaration(node) || ts.isExportAssignment(node)) {
      spelled.modules.add(moduleWord(file));
      if (ts.isExportDeclaration(node)) addNames(definitions, node, file, declaration, spelled);
    }
    if (ts.isExportDeclaration(node)) return false;
    const isName = ts.isIdentifier(node) && isNamed(node.text) && !isDeclared(node);
    if (isName && isIt(definitions, node, file, declaration)) found.push({ file, node });
    return true;
  });
  return found;
}

function addNames(
  definitions: Definitions,
  { exportClause }: ts.ExportDeclaration,
  file: RelPath,
  declaration: ts.Node,
  spelled: Spelled,
): void {
  if (exportClause === undefined || !ts.isNamedExports(exportClause)) return;
  for (const { name } of exportClause.elements)
    if (isOf(definitions.exported(file, name.text), declaration)) spelled.names.add(name.text);
}

function isIt(definitions: Definitions, node: ts.Identifier, file: RelPath, declaration: ts.Node): boolean {
  const { parent } = node;
  const isMember = ts.isPropertyAccessExpression(parent) && parent.name === node;
  const found = isMember ? definitions.value(parent, file) : definitions.definitionOf(node, file);
  return isOf(found, declaration);
}

/** `const build = () => …`: the variable counts as the function. */
function isOf(found: Definition | undefined, declaration: ts.Node): boolean {
  if (found === undefined) return false;
  const { node } = found;
  const value = ts.isVariableDeclaration(declaration) ? declaration.initializer : declaration;
  return (
    node === declaration || node === value || (ts.isVariableDeclaration(node) && node.initializer === value)
  );
}

/** The name of a declaration itself. */
function isDeclared(node: ts.Identifier): boolean {
  return 'name' in node.parent && node.parent.name === node && !ts.isPropertyAccessExpression(node.parent);
}

/** Finds specifiers of a file: those that end in `app` for `app.ts`, in `routes` for `routes/index.ts`. */
function moduleWord(file: RelPath): string {
  const stem = basenameRel(file).replace(/\.[cm]?[jt]sx?$/, '');
  const folder = stem === 'index' ? basenameRel(dirnameRel(file)) : '';
  const ends = folder === '' ? escapePattern(stem) : `(?:${escapePattern(folder)}(?:/index)?|\\.)`;
  return `[/'"#.]${ends}/?(?:\\.[cm]?[jt]s)?['"]`;
}
