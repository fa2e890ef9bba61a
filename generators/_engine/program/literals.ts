import type { RelPath } from '../model/paths.ts';
import { ts } from '../syntax/tree.ts';
import { stringOf, unwrap } from '../syntax/expressions.ts';
import type { Survey } from './survey.ts';

/** The text that an expression has for certain: literals, constants and templates made of them. */
export function literalText(
  survey: Survey,
  expression: ts.Expression | undefined,
  file: RelPath,
): string | undefined {
  if (expression === undefined) return undefined;
  const bare = unwrap(expression);
  const text = stringOf(bare);
  if (text !== undefined) return text;
  if (ts.isTemplateExpression(bare)) {
    const parts = bare.templateSpans.map(
      (span) => [literalText(survey, span.expression, file), span.literal.text] as const,
    );
    return parts.every(([hole]) => hole !== undefined)
      ? bare.head.text + parts.map(([hole, rest]) => `${hole ?? ''}${rest}`).join('')
      : undefined;
  }
  if (ts.isBinaryExpression(bare) && bare.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const left = literalText(survey, bare.left, file);
    const right = literalText(survey, bare.right, file);
    return left === undefined || right === undefined ? undefined : left + right;
  }
  const found = survey.names.value(bare, file);
  return found === undefined || found.node === bare || !ts.isExpression(found.node)
    ? undefined
    : literalText(survey, found.node, found.file);
}
