import type { RelPath } from '../model/paths.ts';
import { ts, walk } from '../syntax/tree.ts';
import { unwrap } from '../syntax/expressions.ts';
import type { Survey } from './survey.ts';
import { findUses, type Use } from '../syntax/uses.ts';

/** What is done to one instance, and the file in which it is. */
export interface UsesInFile {
  readonly file: RelPath;
  readonly uses: readonly Use[];
}

/** What classes of the service do to the instance that they are made with: `new UserHandlers(app).handleRoutes()`. */
export function classUses(
  survey: Survey,
  scope: ts.Node,
  instance: string,
  file: RelPath,
): readonly UsesInFile[] {
  const found: UsesInFile[] = [];
  walk(scope, (node) => {
    if (!ts.isNewExpression(node)) return true;
    const index = (node.arguments ?? []).findIndex((argument) => unwrap(argument).getText() === instance);
    const made = index === -1 ? undefined : survey.names.value(node.expression, file);
    if (made !== undefined && ts.isClassLike(made.node))
      found.push({ file: made.file, uses: usesOf(made.node, index) });
    return true;
  });
  return found;
}

/** By the constructor's parameter, and in every method by the field that it is or that is set to it. */
function usesOf(made: ts.ClassLikeDeclaration, index: number): readonly Use[] {
  const maker = made.members.filter(ts.isConstructorDeclaration).find(({ body }) => body !== undefined);
  const parameter = maker?.parameters[index];
  if (maker?.body === undefined || parameter === undefined || !ts.isIdentifier(parameter.name)) return [];
  const { text } = parameter.name;
  const fields = ts.isParameterPropertyDeclaration(parameter, maker) ? [`this.${text}`] : [];
  walk(maker.body, (node) => {
    const isSet = ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken;
    if (isSet && unwrap(node.right).getText() === text) fields.push(node.left.getText());
    return true;
  });
  return [...findUses(maker.body, [text]), ...findUses(made, fields)];
}
