import type { Obstacle } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { ServiceHead } from '../_engine/model/service.ts';
import { stringOf } from '../_engine/syntax/expressions.ts';
import { requiredModule } from '../_engine/syntax/imports.ts';
import { openSurvey } from '../_engine/program/survey.ts';
import { lineOf, ts, walk } from '../_engine/syntax/tree.ts';

/** One obstacle for each import of a file that is to go, in a file that stays. `after` is the repo without them. */
export function findImporters(
  before: Repo,
  after: Repo,
  heads: readonly ServiceHead[],
  gone: ReadonlySet<string>,
): readonly Obstacle[] {
  return heads.flatMap((head) => {
    const { names } = openSurvey(before, head);
    const staying = openSurvey(after, head);
    return [...staying.files, ...staying.tests].flatMap((path) => {
      const tree = staying.tree(path);
      return specifiers(tree).flatMap(({ text, offset }) => {
        const target = names.module(path, text);
        return target !== undefined && gone.has(target) ? [inUse(path, lineOf(tree, offset), target)] : [];
      });
    });
  });
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

function inUse(path: RelPath, line: number, target: RelPath): Obstacle {
  return {
    code: 'E_IN_USE',
    at: { path, line },
    message: `${path}:${String(line)} imports ${target}, which would be removed.`,
    remedy: 'Remove that import first, or also name the generator that added it.',
  };
}
