import type { RelPath } from '../../model/paths.ts';
import { ts } from '../../syntax/tree.ts';
import { resolverOf } from '../../program/container.ts';
import { isFunctionNode, stringOf, unwrap } from '../../syntax/expressions.ts';
import { isFastifyPlugin } from '../../program/plugin-functions.ts';
import type { Survey } from '../../program/survey.ts';

/** What a registered expression is called in the code: its identifier, else what its module or prefix suggests. */
export function pluginName(survey: Survey, expression: ts.Expression, file: RelPath, prefix: string): string {
  const bare = unwrap(expression);
  if (ts.isIdentifier(bare) || ts.isPropertyAccessExpression(bare)) return bare.getText();
  if (ts.isCallExpression(bare)) {
    const [first] = bare.arguments;
    if (bare.expression.kind === ts.SyntaxKind.ImportKeyword) return moduleName(stringOf(first) ?? '');
    const isWrapped = first !== undefined && isFastifyPlugin(survey, bare.expression, file);
    return isWrapped ? pluginName(survey, first, file, prefix) : bare.expression.getText();
  }
  const ownName = isFunctionNode(bare) ? bare.name?.getText() : undefined;
  return ownName ?? (prefix.replace(/^\/+/, '').replaceAll('/', '-') || 'inline');
}

const maxNameChars = 300;

/** `./routes/user-orders.js` → `userOrders` */
function moduleName(specifier: string): string {
  const parts = specifier
    .slice(-maxNameChars)
    .replace(/\.[cm]?[jt]s$/, '')
    .replace(/\/index$/, '')
    .split('/');
  return (parts.at(-1) ?? specifier).replace(/[-._]+(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** What the plugin's own file calls it: an exported name, or `default`. */
export function exportedName(survey: Survey, expression: ts.Expression, file: RelPath): string | undefined {
  const bare = unwrap(expression);
  if (ts.isIdentifier(bare)) return survey.names.importOf(bare, file)?.name ?? bare.text;
  if (!ts.isCallExpression(bare)) return undefined;
  if (bare.expression.kind === ts.SyntaxKind.ImportKeyword) return 'default';
  const [first] = bare.arguments;
  const isWrapper =
    isFastifyPlugin(survey, bare.expression, file) || resolverOf(survey, bare.expression, file) !== undefined;
  return exportedName(survey, first !== undefined && isWrapper ? first : bare.expression, file);
}
