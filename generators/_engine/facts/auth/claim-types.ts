import type { RelPath } from '../../model/paths.ts';
import type { Survey } from '../../program/survey.ts';
import { isFunctionNode, keyOf, memberOf, receiverOf, unwrap } from '../../syntax/expressions.ts';
import { findDeclaration, importsOf } from '../../syntax/symbols.ts';
import { ts } from '../../syntax/tree.ts';

/** A type that generated code can write as it is: JSON carries it, and no name of another file is in it. */
export type ClaimType = string;

const unknown = 'unknown';
const maxHops = 5;

interface TypeNode {
  readonly node: ts.TypeNode;
  readonly file: RelPath;
}

/** The type of an expression by what its declarations say; `unknown` where only a compiler could tell. */
export function claimTypeOf(survey: Survey, expression: ts.Expression, file: RelPath, hops = 0): ClaimType {
  if (hops > maxHops) return unknown;
  const bare = unwrap(expression);
  if (ts.isStringLiteralLike(bare) || ts.isTemplateExpression(bare)) return 'string';
  if (ts.isNumericLiteral(bare)) return 'number';
  if (bare.kind === ts.SyntaxKind.TrueKeyword || bare.kind === ts.SyntaxKind.FalseKeyword) return 'boolean';
  const next = (inner: ts.Expression): ClaimType => claimTypeOf(survey, inner, file, hops + 1);
  if (ts.isArrayLiteralExpression(bare)) {
    const types = new Set(bare.elements.map(next));
    const [only] = types;
    return only !== undefined && types.size === 1 && only !== unknown ? `${only}[]` : unknown;
  }
  if (ts.isBinaryExpression(bare)) return common(next(bare.left), next(bare.right));
  if (ts.isConditionalExpression(bare)) return common(next(bare.whenTrue), next(bare.whenFalse));
  if (ts.isCallExpression(bare) && /^(?:String|join|toString|toISOString)$/.test(calledName(bare)))
    return 'string';
  const declared = typeNodeOf(survey, bare, file, hops);
  if (declared !== undefined) return printed(survey, declared);
  const found = survey.names.value(bare, file);
  const isElsewhere = found !== undefined && found.node !== bare && ts.isExpression(found.node);
  return isElsewhere ? claimTypeOf(survey, found.node, found.file, hops + 1) : unknown;
}

/** The type of a member of a type; `unknown` where it has none that can be written. */
export function memberTypeOf(
  survey: Survey,
  type: ts.TypeNode | undefined,
  file: RelPath,
  name: string,
): ClaimType {
  const found = type === undefined ? undefined : memberType(survey, { node: type, file }, name);
  return found === undefined ? unknown : printed(survey, found);
}

function common(a: ClaimType, b: ClaimType): ClaimType {
  return a === b ? a : unknown;
}

function calledName({ expression }: ts.CallExpression): string {
  return memberOf(expression) ?? expression.getText();
}

/** What a name or a member is declared as, or what the function that makes it says that it returns. */
export function declaredTypeOf(
  survey: Survey,
  expression: ts.Expression,
  file: RelPath,
): Readonly<{ node: ts.TypeNode; file: RelPath }> | undefined {
  return typeNodeOf(survey, unwrap(expression), file, 0);
}

function typeNodeOf(survey: Survey, bare: ts.Expression, file: RelPath, hops: number): TypeNode | undefined {
  if (hops > maxHops) return undefined;
  const receiver = receiverOf(bare);
  const member = memberOf(bare);
  if (receiver !== undefined && member !== undefined) {
    const owner = typeNodeOf(survey, receiver, file, hops + 1);
    return owner && memberType(survey, owner, member);
  }
  if (ts.isCallExpression(bare)) {
    const made = survey.names.value(bare.expression, file);
    const type = made !== undefined && isFunctionNode(made.node) ? made.node.type : undefined;
    return made === undefined || type === undefined ? undefined : { node: type, file: made.file };
  }
  const declared = ts.isIdentifier(bare) ? findDeclaration(bare, bare.text) : undefined;
  if (declared === undefined) return undefined;
  if (ts.isParameter(declared) || ts.isVariableDeclaration(declared)) {
    if (declared.type !== undefined) return { node: declared.type, file };
    return declared.initializer && typeNodeOf(survey, unwrap(declared.initializer), file, hops + 1);
  }
  if (!ts.isBindingElement(declared) || !ts.isObjectBindingPattern(declared.parent)) return undefined;
  const holder = declared.parent.parent;
  const whole = ts.isVariableDeclaration(holder) || ts.isParameter(holder) ? holder : undefined;
  const owner: TypeNode | undefined =
    whole?.type === undefined
      ? whole?.initializer && typeNodeOf(survey, unwrap(whole.initializer), file, hops + 1)
      : { node: whole.type, file };
  return owner && memberType(survey, owner, (declared.propertyName ?? declared.name).getText());
}

function memberType(survey: Survey, type: TypeNode, name: string, hops = 0): TypeNode | undefined {
  const { file, node } = type;
  if (hops > maxHops) return undefined;
  if (ts.isParenthesizedTypeNode(node)) return memberType(survey, { node: node.type, file }, name, hops + 1);
  if (ts.isUnionTypeNode(node) || ts.isIntersectionTypeNode(node)) {
    for (const one of node.types) {
      const found = memberType(survey, { node: one, file }, name, hops + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (ts.isTypeLiteralNode(node)) return memberIn(node.members, file, name);
  if (!ts.isTypeReferenceNode(node) || !ts.isIdentifier(node.typeName)) return undefined;
  const [first] = node.typeArguments ?? [];
  if (/^(?:Promise|Readonly|Partial|Required|Pick|Omit|NonNullable)$/.test(node.typeName.text))
    return first && memberType(survey, { node: first, file }, name, hops + 1);
  return memberOfNamed(survey, node.typeName.text, file, name, hops);
}

function memberOfNamed(
  survey: Survey,
  typeName: string,
  file: RelPath,
  name: string,
  hops: number,
): TypeNode | undefined {
  for (const statement of survey.tree(file).statements) {
    if (ts.isInterfaceDeclaration(statement) && statement.name.text === typeName)
      return memberIn(statement.members, file, name);
    if (ts.isTypeAliasDeclaration(statement) && statement.name.text === typeName)
      return memberType(survey, { node: statement.type, file }, name, hops + 1);
  }
  const imported = importsOf(survey.tree(file)).get(typeName);
  const target = imported === undefined ? undefined : survey.names.module(file, imported.from);
  if (imported === undefined || target === undefined || hops > maxHops) return undefined;
  return memberOfNamed(survey, imported.name, target, name, hops + 1);
}

function memberIn(members: ts.NodeArray<ts.TypeElement>, file: RelPath, name: string): TypeNode | undefined {
  const found = members.find((one) => one.name !== undefined && keyOf(one.name) === name);
  const type = found !== undefined && ts.isPropertySignature(found) ? found.type : undefined;
  return type && { node: type, file };
}

/** Keywords, literals, and arrays and unions of them; a name of the file is followed once. */
function printed(survey: Survey, { file, node }: TypeNode, hops = 0): ClaimType {
  const inner = (one: ts.TypeNode): ClaimType => printed(survey, { node: one, file }, hops + 1);
  if (hops > maxHops) return unknown;
  if (ts.isParenthesizedTypeNode(node)) return inner(node.type);
  if (ts.isTypeOperatorNode(node)) return inner(node.type);
  if (/^(?:string|number|boolean)$/.test(node.getText())) return node.getText();
  if (ts.isLiteralTypeNode(node)) return literal(node);
  if (ts.isArrayTypeNode(node)) return arrayOf(inner(node.elementType));
  if (ts.isUnionTypeNode(node)) return unionOf(node.types.filter((one) => !isNothing(one)).map(inner));
  if (!ts.isTypeReferenceNode(node) || !ts.isIdentifier(node.typeName)) return unknown;
  const [first] = node.typeArguments ?? [];
  if (/^(?:Array|ReadonlyArray)$/.test(node.typeName.text)) return first ? arrayOf(inner(first)) : unknown;
  // JSON has no dates.
  if (node.typeName.text === 'Date') return 'string';
  for (const statement of survey.tree(file).statements) {
    if (ts.isTypeAliasDeclaration(statement) && statement.name.text === node.typeName.text)
      return inner(statement.type);
  }
  return unknown;
}

function literal({ literal: value }: ts.LiteralTypeNode): ClaimType {
  return ts.isStringLiteral(value) ? 'string' : ts.isNumericLiteral(value) ? 'number' : 'boolean';
}

function isNothing(node: ts.TypeNode): boolean {
  return /^(?:undefined|null)$/.test(node.getText());
}

function arrayOf(type: ClaimType): ClaimType {
  return type === unknown ? unknown : type.includes('|') ? `(${type})[]` : `${type}[]`;
}

function unionOf(types: readonly ClaimType[]): ClaimType {
  const all = new Set(types);
  return all.has(unknown) || all.size === 0 ? unknown : [...all].join(' | ');
}
