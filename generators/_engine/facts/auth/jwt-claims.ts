import type { RelPath } from '../../model/paths.ts';
import { ts, walk } from '../../syntax/tree.ts';
import { keyOf, unwrap } from '../../syntax/expressions.ts';
import { importsOf } from '../../syntax/imports.ts';
import type { Sign } from './jwt-signs.ts';
import type { Survey } from '../../program/survey.ts';

/** The keys of what is signed, in order: from the object itself, else from the type of what is signed. */
export function claimsOf(survey: Survey, signs: readonly Sign[]): readonly string[] {
  const keys = signs.flatMap((sign) => {
    const payload = sign.payload ?? signerPayload(sign);
    return payload === undefined ? [] : keysOf(survey, payload, sign.path);
  });
  return [...new Set(keys)];
}

/** `const sign = createSigner(…)`: what it is called with in the same file. */
function signerPayload({ call }: Sign): ts.Expression | undefined {
  const { parent } = call;
  if (!ts.isVariableDeclaration(parent) || !ts.isIdentifier(parent.name)) return undefined;
  const { text } = parent.name;
  let payload: ts.Expression | undefined;
  walk(call.getSourceFile(), (node) => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === text)
      payload ??= node.arguments[0];
    return true;
  });
  return payload;
}

function keysOf(survey: Survey, payload: ts.Expression, file: RelPath): readonly string[] {
  const found = survey.names.value(payload, file);
  if (found === undefined) return [];
  if (ts.isParameter(found.node)) return typeKeys(survey, found.node.type, found.file);
  if (!ts.isExpression(found.node)) return [];
  const object = unwrap(found.node);
  if (!ts.isObjectLiteralExpression(object)) return [];
  return object.properties.flatMap((member) => {
    if (ts.isSpreadAssignment(member)) return spreadKeys(survey, member.expression, found.file);
    const key = keyOf(member.name);
    return key === undefined ? [] : [key];
  });
}

/** `...(user.tenant && { tenant: user.tenant })` and `...claims`. */
function spreadKeys(survey: Survey, expression: ts.Expression, file: RelPath): readonly string[] {
  const bare = unwrap(expression);
  if (ts.isBinaryExpression(bare)) return keysOf(survey, bare.right, file);
  if (ts.isConditionalExpression(bare))
    return [...keysOf(survey, bare.whenTrue, file), ...keysOf(survey, bare.whenFalse, file)];
  return keysOf(survey, bare, file);
}

export function typeKeys(
  survey: Survey,
  type: ts.TypeNode | undefined,
  file: RelPath,
  hops = 0,
): readonly string[] {
  if (type === undefined || hops > 4) return [];
  if (ts.isTypeLiteralNode(type)) return memberKeys(type.members);
  if (!ts.isTypeReferenceNode(type) || !ts.isIdentifier(type.typeName)) return [];
  const name = type.typeName.text;
  const [of, picked] = type.typeArguments ?? [];
  if (name === 'Pick') return literalsOf(picked);
  if (name === 'Omit')
    return typeKeys(survey, of, file, hops + 1).filter((key) => !literalsOf(picked).includes(key));
  for (const statement of survey.tree(file).statements) {
    if (ts.isInterfaceDeclaration(statement) && statement.name.text === name)
      return memberKeys(statement.members);
    if (ts.isTypeAliasDeclaration(statement) && statement.name.text === name)
      return typeKeys(survey, statement.type, file, hops + 1);
  }
  const imported = importsOf(survey.tree(file)).get(name);
  const target = imported === undefined ? undefined : survey.names.module(file, imported.from);
  return imported === undefined || target === undefined
    ? []
    : typeKeys(survey, ts.factory.createTypeReferenceNode(imported.name), target, hops + 1);
}

/** `'sub' | 'email'` */
function literalsOf(type: ts.TypeNode | undefined): readonly string[] {
  if (type === undefined) return [];
  if (ts.isUnionTypeNode(type)) return type.types.flatMap(literalsOf);
  return ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal) ? [type.literal.text] : [];
}

function memberKeys(members: ts.NodeArray<ts.TypeElement>): readonly string[] {
  return members.flatMap(({ name }) => {
    const key = name === undefined ? undefined : keyOf(name);
    return key === undefined ? [] : [key];
  });
}
