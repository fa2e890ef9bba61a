import type { RelPath } from '../../model/paths.ts';
import type { JwtFact } from '../../model/resource-facts.ts';
import { lineOf, ts, walk } from '../../syntax/tree.ts';
import { keyOf, memberOf, propertyOf, receiverOf, unwrap } from '../../syntax/expressions.ts';
import type { Survey } from '../../program/survey.ts';
import { importsOf } from '../../syntax/imports.ts';
import { readFromOutside } from '../../program/outside-reads.ts';
import { findVerifyKeys, type Key } from './verify-keys.ts';

/** One place where a token is signed. */
export interface Sign {
  readonly path: RelPath;
  readonly line: number;
  readonly library: Exclude<JwtFact['library'], 'none'>;
  readonly call: ts.CallExpression | ts.NewExpression;
  /** What is signed; undefined where it cannot be seen. */
  readonly payload: ts.Expression | undefined;
  readonly secret: ts.Expression | undefined;
  readonly options: ts.Expression | undefined;
}

/** Every place in the service's own code (tests aside) where a token is signed. */
export function findSigns(survey: Survey): readonly Sign[] {
  return survey
    .filesMatching(/\.sign\(|\bsign\(|[jJ]wtSign\b|\bSignJWT\b|\bcreateSigner\b/)
    .flatMap((file) => {
      const signs: Sign[] = [];
      walk(survey.tree(file), (node) => {
        if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return true;
        const sign = ts.isCallExpression(node) ? signCall(survey, node, file) : joseSign(survey, node, file);
        if (sign !== undefined) {
          signs.push({ ...sign, path: file, line: lineOf(survey.tree(file), node.getStart()), call: node });
        }
        return true;
      });
      return signs;
    });
}

type Found = Omit<Sign, 'path' | 'line' | 'call'>;

function signCall(survey: Survey, call: ts.CallExpression, file: RelPath): Found | undefined {
  const [first, second, third] = call.arguments;
  const from = libraryOf(survey, call.expression, file);
  if (from === 'jsonwebtoken') return { library: from, payload: first, secret: second, options: third };
  if (from === 'fast-jwt') return { library: from, payload: undefined, secret: undefined, options: first };
  if (survey.head.manifest.dependencies['@fastify/jwt'] === undefined) return undefined;
  return signsByPlugin(call.expression)
    ? { library: '@fastify/jwt', payload: first, secret: undefined, options: second }
    : undefined;
}

function libraryOf(
  survey: Survey,
  callee: ts.Expression,
  file: RelPath,
): 'jsonwebtoken' | 'fast-jwt' | undefined {
  const bare = unwrap(callee);
  const receiver = receiverOf(bare);
  const root = receiver ?? bare;
  if (!ts.isIdentifier(root)) return undefined;
  const imported = survey.names.importOf(root, file) ?? undefined;
  const name = receiver === undefined ? imported?.name : memberOf(bare);
  if (imported?.from === 'jsonwebtoken' && name === 'sign') return 'jsonwebtoken';
  return imported?.from === 'fast-jwt' && name === 'createSigner' ? 'fast-jwt' : undefined;
}

/** `app.jwt.sign()`, `app.jwt.access.sign()`, `reply.jwtSign()`, `reply.accessJwtSign()`. */
function signsByPlugin(callee: ts.Expression): boolean {
  const member = memberOf(callee);
  if (member === undefined) return false;
  if (/^jwtSign$|JwtSign$/.test(member)) return true;
  const receiver = receiverOf(callee);
  return (
    member === 'sign' &&
    receiver !== undefined &&
    /(^|\.)jwt(\.\w+|\[['"]\w+['"]\])?$/.test(receiver.getText())
  );
}

/** `access` of `app.jwt.access.sign()` and `reply.accessJwtSign()`. */
export function namespaceOf({ call }: Sign): string | undefined {
  const [, byMethod] = /^(\w+)JwtSign$/.exec(memberOf(call.expression) ?? '') ?? [];
  const receiver = receiverOf(call.expression);
  const isNested = receiver !== undefined && memberOf(receiver) !== 'jwt';
  return byMethod ?? (isNested ? memberOf(receiver) : undefined);
}

/** `new SignJWT(payload).setProtectedHeader({ alg }).sign(secret)` */
function joseSign(survey: Survey, node: ts.NewExpression, file: RelPath): Found | undefined {
  const callee = unwrap(node.expression);
  const root = receiverOf(callee) ?? callee;
  const isJose = ts.isIdentifier(root) && survey.names.importOf(root, file)?.from === 'jose';
  if (!isJose || (memberOf(callee) ?? root.text) !== 'SignJWT') return undefined;
  const secret = chainedCall(node, 'sign')?.arguments[0];
  return { library: 'jose', payload: node.arguments?.[0], secret, options: undefined };
}

/** The call of `method` in the chain that begins at a node. */
export function chainedCall(node: ts.Node, method: string): ts.CallExpression | undefined {
  const access = node.parent;
  if (!ts.isPropertyAccessExpression(access) || !ts.isCallExpression(access.parent)) return undefined;
  return access.name.text === method ? access.parent : chainedCall(access.parent, method);
}

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

/** Where @fastify/jwt is registered, and with what. */
export interface PluginUse {
  readonly file: RelPath;
  readonly options: ts.Expression | undefined;
}

/** What verifies the tokens: the shared secret, or the public key of a pair; undefined when no other file can reach it. */
export function findSecret(
  survey: Survey,
  sign: Sign | undefined,
  plugin: PluginUse | undefined,
  algorithm: string,
  signs: readonly Sign[],
): JwtFact['secret'] {
  const signKeys = signs.flatMap(signKey);
  for (const { expression, file } of signingKeysOf(survey, sign, plugin, algorithm, signKeys)) {
    const read = readFromOutside(survey, expression, file);
    if (read === undefined) continue;
    const { env, fallback, imports } = read;
    return {
      expression: checked(read, algorithm),
      imports,
      ...(env !== undefined && { env }),
      ...(fallback !== undefined && { fallback }),
    };
  }
  return undefined;
}

/** Without the checks of its own file, a text may be undefined to the compiler, and a promise is not awaited. */
function checked(
  { env, expression, isPromise, mayMiss }: NonNullable<ReturnType<typeof readFromOutside>>,
  algorithm: string,
): string {
  const isText = algorithm.startsWith('HS') || env !== undefined;
  const value = isPromise === true ? `await ${expression}` : expression;
  if (mayMiss !== true || !isText) return value;
  return isPromise === true ? `((${value}) ?? '')` : `(${value} ?? '')`;
}

/** The key that signs is no good for verifying when it is one of a pair. */
function signingKeysOf(
  survey: Survey,
  sign: Sign | undefined,
  plugin: PluginUse | undefined,
  algorithm: string,
  signKeys: readonly Key[],
): readonly Key[] {
  if (sign === undefined || sign.library === '@fastify/jwt') return pluginKey(plugin);
  return algorithm.startsWith('HS') ? signKey(sign) : findVerifyKeys(survey, algorithm, signKeys);
}

function pluginKey(plugin: PluginUse | undefined): readonly Key[] {
  const secret = propertyOf(plugin?.options, 'secret');
  if (plugin === undefined || secret === undefined) return [];
  return [{ file: plugin.file, expression: propertyOf(secret, 'public') ?? secret }];
}

function signKey({ options, path, secret }: Sign): readonly Key[] {
  const expression = secret ?? propertyOf(options, 'key');
  return expression === undefined ? [] : [{ file: path, expression }];
}
