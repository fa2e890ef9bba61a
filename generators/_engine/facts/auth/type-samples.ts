import type { RelPath } from '../../model/paths.ts';
import { findTypeDeclaration } from '../../program/declared-types.ts';
import type { Survey } from '../../program/survey.ts';
import { keyOf } from '../../syntax/expressions.ts';
import { printKey, printString } from '../../syntax/print.ts';
import { ts } from '../../syntax/tree.ts';

/** A value of a type, for a call in a test. */
export interface Sample {
  /** TypeScript. */
  readonly code: string;
  /** What a token says for it; absent for what is neither a text nor a number. */
  readonly text?: string;
  /** Of an object; `code` is empty then. */
  readonly members?: ReadonlyMap<string, Sample>;
}

/** Where types are read, and the texts that members of some names must have. */
export interface SampleScope {
  readonly survey: Survey;
  readonly file: RelPath;
  readonly textOf: (name: string) => string | undefined;
}

const maxHops = 5;
/** Members that the libraries set themselves: a value would be one of our own. */
const ofTimes = /^(?:exp|iat|nbf|jti)$/;
const optionalWanted = /^(?:email|tenant|tenantId|tenant_id|org|orgId|org_id)$/;

export function printSample({ code, members }: Sample): string {
  if (members === undefined) return code;
  const entries = [...members].map(([name, one]) => `${printKey(name)}: ${printSample(one)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

export function memberAt(sample: Sample | undefined, path: readonly string[]): Sample | undefined {
  return path.reduce<Sample | undefined>((at, name) => at?.members?.get(name), sample);
}

/** A text that says what it is for, unless it is given. */
export function textSample(name: string, text: string = usualText(name)): Sample {
  return { code: printString(text), text };
}

function usualText(name: string): string {
  if (/mail/i.test(name)) return 'user@example.com';
  if (/^(?:tenant|org)/.test(name)) return 'tenant-1';
  const isId = /^(?:sub|_?id|u?uid|(?:user|account)_?(?:id|uuid))$/i.test(name);
  return isId ? 'user-1' : `some ${name}`;
}

/** An object of texts. */
export function objectSample(names: readonly string[], textOf: SampleScope['textOf']): Sample {
  const own = names.filter((name) => !ofTimes.test(name));
  return { code: '', members: new Map(own.map((name) => [name, textSample(name, textOf(name))])) };
}

/** A value of a type that is written out in the service's own code; undefined for every other type. */
export function typeSample(
  scope: SampleScope,
  type: ts.TypeNode,
  name: string,
  hops = 0,
): Sample | undefined {
  if (hops > maxHops) return undefined;
  const next = (inner: ts.TypeNode, at = scope): Sample | undefined => typeSample(at, inner, name, hops + 1);
  if (ts.isParenthesizedTypeNode(type) || ts.isTypeOperatorNode(type)) return next(type.type);
  if (ts.isUnionTypeNode(type)) return type.types.map((one) => next(one)).find((one) => one !== undefined);
  if (ts.isArrayTypeNode(type)) return { code: '[]' };
  if (ts.isTypeLiteralNode(type)) return membersSample(scope, type.members, hops);
  if (ts.isLiteralTypeNode(type)) return literalSample(type);
  if (ts.isIntersectionTypeNode(type)) return merged(type.types.map((one) => next(one)));
  if (!ts.isTypeReferenceNode(type)) return keywordSample(type, scope, name);
  return namedSample(scope, type, name, hops);
}

function keywordSample({ kind }: ts.TypeNode, { textOf }: SampleScope, name: string): Sample | undefined {
  if (kind === ts.SyntaxKind.StringKeyword) return textSample(name, textOf(name));
  if (kind === ts.SyntaxKind.NumberKeyword) return { code: '42', text: '42' };
  return kind === ts.SyntaxKind.BooleanKeyword ? { code: 'true' } : undefined;
}

function literalSample({ literal }: ts.LiteralTypeNode): Sample | undefined {
  if (ts.isStringLiteral(literal)) return textSample('', literal.text);
  if (ts.isNumericLiteral(literal)) return { code: literal.text, text: literal.text };
  return /^(?:true|false)$/.test(literal.getText()) ? { code: literal.getText() } : undefined;
}

function merged(parts: readonly (Sample | undefined)[]): Sample | undefined {
  const members = parts.flatMap((part) => [...(part?.members ?? [])]);
  const isWhole = parts.every((part) => part?.members !== undefined);
  return isWhole ? { code: '', members: new Map(members) } : undefined;
}

function membersSample(
  scope: SampleScope,
  types: ts.NodeArray<ts.TypeElement>,
  hops: number,
): Sample | undefined {
  const members = new Map<string, Sample>();
  for (const member of types) {
    const name = member.name === undefined ? undefined : keyOf(member.name);
    const isOptional = member.questionToken !== undefined;
    if (isOptional && (name === undefined || !optionalWanted.test(name))) continue;
    const type = ts.isPropertySignature(member) ? member.type : undefined;
    const sample =
      name === undefined || type === undefined || ofTimes.test(name)
        ? undefined
        : typeSample(scope, type, name, hops + 1);
    if (name !== undefined && sample !== undefined) members.set(name, sample);
    else if (!isOptional) return undefined;
  }
  return { code: '', members };
}

function namedSample(
  scope: SampleScope,
  { typeArguments, typeName }: ts.TypeReferenceNode,
  name: string,
  hops: number,
): Sample | undefined {
  if (!ts.isIdentifier(typeName)) return undefined;
  const [of, picked] = typeArguments ?? [];
  const inner = of === undefined ? undefined : typeSample(scope, of, name, hops + 1);
  if (/^(?:Array|ReadonlyArray)$/.test(typeName.text)) return { code: '[]' };
  if (/^(?:Readonly|Required|Partial|NonNullable)$/.test(typeName.text)) return inner;
  if (/^(?:Pick|Omit)$/.test(typeName.text)) {
    const listed = literalsOf(picked);
    const isKept = (key: string): boolean => listed.includes(key) === (typeName.text === 'Pick');
    const members = [...(inner?.members ?? [])].filter(([key]) => isKept(key));
    return members.length === 0 ? undefined : { code: '', members: new Map(members) };
  }
  const found = findTypeDeclaration(scope.survey, typeName.text, scope.file);
  if (found === undefined) return undefined;
  const there = { ...scope, file: found.file };
  if (ts.isTypeAliasDeclaration(found.node)) return typeSample(there, found.node.type, name, hops + 1);
  return found.node.heritageClauses === undefined
    ? membersSample(there, found.node.members, hops + 1)
    : undefined;
}

/** `'sub' | 'email'` */
function literalsOf(type: ts.TypeNode | undefined): readonly string[] {
  if (type === undefined) return [];
  if (ts.isUnionTypeNode(type)) return type.types.flatMap(literalsOf);
  return ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal) ? [type.literal.text] : [];
}
