import type { SharedPackage } from '../_engine/model/code-facts.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { ServiceHead } from '../_engine/model/service.ts';
import type { TextChange } from '../_engine/model/text-change.ts';
import { openSurvey, type Survey } from '../_engine/program/survey.ts';
import type { RecordedFile } from '../_engine/record/s2s-record.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import { sharedSpecifier } from '../_engine/repo/shared-packages.ts';
import { ts, walk } from '../_engine/syntax/tree.ts';

/** Specifiers as they were → as they are, with their quotes. */
type Specifiers = ReadonlyMap<string, string>;

interface Following {
  readonly shared: SharedPackage;
  /** Generated files are rendered again. */
  readonly isOurs: (path: RelPath) => boolean;
}

/** Has the user's files import what moved from its new place; what was changed in each. */
export function followImports(
  draft: Draft,
  heads: readonly ServiceHead[],
  moved: ReadonlyMap<RelPath, RelPath | undefined>,
  { isOurs, shared }: Following,
): ReadonlyMap<RelPath, Specifiers> {
  const { repo } = draft;
  const followed = new Map<RelPath, Specifiers>();
  for (const head of heads) {
    const survey = openSurvey(repo, head);
    for (const path of [...survey.files, ...survey.tests]) {
      if (isOurs(path)) continue;
      const specifiers = new Map<string, string>();
      const changes = literalsIn(survey, path).flatMap(({ end, start, text }): readonly TextChange[] => {
        const target = moved.get(survey.names.module(path, text) ?? path);
        if (target === undefined) return [];
        const quote = survey.text(path).charAt(start);
        const wanted = `${quote}${sharedSpecifier(shared, path, target)}${quote}`;
        specifiers.set(survey.text(path).slice(start, end), wanted);
        return [{ start, end, text: wanted }];
      });
      if (changes.length === 0) continue;
      draft.patch(path, 'registration', () => changes);
      followed.set(path, specifiers);
    }
  }
  return followed;
}

/** Relative and aliased specifiers: of imports and exports, and what calls such as `import()` and `vi.mock()` are given first. */
function literalsIn(
  survey: Survey,
  path: RelPath,
): readonly Readonly<{ start: number; end: number; text: string }>[] {
  const found: { start: number; end: number; text: string }[] = [];
  walk(survey.tree(path), (node) => {
    const isSpecifier =
      ts.isStringLiteral(node) &&
      (ts.isImportDeclaration(node.parent) ||
        ts.isExportDeclaration(node.parent) ||
        (ts.isLiteralTypeNode(node.parent) && ts.isImportTypeNode(node.parent.parent)) ||
        (ts.isCallExpression(node.parent) && node.parent.arguments[0] === node));
    if (isSpecifier) found.push({ start: node.getStart(), end: node.end, text: node.text });
    return true;
  });
  return found;
}

/** A recorded file whose insertions name modules by what they are now. */
export function withSpecifiers(file: RecordedFile, changed: Specifiers | undefined): RecordedFile {
  if (file.kind !== 'patched' || changed === undefined) return file;
  const now = (text: string): string =>
    [...changed].reduce((before, [from, to]) => before.replaceAll(from, to), text);
  const patches = file.patches.map((patch) => ({
    ...patch,
    insertions: patch.insertions.map((insertion) => ({
      ...insertion,
      text: now(insertion.text),
      ...(insertion.replaced === undefined ? {} : { replaced: now(insertion.replaced) }),
    })),
  }));
  return { ...file, patches };
}
