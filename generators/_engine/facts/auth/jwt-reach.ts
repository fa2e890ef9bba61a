import type { Place } from '../../model/obstacle.ts';
import type { RelPath } from '../../model/paths.ts';
import { placeOf, ts, walk } from '../../syntax/tree.ts';
import {
  type FunctionNode,
  isFunctionNode,
  memberOf,
  propertyOf,
  stringOf,
} from '../../syntax/expressions.ts';
import { findCallee } from '../../program/callees.ts';
import type { Survey } from '../../program/survey.ts';
import { importedBy } from '../../syntax/symbols.ts';

/** What the parameters of functions are, as one chain of calls has them. */
export type Given = ReadonlyMap<ts.Node, GivenValue>;

interface GivenValue {
  readonly expression: ts.Expression;
  readonly file: RelPath;
  readonly given: Given;
}

/** One way in which a call comes about. */
export interface Reached {
  /** Names and URLs around it, innermost first: variables, functions, those that call them, the route. */
  readonly labels: readonly string[];
  /** The call, and the calls that lead to it. */
  readonly places: readonly Place[];
  readonly given: Given;
}

const maxHops = 4;
const maxWays = 60;
const routeMethods = /^(get|post|put|patch|delete|all|route)$/;

/** Every way in which the code at a node is come to, by the calls of the functions around it; at least one. */
export function findWays(survey: Survey, node: ts.Node, file: RelPath, hops = 0): readonly Reached[] {
  const { labels, owner } = surroundings(node);
  const own: Reached = { labels, places: [placeOf(node, file)], given: new Map() };
  const name = owner === undefined ? undefined : functionName(owner);
  if (owner === undefined || name === undefined || hops >= maxHops) return [own];
  const ways = references(survey, owner, name, file)
    .slice(0, maxWays)
    .flatMap((at) => findWays(survey, at.node, at.file, hops + 1).map((way) => joined(own, owner, at, way)));
  return ways.length === 0 ? [own] : ways.slice(0, maxWays);
}

interface Reference {
  readonly file: RelPath;
  readonly node: ts.Node;
  /** Absent where the function is passed on. */
  readonly call?: ts.CallExpression;
}

function joined(own: Reached, owner: FunctionNode, { call, file }: Reference, way: Reached): Reached {
  const given = new Map(way.given);
  for (const [index, parameter] of owner.parameters.entries()) {
    const expression = call?.arguments[index] ?? (call === undefined ? undefined : parameter.initializer);
    if (expression !== undefined) given.set(parameter, { expression, file, given: way.given });
  }
  return { labels: [...own.labels, ...way.labels], places: [...own.places, ...way.places], given };
}

/** Up to the route or the first function that has a name. */
function surroundings(node: ts.Node): { labels: readonly string[]; owner?: FunctionNode } {
  const labels: string[] = [];
  for (let at = node.parent as ts.Node | undefined; at !== undefined; at = at.parent as ts.Node | undefined) {
    const url = ts.isCallExpression(at) ? routeUrl(at) : undefined;
    if (url !== undefined) return { labels: [...labels, url] };
    if (isFunctionNode(at) && !isInRoute(at)) {
      const name = functionName(at);
      if (name !== undefined) return { labels: [...labels, name], owner: at };
    } else if (ts.isVariableDeclaration(at) && ts.isIdentifier(at.name)) labels.push(at.name.text);
    else if (ts.isPropertyAssignment(at)) labels.push(at.name.getText());
  }
  return { labels };
}

function isInRoute(node: ts.Node): boolean {
  return ts.findAncestor(node, (at) => ts.isCallExpression(at) && routeUrl(at) !== undefined) !== undefined;
}

function routeUrl(call: ts.CallExpression): string | undefined {
  const method = memberOf(call.expression);
  if (method === undefined || !routeMethods.test(method)) return undefined;
  const [first] = call.arguments;
  return method === 'route' ? stringOf(propertyOf(first, 'url')) : startsWithSlash(stringOf(first));
}

function startsWithSlash(text: string | undefined): string | undefined {
  return text === '' || text?.startsWith('/') === true ? text : undefined;
}

/** Also of what is kept in a variable, a member or a decorator. */
function functionName(node: FunctionNode): string | undefined {
  if (node.name !== undefined) return node.name.getText();
  const { parent } = node;
  if (ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name)) return parent.name.text;
  if (ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent)) return parent.name.getText();
  return isDecorator(node) && ts.isCallExpression(parent) ? stringOf(parent.arguments[0]) : undefined;
}

function isDecorator({ parent }: FunctionNode): boolean {
  return ts.isCallExpression(parent) && (memberOf(parent.expression) ?? '').startsWith('decorate');
}

function references(survey: Survey, owner: FunctionNode, name: string, file: RelPath): readonly Reference[] {
  const found: Reference[] = [];
  if (!/^[\w$#]+$/.test(name)) return found;
  const isOwn = ts.isFunctionDeclaration(owner) || ts.isVariableDeclaration(owner.parent);
  for (const path of survey.files.filter((one) => survey.text(one).includes(name))) {
    walk(survey.tree(path), (node) => {
      if ((!ts.isIdentifier(node) && !ts.isPrivateIdentifier(node)) || node.text !== name) return true;
      const isMember = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
      const at = isMember ? node.parent : node;
      if (at.parent === owner || at.parent === owner.parent || isNameOnly(at)) return true;
      const isIt = isMember
        ? (!isOwn || path !== file) && !isOther(survey, node.parent, path, owner)
        : isOwn && ts.isIdentifier(node) && refersTo(survey, node, path, owner);
      if (isIt) found.push(referenceOf(at, path));
      return true;
    });
  }
  return found;
}

/** A member of that name which is certainly another function: of another class, or of Fastify's own. */
function isOther(survey: Survey, member: ts.Node, path: RelPath, owner: FunctionNode): boolean {
  if (!ts.isPropertyAccessExpression(member)) return false;
  const receiver = survey.names.value(member.expression, path)?.node;
  const isOfFastify =
    receiver !== undefined &&
    ts.isCallExpression(receiver) &&
    importedBy(receiver.expression)?.from === 'fastify';
  if (isOfFastify) return !isDecorator(owner);
  // A method may replace one of the class above.
  const isDerived = ts.isClassLike(owner.parent) && owner.parent.heritageClauses?.some(isExtends) === true;
  const found = isDerived ? undefined : findCallee(survey, member, path);
  return found !== undefined && found.node !== owner;
}

function isExtends({ token }: ts.HeritageClause): boolean {
  return token === ts.SyntaxKind.ExtendsKeyword;
}

function refersTo(survey: Survey, node: ts.Identifier, path: RelPath, owner: FunctionNode): boolean {
  return survey.names.value(node, path)?.node === owner;
}

/** In an import, an export, a type or another declaration. */
function isNameOnly({ parent }: ts.Node): boolean {
  return (
    ts.isImportSpecifier(parent) ||
    ts.isExportSpecifier(parent) ||
    ts.isTypeNode(parent) ||
    ts.isTypeElement(parent) ||
    ts.isParameter(parent)
  );
}

function referenceOf(at: ts.Node, file: RelPath): Reference {
  const { parent } = at;
  const isCalled = ts.isCallExpression(parent) && parent.expression === at;
  return isCalled ? { node: parent, file, call: parent } : { node: at, file };
}
