import type { RelPath } from '../model/paths.ts';
import { ts, walk } from '../syntax/tree.ts';
import { memberOf, propertyOf, receiverOf, unwrap } from '../syntax/expressions.ts';
import type { Survey } from './survey.ts';
import { findCalls, type Use } from '../syntax/calls.ts';

/** An argument of a call, and the file that it stands in. */
export interface Argument {
  readonly expression: ts.Expression;
  readonly file: RelPath;
}

/** What a loop calls each element: `plugin`, `{ plugin, options }` or `[plugin, options]`. */
interface Loop {
  readonly binding: ts.BindingName;
  readonly list: ts.Expression;
}

/**
 * The arguments with which a call is made, once for each time: for a call in a loop over an array literal those that
 * its elements give, else its own.
 */
export function argumentsOf(
  survey: Survey,
  call: ts.CallExpression,
  file: RelPath,
): readonly (readonly Argument[])[] {
  const own = call.arguments.map((expression) => ({ expression, file }));
  const loop = loopAround(call);
  const found = loop === undefined ? undefined : survey.names.value(loop.list, file);
  if (loop === undefined || found === undefined || !ts.isArrayLiteralExpression(found.node)) return [own];
  return found.node.elements.map((element) =>
    own.flatMap(({ expression }) => {
      const given = partOf(element, loop.binding, unwrap(expression));
      return given === undefined ? [{ expression, file }] : [{ expression: given, file: found.file }];
    }),
  );
}

function loopAround(call: ts.CallExpression): Loop | undefined {
  const holder = ts.findAncestor(call.parent, (node) => ts.isFunctionLike(node) || ts.isForOfStatement(node));
  if (holder === undefined) return undefined;
  if (ts.isForOfStatement(holder)) {
    const [declaration] = ts.isVariableDeclarationList(holder.initializer)
      ? holder.initializer.declarations
      : [];
    return declaration && { binding: declaration.name, list: holder.expression };
  }
  const { parent } = holder;
  if (!ts.isFunctionLike(holder) || !ts.isCallExpression(parent)) return undefined;
  const list = receiverOf(parent.expression);
  const [parameter] = holder.parameters;
  const isEach = /^(?:forEach|map)$/.test(memberOf(parent.expression) ?? '');
  return isEach && list !== undefined && parameter !== undefined
    ? { binding: parameter.name, list }
    : undefined;
}

/** What an expression of the loop's body stands for in one element; undefined when it is not about the element. */
function partOf(
  element: ts.Expression,
  binding: ts.BindingName,
  used: ts.Expression,
): ts.Expression | undefined {
  if (ts.isIdentifier(binding)) {
    if (used.getText() === binding.text) return element;
    const receiver = receiverOf(used);
    const member = memberOf(used);
    return receiver?.getText() === binding.text && member !== undefined
      ? propertyOf(element, member)
      : undefined;
  }
  const name = used.getText();
  if (ts.isObjectBindingPattern(binding)) {
    const bound = binding.elements.find((one) => one.name.getText() === name);
    return bound && propertyOf(element, (bound.propertyName ?? bound.name).getText());
  }
  const index = binding.elements.findIndex((one) => ts.isBindingElement(one) && one.name.getText() === name);
  const bare = unwrap(element);
  return index >= 0 && ts.isArrayLiteralExpression(bare) ? bare.elements[index] : undefined;
}

/** What is done to one instance, and the file in which it is. */
export interface CallsInFile {
  readonly file: RelPath;
  readonly uses: readonly Use[];
}

/** What classes of the service do to the instance that they are made with: `new UserHandlers(app).handleRoutes()`. */
export function classCalls(
  survey: Survey,
  scope: ts.Node,
  instance: string,
  file: RelPath,
): readonly CallsInFile[] {
  const found: CallsInFile[] = [];
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
  return [...findCalls(maker.body, [text]), ...findCalls(made, fields)];
}
