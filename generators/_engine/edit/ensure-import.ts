import type { ImportWant, Style } from '../model/code-facts.ts';
import { type Obstacle, RefusalError } from '../model/obstacle.ts';
import { insertion, type TextChange } from '../model/text-change.ts';
import { printString } from '../syntax/print.ts';
import { lineOf, parseSource, ts } from '../syntax/tree.ts';
import { appendElements, eolAt, startWithComments, statementLineEnd } from './text-lines.ts';
import { findTopLevel, importsOf, isDirective, preambleEnd, requiredModule } from '../syntax/symbols.ts';

/**
 * Imports what is wanted: into a clause of the same module where there is one, else on a line of its own after the
 * last import of its kind. [] when all of it is there.
 * @throws RefusalError E_NO_REGISTRATION_PLACE when a local name is declared as something else
 */
export function ensureImport(base: string, want: ImportWant, style: Style): readonly TextChange[] {
  const source = parseSource('import.ts', base);
  const declarations = source.statements
    .filter(ts.isImportDeclaration)
    .filter((each) => isSameModule(each, want.from));
  const typeOnly = want.typeOnly === true;
  const wanted = wantedBindings(want);
  if (wanted.length === 0) {
    return declarations.length > 0
      ? []
      : [importLine(source, `import ${printString(want.from, style.quote)}`, want, style)];
  }
  const missing = wanted.filter(
    (each) =>
      !declarations.some((declaration) => binds(declaration, each, typeOnly)) &&
      !isRequired(source, want.from, each.local),
  );
  for (const { local } of missing) {
    const taken = findTopLevel(source, local);
    if (taken !== undefined)
      throw new RefusalError(nameTaken(local, want.from, lineOf(source, taken.getStart(source))));
  }
  return missing.length === 0 ? [] : addBindings(source, declarations, missing, want, style);
}

function addBindings(
  source: ts.SourceFile,
  declarations: readonly ts.ImportDeclaration[],
  missing: readonly Binding[],
  want: ImportWant,
  style: Style,
): readonly TextChange[] {
  const typeOnly = want.typeOnly === true;
  const host = declarations
    .map((each) => each.importClause)
    .find((clause) => isHost(clause, missing, typeOnly));
  if (host === undefined) {
    return newImports(missing, want, style).map((text) => importLine(source, text, want, style));
  }
  const names = missing.filter(({ imported }) => imported !== 'default').map(specifierText);
  const inline = typeOnly && !isTypeClause(host) ? names.map((name) => `type ${name}`) : names;
  const defaultName = missing.find(({ imported }) => imported === 'default')?.local;
  const first = defaultName === undefined ? [] : [insertion(host.getStart(source), `${defaultName}, `)];
  if (inline.length === 0) return first;
  const named = host.namedBindings;
  if (named !== undefined && ts.isNamedImports(named)) {
    return [...first, ...appendElements(source, named, inline, style)];
  }
  return [insertion(host.getEnd(), `, { ${inline.join(', ')} }`)];
}

/** A clause that can take the missing names without changing what it means for the others. */
function isHost(
  clause: ts.ImportClause | undefined,
  missing: readonly Binding[],
  typeOnly: boolean,
): clause is ts.ImportClause {
  if (clause === undefined || (isTypeClause(clause) && !typeOnly)) return false;
  const hasNamed = clause.namedBindings !== undefined && ts.isNamedImports(clause.namedBindings);
  const needsDefault = missing.some(({ imported }) => imported === 'default');
  // `import type a, { b }` is not allowed, and `type` cannot be put in front of a default alone.
  if (needsDefault) return hasNamed && clause.name === undefined && !typeOnly;
  return hasNamed || (clause.namedBindings === undefined && !isTypeClause(clause));
}

function specifierText({ imported, local }: Binding): string {
  return imported === local ? imported : `${imported} as ${local}`;
}

/** Import statements without the semicolon; a type-only import has either a default or names. */
function newImports(missing: readonly Binding[], want: ImportWant, style: Style): readonly string[] {
  const from = ` from ${printString(want.from, style.quote)}`;
  const defaultName = missing.find(({ imported }) => imported === 'default')?.local;
  const names = missing.filter(({ imported }) => imported !== 'default').map(specifierText);
  const parts = [
    ...(defaultName === undefined ? [] : [defaultName]),
    ...(names.length === 0 ? [] : [`{ ${names.join(', ')} }`]),
  ];
  return want.typeOnly === true
    ? parts.map((part) => `import type ${part}${from}`)
    : [`import ${parts.join(', ')}${from}`];
}

function importLine(source: ts.SourceFile, text: string, want: ImportWant, style: Style): TextChange {
  return importPlace(source, want.from, style)(style.semicolons ? `${text};` : text);
}

function nameTaken(local: string, from: string, line: number): Obstacle {
  return {
    code: 'E_NO_REGISTRATION_PLACE',
    message: `${local} cannot be imported from ${from}: the name is already declared on line ${String(line)}.`,
    remedy: `Rename ${local} in this file and run the command again.`,
  };
}

/** Where an import of `from` goes: a function from its text to the change. */
function importPlace(source: ts.SourceFile, from: string, style: Style): (text: string) => TextChange {
  const block = importBlock(source);
  const kind = kindOf(from);
  const sameKind = block.filter((each) => kindOf(moduleOf(each)) === kind);
  // Aliases and relative paths are each in an order of their own.
  const alike = sameKind.filter((each) => moduleOf(each)?.startsWith('.') === from.startsWith('.'));
  const siblings = alike.length > 0 ? alike : sameKind;
  const next = isSorted(siblings) ? siblings.find((each) => (moduleOf(each) ?? '') > from) : undefined;
  if (next !== undefined) return above(source, next, style);
  const after = siblings.at(-1) ?? block.at(-1);
  if (after === undefined) return atTop(source, style);
  const offset = statementLineEnd(source, after);
  return (text) => insertion(offset, eolAt(source.text, offset, style.eol) + text);
}

/** Whether a group is kept in order; where that is so by chance, a place in order reads no worse. */
function isSorted(statements: readonly ts.Statement[]): boolean {
  const names = statements.map((each) => moduleOf(each) ?? '');
  return names.length > 1 && names.every((name, index) => index === 0 || (names[index - 1] ?? '') <= name);
}

/** Above a statement and the comments that belong to it, below a licence that touches them. */
function above(source: ts.SourceFile, next: ts.Statement, style: Style): (text: string) => TextChange {
  const comments = ts.getLeadingCommentRanges(source.text, next.getFullStart()) ?? [];
  const starts = [startWithComments(source, next), ...comments.map(({ pos }) => pos), next.getStart(source)];
  const offset = starts.find((start) => start >= preambleEnd(source)) ?? next.getStart(source);
  return (text) => insertion(offset, text + eolAt(source.text, offset, style.eol));
}

/** The first run of imports below the directives; calls of require count, since files in CommonJS have those. */
function importBlock(source: ts.SourceFile): readonly ts.Statement[] {
  const body = source.statements.filter((each) => !isDirective(each));
  const start = body.findIndex((each) => moduleOf(each) !== undefined);
  if (start === -1) return [];
  const rest = body.slice(start);
  const length = rest.findIndex((each) => moduleOf(each) === undefined);
  return length === -1 ? rest : rest.slice(0, length);
}

function moduleOf(statement: ts.Statement): string | undefined {
  if (ts.isImportDeclaration(statement)) return textOf(statement.moduleSpecifier);
  if (ts.isImportEqualsDeclaration(statement)) {
    const { moduleReference } = statement;
    return ts.isExternalModuleReference(moduleReference) ? textOf(moduleReference.expression) : undefined;
  }
  const [first] = ts.isVariableStatement(statement) ? statement.declarationList.declarations : [];
  return first?.initializer && requiredModule(first.initializer);
}

function textOf(node: ts.Expression): string {
  return ts.isStringLiteral(node) ? node.text : '';
}

function kindOf(specifier: string | undefined): 'builtin' | 'package' | 'own' {
  if (specifier?.startsWith('node:') === true) return 'builtin';
  return specifier !== undefined && /^(?:[.~#]|@\/)/.test(specifier) ? 'own' : 'package';
}

/** Below the preamble, above the first statement and the comments that belong to it. */
function atTop(source: ts.SourceFile, style: Style): (text: string) => TextChange {
  const end = preambleEnd(source);
  const first = source.statements.find((each) => each.getStart(source) >= end);
  const eol = eolAt(source.text, end, style.eol);
  if (first !== undefined) {
    const below = end + (/^[ \t]*\r?\n/.exec(source.text.slice(end))?.[0].length ?? 0);
    const offset =
      end === 0 ? startWithComments(source, first) : Math.max(startWithComments(source, first), below);
    const lead = offset > 0 && source.text[offset - 1] !== '\n' ? eol : '';
    return (text) => insertion(offset, `${lead}${text}${eol}${eol}`);
  }
  const { text: old } = source;
  const lead = old === '' || old.endsWith('\n') ? '' : eol;
  return (text) => insertion(old.length, `${lead}${text}${style.finalNewline ? eol : ''}`);
}

/** What an import binds: `imported` is the export's name or `default`, `local` the name in this file. */
type Binding = Readonly<{ imported: string; local: string }>;

/** The bindings that a wish asks for, the default one first. */
function wantedBindings(want: ImportWant): readonly Binding[] {
  const named = (want.names ?? []).map((name): Binding => {
    const [imported = name, local] = name.split(/\s+as\s+/);
    return { imported, local: local ?? imported };
  });
  return want.default === undefined ? named : [{ imported: 'default', local: want.default }, ...named];
}

/** Same module, whether or not the specifier has an extension. */
function isSameModule(declaration: ts.ImportDeclaration, from: string): boolean {
  const { moduleSpecifier } = declaration;
  return (
    ts.isStringLiteral(moduleSpecifier) && withoutExtension(moduleSpecifier.text) === withoutExtension(from)
  );
}

function withoutExtension(specifier: string): string {
  return /^[.~#@]/.test(specifier) ? specifier.replace(/\.[cm]?[jt]s$/, '') : specifier;
}

/** True when the declaration binds it; a type-only import serves types alone. */
function binds(declaration: ts.ImportDeclaration, wanted: Binding, typeOnly: boolean): boolean {
  const clause = declaration.importClause;
  if (clause === undefined || (isTypeClause(clause) && !typeOnly)) return false;
  if (wanted.imported === 'default' && clause.name?.text === wanted.local) return true;
  if (clause.namedBindings === undefined || !ts.isNamedImports(clause.namedBindings)) return false;
  return clause.namedBindings.elements.some(
    (each) =>
      each.name.text === wanted.local &&
      (each.propertyName ?? each.name).text === wanted.imported &&
      (typeOnly || !each.isTypeOnly),
  );
}

/** What a file calls the default export of a module; undefined where it does not import it as a value. */
export function defaultImportIn(source: ts.SourceFile, from: string): string | undefined {
  for (const declaration of source.statements.filter(ts.isImportDeclaration)) {
    const clause = isSameModule(declaration, from) ? declaration.importClause : undefined;
    if (clause === undefined || isTypeClause(clause)) continue;
    if (clause.name !== undefined) return clause.name.text;
    const named = clause.namedBindings;
    const elements = named !== undefined && ts.isNamedImports(named) ? named.elements : [];
    const renamed = elements.find((each) => each.propertyName?.text === 'default' && !each.isTypeOnly);
    if (renamed !== undefined) return renamed.name.text;
  }
  return undefined;
}

/** `import type …`. */
function isTypeClause(clause: ts.ImportClause): boolean {
  return clause.phaseModifier === ts.SyntaxKind.TypeKeyword;
}

/** Bound by a `require` of the module. */
function isRequired(source: ts.SourceFile, from: string, local: string): boolean {
  const imported = importsOf(source).get(local);
  const statement = findTopLevel(source, local);
  const isIt = imported !== undefined && withoutExtension(imported.from) === withoutExtension(from);
  return isIt && statement !== undefined && !ts.isImportDeclaration(statement);
}
