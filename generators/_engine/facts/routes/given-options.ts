import type { RelPath } from '../../model/paths.ts';
import type { Argument } from '../../program/plugin-functions.ts';
import type { Survey } from '../../program/survey.ts';
import { type FunctionNode, memberOf, propertyOf, receiverOf, unwrap } from '../../syntax/expressions.ts';
import { ts } from '../../syntax/tree.ts';

/** What an expression stands for in one run of the code around it; `absent`: it is certainly undefined there. */
export type Given = (used: ts.Expression) => Argument | 'absent' | undefined;

export const nothingGiven: Given = () => undefined;

/** The text of an expression: `` `api/${route.url}` `` in a loop, `options.prefix ?? '/auth'` in a plugin. */
function textGiven(
  survey: Survey,
  expression: ts.Expression,
  file: RelPath,
  given: Given,
): string | undefined {
  const inner = (one: ts.Expression): string | undefined => textGiven(survey, one, file, given);
  const bare = unwrap(expression);
  const found = given(bare);
  if (found === 'absent') return undefined;
  if (found !== undefined) return survey.names.textOf(found.expression, found.file);
  if (ts.isTemplateExpression(bare)) {
    const parts = bare.templateSpans.map((span) => {
      const text = inner(span.expression);
      return text === undefined ? undefined : text + span.literal.text;
    });
    return parts.includes(undefined) ? undefined : bare.head.text + parts.join('');
  }
  if (ts.isBinaryExpression(bare)) {
    const { kind } = bare.operatorToken;
    const isDefault = kind === ts.SyntaxKind.QuestionQuestionToken || kind === ts.SyntaxKind.BarBarToken;
    if (isDefault) return given(unwrap(bare.left)) === 'absent' ? inner(bare.right) : inner(bare.left);
    const [left, right] = [inner(bare.left), inner(bare.right)];
    if (kind === ts.SyntaxKind.PlusToken && left !== undefined && right !== undefined) return left + right;
  }
  return survey.names.textOf(bare, file);
}

/** The prefix among the options of a registration: '' for none, `*` for one that cannot be read. */
export function prefixGiven(survey: Survey, options: Argument | undefined, given: Given): string {
  if (options === undefined) return '';
  const bare = unwrap(options.expression);
  const whole = given(bare);
  if (whole === 'absent') return '';
  if (whole !== undefined) return prefixGiven(survey, whole, nothingGiven);
  const found = survey.names.objectOf(bare, options.file);
  // `register(routes, optionsFor('/users'))`
  if (found === undefined) return ts.isCallExpression(bare) ? '*' : '';
  const prefix = propertyOf(found.node, 'prefix');
  return prefix === undefined ? '' : (textGiven(survey, prefix, found.file, given) ?? '*');
}

/** The options that a plugin is registered with, by the names that its second parameter gives them. */
export function optionsGiven(
  survey: Survey,
  { parameters }: FunctionNode,
  at: RelPath,
  options: Argument | undefined,
): Given {
  const name = parameters[1]?.name;
  if (name === undefined) return nothingGiven;
  const option = (member: string): Argument | 'absent' | undefined => {
    if (options === undefined) return 'absent';
    const found = survey.names.objectOf(options.expression, options.file);
    const value = found && propertyOf(found.node, member);
    if (found === undefined || value !== undefined) return value && { expression: value, file: found.file };
    return found.node.properties.some(ts.isSpreadAssignment) ? undefined : 'absent';
  };
  if (ts.isIdentifier(name)) {
    return (used) => {
      if (used.getText() === name.text) return options ?? 'absent';
      const [receiver, member] = [receiverOf(used), memberOf(used)];
      return receiver?.getText() === name.text && member !== undefined ? option(member) : undefined;
    };
  }
  if (!ts.isObjectBindingPattern(name)) return nothingGiven;
  return (used) => {
    const bound = name.elements.find((one) => one.name.getText() === used.getText());
    const found = bound && option((bound.propertyName ?? bound.name).getText());
    const isDefault = found === 'absent' && bound?.initializer !== undefined;
    return isDefault ? { expression: bound.initializer, file: at } : found;
  };
}
