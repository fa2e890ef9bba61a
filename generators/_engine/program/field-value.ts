import type { RelPath } from '../model/paths.ts';
import { ts, walk } from '../syntax/tree.ts';
import { unwrap } from '../syntax/expressions.ts';
import type { Survey } from './survey.ts';

/** Where the value of a field is written. */
export interface FieldValue {
  readonly expression: ts.Expression;
  readonly file: RelPath;
}

/**
 * What `this.secret` is: the field's initializer, or what the one `new` of the class gives to the constructor. Undefined
 * when it is neither, or when the class is made in more than one place.
 */
export function findFieldValue(survey: Survey, bare: ts.Expression, file: RelPath): FieldValue | undefined {
  if (!ts.isPropertyAccessExpression(bare) || bare.expression.kind !== ts.SyntaxKind.ThisKeyword)
    return undefined;
  const owner = ts.findAncestor(bare, ts.isClassLike);
  if (owner === undefined) return undefined;
  const field = bare.name.text;
  const declared = owner.members.find(
    (member) => ts.isPropertyDeclaration(member) && member.name.getText() === field,
  );
  const initializer = declared !== undefined && ts.isPropertyDeclaration(declared) && declared.initializer;
  if (initializer) return { expression: initializer, file };
  const index = parameterOf(owner, field);
  return index < 0 || owner.name === undefined ? undefined : givenTo(survey, owner.name.text, index);
}

/** The parameter that the constructor keeps in the field: `private readonly secret`, or `this.secret = secret`. */
function parameterOf(owner: ts.ClassLikeDeclaration, field: string): number {
  const made = owner.members.find(ts.isConstructorDeclaration);
  if (made === undefined) return -1;
  const kept = made.parameters.findIndex(
    (one) => one.name.getText() === field && ts.isParameterPropertyDeclaration(one, made),
  );
  if (kept >= 0) return kept;
  const text = made.body?.getText() ?? '';
  const [, assigned] = new RegExp(`this\\.${field.replace('$', '\\$')} = ([\\w$]+)\\b`).exec(text) ?? [];
  return made.parameters.findIndex((one) => one.name.getText() === assigned);
}

function givenTo(survey: Survey, name: string, index: number): FieldValue | undefined {
  const given: FieldValue[] = [];
  for (const file of survey.mentioning(new RegExp(`\\bnew ${name.replace('$', '\\$')}\\(`))) {
    walk(survey.tree(file), (node) => {
      const isMade = ts.isNewExpression(node) && unwrap(node.expression).getText() === name;
      const expression = isMade ? node.arguments?.[index] : undefined;
      if (expression !== undefined) given.push({ expression, file });
      return true;
    });
  }
  const [first] = given;
  return new Set(given.map(({ expression }) => expression.getText())).size === 1 ? first : undefined;
}
