import type { Style } from '../model/code-facts.ts';
import type { ImportWant } from '../model/import-want.ts';
import type { Obstacle } from '../model/obstacle.ts';
import type { TextChange } from '../model/text-change.ts';
import { printString } from '../syntax/print.ts';
import { lineOf, parseSource, ts } from '../syntax/tree.ts';
import { appendElements } from './append-element.ts';
import {
  binds,
  findBinding,
  isSameModule,
  isTypeClause,
  requiresIt,
  wantedBindings,
  type Binding,
} from './import-bindings.ts';
import { importPlace } from './import-place.ts';
import { insertion } from './text-lines.ts';

/**
 * Imports what is wanted: into a clause of the same module where there is one, else on a line of its own after the
 * last import of its kind. [] when all of it is there. The obstacle: a local name that stands for something else.
 */
export function ensureImport(base: string, want: ImportWant, style: Style): readonly TextChange[] | Obstacle {
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
      !source.statements.some((statement) => requiresIt(statement, want.from, each.local)),
  );
  for (const { local } of missing) {
    const taken = findBinding(source, local);
    if (taken !== undefined) return nameTaken(local, want.from, lineOf(source, taken.getStart(source)));
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
