import type { RelPath } from '../model/paths.ts';
import { callsIn } from '../syntax/calls.ts';
import {
  type FunctionNode,
  isAssignment,
  isFunctionNode,
  keyOf,
  memberOf,
  receiverOf,
  returnsOf,
  stringOf,
  unwrap,
} from '../syntax/expressions.ts';
import { pickNodes, ts } from '../syntax/tree.ts';
import { declarationOfType, declaredType, onlyImplementation, type WrittenType } from './declared-types.ts';
import type { Definition } from './definitions.ts';
import type { Survey } from './survey.ts';

/** A function of the service, and the file that it is in. */
export interface Callee {
  readonly file: RelPath;
  readonly node: FunctionNode;
}

type OwnerNode = ts.ClassLikeDeclaration | ts.ObjectLiteralExpression;

const maxHops = 6;

/**
 * The function that an expression is for certain: by its name, as a member of an object or of a class whose instance
 * the receiver is by its maker or its declared type, or by the one decorator of that name. Undefined for every other.
 */
export function findCallee(
  survey: Survey,
  expression: ts.Expression,
  file: RelPath,
  hops = 0,
): Callee | undefined {
  const bare = unwrap(expression);
  const found = survey.names.value(bare, file);
  if (found !== undefined && isFunctionNode(found.node)) return { file: found.file, node: found.node };
  if (hops > maxHops) return undefined;
  if (ts.isCallExpression(bare)) {
    const isBound = memberOf(bare.expression) === 'bind';
    const bound = isBound ? receiverOf(bare.expression) : undefined;
    return bound && findCallee(survey, bound, file, hops + 1);
  }
  const receiver = receiverOf(bare);
  const member = memberOf(bare);
  if (receiver === undefined || member === undefined) return undefined;
  const owner = ownerOf(survey, receiver, file, hops + 1);
  if (owner !== undefined) return methodOf(survey, owner, member, hops + 1);
  const decorated = decoratedValue(survey, member);
  return decorated === undefined || !ts.isExpression(decorated.node)
    ? undefined
    : findCallee(survey, decorated.node, decorated.file, hops + 1);
}

interface Owner extends Definition {
  readonly node: OwnerNode;
}

/** The class or the object that a method is called on. */
function ownerOf(survey: Survey, expression: ts.Expression, file: RelPath, hops: number): Owner | undefined {
  if (hops > maxHops) return undefined;
  const bare = unwrap(expression);
  if (bare.kind === ts.SyntaxKind.ThisKeyword) return asOwner(ts.findAncestor(bare, ts.isClassLike), file);
  const found = survey.names.value(bare, file);
  if (found !== undefined && found.node !== bare) return ownerBehind(survey, found, hops + 1);
  if (ts.isNewExpression(bare)) return ownerOf(survey, bare.expression, file, hops + 1);
  const made = ts.isCallExpression(bare) ? madeBy(survey, bare, file, hops + 1) : undefined;
  if (made !== undefined) return made;
  // `container.resolve(UsersService)`
  if (ts.isCallExpression(bare) && bare.arguments.length === 1)
    return bare.arguments[0] && ownerOf(survey, bare.arguments[0], file, hops + 1);
  const receiver = receiverOf(bare);
  const member = memberOf(bare);
  if (receiver === undefined || member === undefined) return undefined;
  const field = receiver.kind === ts.SyntaxKind.ThisKeyword ? fieldOf(bare, member) : undefined;
  if (field !== undefined) return ownerBehind(survey, { file, node: field }, hops + 1);
  const type = declaredType(survey, bare, file, fieldOf);
  if (type !== undefined) return ownerOfType(survey, type);
  const decorated = decoratedValue(survey, member);
  return decorated && ownerBehind(survey, decorated, hops + 1);
}

/** What a function of the service returns: `makeUseCase()`. */
function madeBy(
  survey: Survey,
  { expression }: ts.CallExpression,
  file: RelPath,
  hops: number,
): Owner | undefined {
  const maker = survey.names.value(expression, file);
  if (maker === undefined || !isFunctionNode(maker.node)) return undefined;
  const [only, other] = returnsOf(maker.node);
  return only === undefined || other !== undefined ? undefined : ownerOf(survey, only, maker.file, hops);
}

/** A class by its name, or the only one that implements the interface of that name. */
function ownerOfType(survey: Survey, type: WrittenType): Owner | undefined {
  const found = declarationOfType(survey, type);
  return found && (asOwner(found.node, found.file) ?? onlyImplementation(survey, found));
}

function asOwner(node: ts.Node | undefined, file: RelPath): Owner | undefined {
  const isOwner = node !== undefined && (ts.isClassLike(node) || ts.isObjectLiteralExpression(node));
  return isOwner ? { file, node } : undefined;
}

/** What a definition makes, or has as its type. */
function ownerBehind(survey: Survey, { file, node }: Definition, hops: number): Owner | undefined {
  const own = asOwner(node, file);
  if (own !== undefined) return own;
  if (ts.isExpression(node)) return ownerOf(survey, node, file, hops);
  if (!ts.isParameter(node) && !ts.isPropertyDeclaration(node) && !ts.isVariableDeclaration(node))
    return undefined;
  const { initializer, type } = node;
  if (type === undefined) return initializer && ownerOf(survey, initializer, file, hops);
  return ts.isTypeReferenceNode(type) ? ownerOfType(survey, { file, node: type }) : undefined;
}

/** The declaration of `this.name`: a field, a parameter of the constructor, or what the constructor sets it to. */
function fieldOf(node: ts.Node, name: string): ts.Node | undefined {
  const owner = ts.findAncestor(node, ts.isClassLike);
  const field = owner?.members.find(
    (one): one is ts.PropertyDeclaration => ts.isPropertyDeclaration(one) && one.name.getText() === name,
  );
  if (field?.type !== undefined || field?.initializer !== undefined) return field;
  const maker = owner?.members.filter(ts.isConstructorDeclaration).find(({ body }) => body !== undefined);
  if (maker?.body === undefined) return undefined;
  const parameter = maker.parameters.find((one) => one.name.getText() === name);
  if (parameter !== undefined && ts.isParameterPropertyDeclaration(parameter, maker)) return parameter;
  const [given] = pickNodes(maker.body, (at) =>
    isAssignment(at) && at.left.getText() === `this.${name}` ? at.right : undefined,
  );
  return given;
}

function methodOf(survey: Survey, owner: Owner, name: string, hops: number): Callee | undefined {
  const { file, node } = owner;
  const all: readonly (ts.ClassElement | ts.ObjectLiteralElementLike)[] = ts.isClassLike(node)
    ? [...node.members]
    : [...node.properties];
  for (const one of all) {
    const isIt = one.name !== undefined && (keyOfMember(one.name) ?? '') === name;
    if (!isIt) continue;
    if (ts.isMethodDeclaration(one)) return one.body === undefined ? undefined : { file, node: one };
    const value = ts.isPropertyAssignment(one) || ts.isPropertyDeclaration(one) ? one.initializer : undefined;
    if (value !== undefined) return findCallee(survey, value, file, hops);
  }
  return ts.isClassLike(node) ? inherited(survey, node, file, name, hops) : undefined;
}

function keyOfMember(name: ts.PropertyName): string | undefined {
  return ts.isPrivateIdentifier(name) ? name.text : keyOf(name);
}

function inherited(
  survey: Survey,
  { heritageClauses = ts.factory.createNodeArray() }: ts.ClassLikeDeclaration,
  file: RelPath,
  name: string,
  hops: number,
): Callee | undefined {
  const clause = heritageClauses.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword);
  const base = clause?.types[0] && ownerOf(survey, clause.types[0].expression, file, hops + 1);
  return base && methodOf(survey, base, name, hops + 1);
}

/** The value given to `app.decorate(name, …)`; undefined for none and for several. */
function decoratedValue(survey: Survey, name: string): Definition | undefined {
  const files = survey.filesMatching(/\.decorate\(/).filter((one) => survey.text(one).includes(name));
  const [only, other] = files.flatMap((file) =>
    callsIn(survey.tree(file), 'decorate').flatMap(({ arguments: [key, value] }) =>
      value !== undefined && stringOf(key) === name ? [{ file, node: unwrap(value) }] : [],
    ),
  );
  return other === undefined ? only : undefined;
}
