import type { RelPath } from '../../model/paths.ts';
import { findCallee } from '../../program/callees.ts';
import { foundOnce, type Survey } from '../../program/survey.ts';
import { isFunctionNode, keyOf, memberOf, receiverOf, stringOf, unwrap } from '../../syntax/expressions.ts';
import { escapePattern } from '../../syntax/print.ts';
import { importedBy } from '../../syntax/symbols.ts';
import { ts, walk } from '../../syntax/tree.ts';
import { findKeysInUse } from './keys-in-use.ts';

/** One place that signs with the keys of the service. */
export interface KeySign {
  readonly file: RelPath;
  /** The call; where the function goes out of sight, the place at which it does. */
  readonly node: ts.Node;
  /** What is signed; undefined where it cannot be seen. */
  readonly payload: ts.Expression | undefined;
}

/**
 * Every call of the function by which the keys sign, under each name that it is given: a decorator, a variable, a member
 * of an object or a class, an argument. A name that could be it counts as it: one sign call too many is asked about, one
 * too few would let another token pass for that of a login.
 */
export const findKeySigns = foundOnce((survey): readonly KeySign[] => {
  const keys = findKeysInUse(survey);
  if (keys === undefined) return [];
  const trail = new Trail(survey);
  trail.followMember('signToken');
  return trail.signs.filter(({ file }) => file !== keys.module);
});

const instance = /(?:^|[._#])(?:app|fastify|server|instance|api|f)$|(?:App|Fastify|Server|Instance)$/i;

function isFastify({ type }: ts.ParameterDeclaration): boolean {
  return (type?.getText() ?? '').includes('Fastify');
}

/** Where a decorator of the application is used, also taken out of it; nothing shows what other members of that name are. */
export function findDecoratorUses(survey: Survey, name: string): readonly KeySign[] {
  const trail = new Trail(survey, true);
  trail.followMember(name);
  return trail.signs;
}

/** Where one function goes, from name to name. */
class Trail {
  readonly signs: KeySign[] = [];
  readonly #survey: Survey;
  readonly #onInstances: boolean;
  readonly #members = new Set<string>();
  readonly #seen = new Set<ts.Node>();

  /** `onInstances`: a member of that name counts on what looks like a Fastify instance alone. */
  constructor(survey: Survey, onInstances = false) {
    this.#survey = survey;
    this.#onInstances = onInstances;
  }

  /** Every member of that name, which nothing shows to be another one. */
  followMember(name: string): void {
    if (this.#members.has(name)) return;
    this.#members.add(name);
    for (const file of this.#filesWith(name))
      walk(this.#survey.tree(file), (node) => {
        if (ts.isExpression(node) && memberOf(node) === name && !this.#isOther(node, file))
          this.#follow(node, file);
        if (ts.isBindingElement(node) && (node.propertyName ?? node.name).getText() === name)
          this.#followBinding(node, file);
        return true;
      });
  }

  #isOther(access: ts.Expression, file: RelPath): boolean {
    const from = importedBy(access)?.from;
    if (from !== undefined && this.#survey.names.module(file, from) === undefined) return true;
    if (findCallee(this.#survey, access, file) !== undefined) return true;
    return this.#onInstances && !this.#isInstance(receiverOf(access), file);
  }

  #isInstance(receiver: ts.Expression | undefined, file: RelPath): boolean {
    if (receiver === undefined) return false;
    const value = this.#survey.names.value(receiver, file)?.node ?? receiver;
    return [receiver, value].some(
      (one) => instance.test(one.getText()) || (ts.isParameter(one) && isFastify(one)),
    );
  }

  #filesWith(name: string): readonly RelPath[] {
    return this.#survey.filesMatching(new RegExp(escapePattern(name)));
  }

  #followBinding(element: ts.BindingElement, file: RelPath): void {
    const { name, parent } = element;
    if (!ts.isIdentifier(name)) return;
    if (this.#onInstances && !this.#isFromInstance(parent.parent, file)) return;
    const value = this.#survey.names.value(name, file)?.node;
    if (value === undefined || !isFunctionNode(value)) this.#followName(element, name.text);
  }

  #isFromInstance(holder: ts.Node, file: RelPath): boolean {
    if (ts.isVariableDeclaration(holder))
      return this.#isInstance(holder.initializer && unwrap(holder.initializer), file);
    return ts.isParameter(holder) && isFastify(holder);
  }

  /** A parameter, or what is taken out of an object. */
  #followName(declaration: ts.Declaration, name: string): void {
    for (const file of this.#filesWith(name))
      walk(this.#survey.tree(file), (node) => {
        const isUse = ts.isIdentifier(node) && node.text === name && node.parent !== declaration;
        const isMember = isUse && ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
        if (isUse && !isMember && this.#survey.names.definitionOf(node, file)?.node === declaration)
          this.#follow(node, file);
        return !ts.isImportDeclaration(node) && !ts.isExportDeclaration(node);
      });
  }

  /** One use of the function. */
  #follow(node: ts.Expression, file: RelPath): void {
    if (this.#seen.has(node)) return;
    this.#seen.add(node);
    const { parent } = node;
    if (ts.isExpression(parent) && unwrap(parent) === unwrap(node)) this.#follow(parent, file);
    else if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) this.#followCall(node, parent, file);
    else if (ts.isPropertyAccessExpression(parent)) this.#followMethod(parent, file);
    else if (ts.isVariableDeclaration(parent)) this.#followVariable(node, parent, file);
    else if (ts.isBinaryExpression(parent)) this.#followOperator(node, parent, file);
    else if (ts.isConditionalExpression(parent) && parent.condition !== node) this.#follow(parent, file);
    else if (isNamed(parent)) this.followMember(keyOf(parent.name) ?? '');
    else if (!isAsked(node)) this.#lose(node, file);
  }

  #followCall(node: ts.Expression, call: ts.CallExpression | ts.NewExpression, file: RelPath): void {
    if (call.expression === node) {
      this.signs.push({ file, node: call, payload: call.arguments?.[0] });
      return;
    }
    const index = call.arguments?.indexOf(node) ?? -1;
    const decorator = stringOf(call.arguments?.[0]);
    if ((memberOf(call.expression) ?? '').startsWith('decorate') && decorator !== undefined)
      this.followMember(decorator);
    else this.#followArgument(call, index, file);
  }

  #followArgument(call: ts.CallExpression | ts.NewExpression, index: number, file: RelPath): void {
    const value = this.#survey.names.value(call.expression, file);
    const made = value !== undefined && ts.isClassLike(value.node) ? value : undefined;
    const maker = (made?.node as ts.ClassLikeDeclaration | undefined)?.members.find(
      ts.isConstructorDeclaration,
    );
    const callee =
      maker && made ? { file: made.file, node: maker } : findCallee(this.#survey, call.expression, file);
    const parameter = callee?.node.parameters[index];
    if (callee === undefined || parameter === undefined || !ts.isIdentifier(parameter.name)) {
      this.#lose(call, file);
      return;
    }
    this.#followName(parameter, parameter.name.text);
    if (ts.isParameterPropertyDeclaration(parameter, callee.node)) this.followMember(parameter.name.text);
  }

  /** `app.signToken.bind(app)`, and `app.signToken.call(app, claims, 900)` */
  #followMethod(access: ts.PropertyAccessExpression, file: RelPath): void {
    const call = ts.isCallExpression(access.parent) ? access.parent : undefined;
    if (call === undefined || !/^(?:bind|call)$/.test(access.name.text)) this.#lose(access, file);
    else if (access.name.text === 'bind') this.#follow(call, file);
    else this.signs.push({ file, node: call, payload: call.arguments[1] });
  }

  #followVariable(node: ts.Expression, { name }: ts.VariableDeclaration, file: RelPath): void {
    if (!ts.isIdentifier(name)) this.#lose(node, file);
    for (const use of this.#survey.names.referencesTo({ file, node })) {
      const isMember = ts.isPropertyAccessExpression(use.node.parent) && use.node.parent.name === use.node;
      this.#follow(isMember ? use.node.parent : use.node, use.file);
    }
  }

  #followOperator(
    node: ts.Expression,
    { left, operatorToken, parent }: ts.BinaryExpression,
    file: RelPath,
  ): void {
    const isSet = operatorToken.kind === ts.SyntaxKind.EqualsToken && left !== node;
    const member = isSet ? memberOf(left) : undefined;
    const declared =
      isSet && ts.isIdentifier(left)
        ? (this.#survey.names.definitionOf(left, file)?.node as ts.Declaration)
        : undefined;
    if (member !== undefined) this.followMember(member);
    else if (declared !== undefined) this.#followName(declared, (left as ts.Identifier).text);
    else if (/^(?:\?\?|\|\||&&)$/.test(operatorToken.getText()))
      this.#follow(node.parent as ts.Expression, file);
    else if (isSet) this.#lose(parent, file);
  }

  #lose(node: ts.Node, file: RelPath): void {
    this.signs.push({ file, node, payload: undefined });
  }
}

/** A member of an object or of a class. */
function isNamed(
  node: ts.Node,
): node is ts.PropertyAssignment | ts.ShorthandPropertyAssignment | ts.PropertyDeclaration {
  return (
    ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node) || ts.isPropertyDeclaration(node)
  );
}

/** It is looked at alone: `if (app.signToken)`, or set from elsewhere. */
function isAsked({ parent }: ts.Node): boolean {
  return (
    ts.isIfStatement(parent) ||
    ts.isPrefixUnaryExpression(parent) ||
    ts.isTypeOfExpression(parent) ||
    ts.isExpressionStatement(parent) ||
    ts.isConditionalExpression(parent)
  );
}
