import type { TextChange } from '../../model/text-change.ts';
import { ts } from '../../syntax/tree.ts';

interface ImportLine {
  readonly from: string;
  readonly line: string;
}

/** Puts imports among those of a canonical test file: groups in order node:, packages, own files; sorted inside. */
export function importChange(source: ts.SourceFile, imports: readonly ImportLine[]): readonly TextChange[] {
  const present = source.statements.filter(ts.isImportDeclaration);
  return imports.map((wanted) => insertion(source, present, wanted));
}

function insertion(
  source: ts.SourceFile,
  present: readonly ts.ImportDeclaration[],
  { from, line }: ImportLine,
): TextChange {
  const rank = (specifier: string): string => `${String(groupOf(specifier))} ${specifier}`;
  const next = present.find((each) => rank(specifierOf(each)) > rank(from));
  const previous = present.filter((each) => rank(specifierOf(each)) < rank(from)).at(-1);
  const startsGroup = previous === undefined || groupOf(specifierOf(previous)) !== groupOf(from);
  if (previous !== undefined && !startsGroup) return insertAt(endOfLine(source, previous), `\n${line}`);
  if (next !== undefined) {
    const endsGroup = groupOf(specifierOf(next)) !== groupOf(from);
    return insertAt(next.getStart(source), `${line}\n${endsGroup ? '\n' : ''}`);
  }
  if (previous !== undefined) return insertAt(endOfLine(source, previous), `\n\n${line}`);
  return insertAt(source.statements[0]?.getStart(source) ?? source.end, `${line}\n\n`);
}

function insertAt(offset: number, text: string): TextChange {
  return { start: offset, end: offset, text };
}

function endOfLine(source: ts.SourceFile, node: ts.Node): number {
  const end = source.text.indexOf('\n', node.getEnd());
  return end === -1 ? source.text.length : end;
}

function specifierOf(declaration: ts.ImportDeclaration): string {
  return ts.isStringLiteral(declaration.moduleSpecifier) ? declaration.moduleSpecifier.text : '';
}

function groupOf(specifier: string): number {
  if (specifier.startsWith('node:')) return 0;
  return /^(?:[.~#]|@\/)/.test(specifier) ? 2 : 1;
}
