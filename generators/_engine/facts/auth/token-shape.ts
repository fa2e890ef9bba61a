import type { RelPath } from '../../model/paths.ts';
import type { Survey } from '../../program/survey.ts';
import { keyOf, propertyOf, stringOf, unwrap } from '../../syntax/expressions.ts';
import { ts, walk } from '../../syntax/tree.ts';
import { declaredTypeOf } from './claim-types.ts';
import type { Given } from './jwt-reach.ts';
import { typeKeys } from './jwt-signs.ts';

/** What the code says of the tokens of one call. */
export interface TokenShape {
  /** Claims of the payload, in order. */
  readonly keys: readonly string[];
  /** Claims that are always there, with their texts where those are certain, too. */
  readonly claims: ReadonlyMap<string, readonly string[] | undefined>;
  /** Claims that may be there. */
  readonly possible: ReadonlySet<string>;
  /** More claims may be there. */
  readonly open: boolean;
  readonly values: ReadonlyMap<string, ClaimValue>;
  readonly declared?: ClaimsType | undefined;
}

/** What is read, in its file, with the parameters that it depends on. */
export interface Read {
  readonly survey: Survey;
  readonly file: RelPath;
  readonly given: Given;
}

export interface ClaimsType extends Read {
  readonly type: ts.TypeNode;
}

export interface ClaimValue extends Read {
  readonly expression: ts.Expression;
}

const maxHops = 8;
const nothing: TokenShape = {
  keys: [],
  claims: new Map(),
  possible: new Set(),
  open: true,
  values: new Map(),
};

/** The claims of a payload, through variables, spreads, types, and the arguments of the functions around it. */
export function shapeOf(payload: ts.Expression | undefined, read: Read, hops = 0): TokenShape {
  if (payload === undefined || hops > maxHops) return nothing;
  const { survey, file, given } = read;
  const found = survey.names.value(payload, file);
  if (found === undefined) return nothing;
  const { node } = found;
  if (ts.isParameter(node)) {
    const value = given.get(node);
    const shape = value && shapeOf(value.expression, { survey, ...value }, hops + 1);
    if (shape !== undefined && (!shape.open || shape.keys.length > 0)) return shape;
    return typedShape(node.type, { survey, given, file: found.file });
  }
  const bare = ts.isExpression(node) ? unwrap(node) : undefined;
  if (bare === undefined || !ts.isObjectLiteralExpression(bare)) {
    const declared = declaredTypeOf(survey, payload, file);
    return typedShape(declared?.node, { survey, given, file: declared?.file ?? file });
  }
  const shape = literalShape(bare, { survey, file: found.file, given }, hops);
  return { ...shape, possible: new Set([...shape.possible, ...assignedLater(payload)]) };
}

/** What is there by its type alone. */
function typedShape(type: ts.TypeNode | undefined, read: Read): TokenShape {
  const keys = typeKeys(read.survey, type, read.file);
  if (keys.length === 0) return nothing;
  const claims = new Map(keys.map((key) => [key, undefined]));
  return { ...nothing, keys, claims, open: false, declared: type && { ...read, type } };
}

function literalShape(object: ts.ObjectLiteralExpression, read: Read, hops: number): TokenShape {
  const claims = new Map<string, readonly string[] | undefined>();
  const possible = new Set<string>();
  const values = new Map<string, ClaimValue>();
  const keys: string[] = [];
  let open = false;
  for (const member of object.properties) {
    const key = member.name === undefined ? undefined : keyOf(member.name);
    if (ts.isSpreadAssignment(member)) {
      const { isCertain, shape } = spreadShape(member.expression, read, hops);
      open ||= shape.open;
      keys.push(...shape.keys);
      for (const name of shape.possible) possible.add(name);
      for (const [name, value] of shape.values) values.set(name, value);
      for (const [name, value] of shape.claims)
        if (isCertain) claims.set(name, value);
        else possible.add(name);
    } else if (key === undefined) open = true;
    else {
      const expression = propertyOf(object, key);
      keys.push(key);
      claims.set(key, textsOf(expression, read));
      if (expression !== undefined) values.set(key, { ...read, expression });
    }
  }
  return { keys, claims, possible, open, values };
}

/** `...(user.tenant && { tenant: user.tenant })` and `...claims`. */
function spreadShape(
  expression: ts.Expression,
  read: Read,
  hops: number,
): { isCertain: boolean; shape: TokenShape } {
  const bare = unwrap(expression);
  if (ts.isBinaryExpression(bare)) return { isCertain: false, shape: shapeOf(bare.right, read, hops + 1) };
  if (!ts.isConditionalExpression(bare)) return { isCertain: true, shape: shapeOf(bare, read, hops + 1) };
  const sides = [bare.whenTrue, bare.whenFalse].map((side) => shapeOf(side, read, hops + 1));
  const claims = new Map(sides.flatMap((side) => [...side.claims]));
  const possible = new Set(sides.flatMap((side) => [...side.possible]));
  const values = new Map(sides.flatMap((side) => [...side.values]));
  const keys = sides.flatMap((side) => side.keys);
  const open = sides.some((side) => side.open);
  return { isCertain: false, shape: { keys, claims, possible, values, open } };
}

/** `payload.purpose = 'reset'` after it was made. */
function assignedLater(payload: ts.Expression): readonly string[] {
  const bare = unwrap(payload);
  const keys: string[] = [];
  if (!ts.isIdentifier(bare)) return keys;
  walk(payload.getSourceFile(), (node) => {
    const target =
      ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken
        ? node.left
        : undefined;
    const isIt = target !== undefined && ts.isPropertyAccessExpression(target);
    if (isIt && target.expression.getText() === bare.text) keys.push(target.name.text);
    return true;
  });
  return keys;
}

/** The texts that a claim has for certain: one, or those of a list. */
export function textsOf(
  value: ts.Expression | undefined,
  read: Read,
  hops = 0,
): readonly string[] | undefined {
  if (value === undefined || hops > maxHops) return undefined;
  const { survey, file, given } = read;
  const text = survey.names.textOf(value, file);
  if (text !== undefined) return [text];
  const found = survey.names.value(value, file);
  if (found === undefined) return undefined;
  const known = givenTo(found.node, given);
  if (known !== undefined) return textsOf(known.expression, { survey, ...known }, hops + 1);
  const bare = ts.isExpression(found.node) ? unwrap(found.node) : undefined;
  if (bare === undefined || !ts.isArrayLiteralExpression(bare)) return undefined;
  const texts = bare.elements.map((element) => stringOf(element));
  return texts.every((one) => one !== undefined) ? texts : undefined;
}

/** What a parameter is, or a part of one: `({ purpose }: Claims)`. */
function givenTo(node: ts.Node, given: Given): ReturnType<Given['get']> {
  if (ts.isParameter(node)) return given.get(node);
  if (!ts.isBindingElement(node)) return undefined;
  const owner = given.get(node.parent.parent);
  const expression =
    propertyOf(owner?.expression, (node.propertyName ?? node.name).getText()) ?? node.initializer;
  return owner === undefined || expression === undefined ? undefined : { ...owner, expression };
}
