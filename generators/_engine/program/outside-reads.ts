import type { ImportWant } from '../model/code-facts.ts';
import type { RelPath } from '../model/paths.ts';
import { findNode, ts, walk } from '../syntax/tree.ts';
import { readEnv } from './env-reads.ts';
import { printMember } from '../syntax/print.ts';
import { exportOf, findDeclaration, importsOf } from '../syntax/symbols.ts';
import {
  envNameOf,
  hasModifier,
  isFunctionNode,
  isProcessEnv,
  returnsOf,
  stringOf,
  unwrap,
} from '../syntax/expressions.ts';
import type { Survey } from './survey.ts';
import type { Part } from './evaluate.ts';

/** An expression of one file as another file of the service can write it. */
export interface OutsideRead {
  readonly expression: string;
  /** `from` is the repo path of a file of the service, or a package. */
  readonly imports: readonly ImportWant[];
  readonly env?: string;
  readonly fallback?: string;
  /** The code has ruled out undefined (`!`, `as string`, `if (!x) throw`), but the type here still has it. */
  readonly mayMiss?: true;
  /** A promise of the value: the code awaits it. */
  readonly isPromise?: true;
}

const maxHops = 6;

/**
 * Rewrites an expression for use in another file. Names of the Fastify instance become `app`.
 * Undefined when it depends on something that cannot be reached from outside, a parameter for instance.
 */
export function readFromOutside(
  survey: Survey,
  expression: ts.Expression,
  file: RelPath,
  hops = 0,
): OutsideRead | undefined {
  if (hops > maxHops) return undefined;
  const bare = unwrap(expression);
  const origin = { ...readEnv(survey, expression, file), ...typeLosses(survey, expression, file) };
  if (stringOf(bare) !== undefined) return { expression: bare.getText(), imports: [], ...origin };
  const instance = throughInstance(bare);
  if (instance !== undefined) return { expression: instance, imports: [], ...origin };
  if (findNode(bare, ({ kind }) => kind === ts.SyntaxKind.ThisKeyword) !== undefined) {
    const value = findFieldValue(survey, bare, file);
    const read = value && readFromOutside(survey, value.expression, value.file, hops + 1);
    return read && { ...read, ...typeLosses(survey, expression, file) };
  }
  const imports: ImportWant[] = [];
  for (const root of rootsOf(bare)) {
    const want = importWant(survey, root, file);
    if (want !== undefined) imports.push(want);
    else {
      const read = ts.isIdentifier(bare) ? throughInitializer(survey, bare, file, hops) : undefined;
      return read && { ...read, ...typeLosses(survey, expression, file) };
    }
  }
  // Without `as Secret`: a type of the other file has no name here.
  return { expression: bare.getText(), imports, ...origin };
}

/** The import that another file needs for a name; undefined when the name cannot be imported. */
function importWant(survey: Survey, root: ts.Identifier, file: RelPath): ImportWant | undefined {
  const declaration = findDeclaration(root, root.text);
  const tree = survey.tree(file);
  if (declaration !== undefined) {
    const isTop = findDeclaration(tree.endOfFileToken, root.text) === declaration;
    return isTop ? exportedWant(survey, root.text, file) : undefined;
  }
  const imported = importsOf(tree).get(root.text);
  if (imported === undefined || imported.name === '*') return undefined;
  return wantOf(survey.names.module(file, imported.from) ?? imported.from, imported.name, root.text);
}

/** The import that another file needs for what a file declares and exports. */
export function exportedWant(survey: Survey, name: string, file: RelPath): ImportWant | undefined {
  const exported = exportOf(survey.tree(file), name);
  return exported && wantOf(file, exported.export === 'default' ? 'default' : exported.name, name);
}

function wantOf(from: string, name: string, local: string): ImportWant {
  if (name === 'default') return { from, default: local };
  return { from, names: [name === local ? name : `${name} as ${local}`] };
}

/** `fastify.config.JWT_SECRET` → `app.config.JWT_SECRET`: `config` is a decorator. */
function throughInstance(bare: ts.Expression): string | undefined {
  const match = /^(?:this\.)?(?:app|fastify|server|instance|f|api)(\.config(?:\.\w+|\[['"]\w+['"]\])+)$/.exec(
    bare.getText(),
  );
  return match?.[1] === undefined ? undefined : `app${match[1]}`;
}

/** The names that an expression begins with, `process` and globals aside. */
function rootsOf(bare: ts.Expression): readonly ts.Identifier[] {
  const roots: ts.Identifier[] = [];
  walk(bare, (node) => {
    if (ts.isPropertyAccessExpression(node)) {
      if (isProcessEnv(node)) return false;
      walk(node.expression, (inner) => collect(inner, roots));
      return false;
    }
    return collect(node, roots);
  });
  return roots;
}

function collect(node: ts.Node, roots: ts.Identifier[]): boolean {
  if (ts.isExpression(node) && isProcessEnv(node)) return false;
  const isMemberName = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
  const isKey = ts.isPropertyAssignment(node.parent) && node.parent.name === node;
  if (
    ts.isIdentifier(node) &&
    !isMemberName &&
    !isKey &&
    !/^(undefined|String|Number|Buffer|TextEncoder|process)$/.test(node.text)
  )
    roots.push(node);
  return true;
}

/** `const secret = process.env.JWT_SECRET` is not exported: its value is. */
function throughInitializer(
  survey: Survey,
  bare: ts.Identifier,
  file: RelPath,
  hops: number,
): OutsideRead | undefined {
  const declaration = findDeclaration(bare, bare.text);
  if (declaration === undefined) return undefined;
  if (ts.isBindingElement(declaration)) return throughBinding(survey, declaration, file, hops);
  if (!ts.isVariableDeclaration(declaration) || declaration.initializer === undefined) return undefined;
  return readFromOutside(survey, declaration.initializer, file, hops + 1);
}

/**
 * What `this.secret` is: the field's initializer, or what the one `new` of the class passes to the constructor. Undefined
 * when it is neither, or when the class is made in more than one place.
 */
function findFieldValue(survey: Survey, bare: ts.Expression, file: RelPath): Part | undefined {
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
  if (index < 0 || owner.name === undefined) return undefined;
  const given = survey.names.callsOf({ file, node: owner }).flatMap((call): readonly Part[] => {
    const expression = call.node.arguments?.[index];
    return expression === undefined ? [] : [{ expression, file: call.file }];
  });
  const [first] = given;
  return new Set(given.map(({ expression }) => expression.getText())).size === 1 ? first : undefined;
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

/**
 * `const { publicKey } = getKeyPair()` gives `getKeyPair().publicKey`, and `const { SECRET } = process.env` the variable; a
 * default, a rest or a nested pattern gives undefined.
 */
function throughBinding(
  survey: Survey,
  element: ts.BindingElement,
  file: RelPath,
  hops: number,
): OutsideRead | undefined {
  const { dotDotDotToken, initializer, name, parent, propertyName = name } = element;
  const variable = parent.parent;
  if (!ts.isObjectBindingPattern(parent) || !ts.isVariableDeclaration(variable)) return undefined;
  if (dotDotDotToken !== undefined || initializer !== undefined || !ts.isIdentifier(propertyName))
    return undefined;
  const whole = variable.initializer && unwrap(variable.initializer);
  if (variable.initializer === undefined || whole === undefined) return undefined;
  const key = propertyName.text;
  if (isProcessEnv(whole))
    return { expression: printMember('process.env', key), imports: [], env: key, mayMiss: true };
  if (!ts.isIdentifier(whole) && !isGetterCall(whole)) return undefined;
  const read = readFromOutside(survey, variable.initializer, file, hops + 1);
  // Variable and fallback would be those of the whole, not of its member.
  if (read === undefined) return undefined;
  const { expression, imports, isPromise } = read;
  // `await a.b` would be the promise of a member that a promise does not have.
  if (isPromise === true) return { expression: `(await ${expression}).${key}`, imports };
  return { expression: `${expression}.${key}`, imports };
}

/**
 * The call of a function of this file that returns what the module holds. A function that returns anything else may make a
 * new pair for each call: its key would verify nothing that the service has signed.
 */
function isGetterCall(call: ts.Expression): call is ts.CallExpression {
  if (!ts.isCallExpression(call) || call.arguments.length > 0 || !ts.isIdentifier(call.expression))
    return false;
  const declared = findDeclaration(call.expression, call.expression.text);
  const getter =
    declared !== undefined && ts.isVariableDeclaration(declared) ? declared.initializer : declared;
  if (getter === undefined || !isFunctionNode(getter) || getter.body === undefined) return false;
  if (hasModifier(getter, ts.SyntaxKind.AsyncKeyword) && !ts.isAwaitExpression(call.parent)) return false;
  const returned = returnsOf(getter);
  return returned.length > 0 && returned.every((one) => one !== undefined && isHeld(one));
}

/** A variable of the module, or an object of such. */
function isHeld(value: ts.Expression): boolean {
  const bare =
    ts.isParenthesizedExpression(value) || ts.isNonNullExpression(value) ? value.expression : value;
  if (ts.isObjectLiteralExpression(bare))
    return bare.properties.every((member) => {
      if (ts.isShorthandPropertyAssignment(member)) return isHeld(member.name);
      return ts.isPropertyAssignment(member) && isHeld(member.initializer);
    });
  if (ts.isPropertyAccessExpression(bare)) return isHeld(bare.expression);
  if (ts.isBinaryExpression(bare) && bare.operatorToken.kind === ts.SyntaxKind.QuestionQuestionEqualsToken)
    return isHeld(bare.left);
  const held = ts.isIdentifier(bare) ? findDeclaration(bare, bare.text) : undefined;
  return held !== undefined && ts.isVariableDeclaration(held) && isTop(held);
}

function isTop(declaration: ts.VariableDeclaration): boolean {
  return ts.isSourceFile(declaration.parent.parent.parent);
}

/** What an expression has in its own file and loses in another one; by syntax alone, so `mayMiss` is cautious. */
function typeLosses(
  survey: Survey,
  expression: ts.Expression,
  file: RelPath,
): Pick<OutsideRead, 'mayMiss' | 'isPromise'> {
  const bare = unwrap(expression);
  const wrappers: ts.Node[] = [];
  for (let at: ts.Node = bare; at !== expression; at = at.parent) wrappers.push(at.parent);
  const mayMiss =
    wrappers.some((node) => ts.isNonNullExpression(node) || ts.isAsExpression(node)) ||
    envNameOf(bare) !== undefined ||
    isChecked(bare) ||
    isUncheckedVariable(survey, bare, file);
  return {
    ...(mayMiss && { mayMiss }),
    ...(wrappers.some(ts.isAwaitExpression) && { isPromise: true as const }),
  };
}

/** `export const SECRET = process.env.SECRET` is `string | undefined` for its importers. */
function isUncheckedVariable(survey: Survey, bare: ts.Expression, file: RelPath): boolean {
  if (!ts.isIdentifier(bare)) return false;
  const declared = survey.names.definitionOf(bare, file)?.node;
  const value =
    declared !== undefined && ts.isVariableDeclaration(declared) ? declared.initializer : undefined;
  return value !== undefined && envNameOf(value) !== undefined && !isChecked(value);
}

/** Some `if` of the file that throws, returns or ends the process asks whether it is there, or has its use inside. */
function isChecked(bare: ts.Expression): boolean {
  const text = bare.getText();
  const isName = ts.isIdentifier(bare) || ts.isPropertyAccessExpression(bare);
  if (!isName) return false;
  const check = findNode(bare.getSourceFile(), (node) => {
    if (!ts.isIfStatement(node) || !isAbout(node.expression, text)) return false;
    return /\bthrow\b|\breturn\b|\bexit\(/.test(node.thenStatement.getText()) || isInside(bare, node);
  });
  return check !== undefined;
}

function isInside(node: ts.Node, owner: ts.Node): boolean {
  return node.getStart() >= owner.getStart() && node.getEnd() <= owner.getEnd();
}

/** `!x`, `x === undefined`, `x == null`, `typeof x !== 'string'`, `x`, and these among others. */
function isAbout(condition: ts.Expression, text: string): boolean {
  const isIt = (node: ts.Node): boolean =>
    ts.isExpression(node) &&
    node.getText() === text &&
    !ts.isPropertyAccessExpression(node.parent) &&
    !ts.isCallExpression(node.parent);
  return findNode(condition, isIt) !== undefined;
}
