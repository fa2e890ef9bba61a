import type { RelPath } from '../../model/paths.ts';
import type { JwtFact } from '../../model/service.ts';
import { placeOf, ts } from '../../syntax/tree.ts';
import { invocationsIn } from '../../syntax/calls.ts';
import { keyOf, memberOf, propertyOf, receiverOf } from '../../syntax/expressions.ts';
import { foundOnce, type Survey } from '../../program/survey.ts';
import { importedBy, importsOf } from '../../syntax/symbols.ts';
import { readFromOutside } from '../../program/outside-reads.ts';
import { findKeysInUse, usesSigningOptions } from './keys-in-use.ts';
import { findKeySigns, type KeySign } from './key-signs.ts';
import { findVerifyKeys, type Key } from './verify-keys.ts';

/** One place where a token is signed. */
export interface Sign {
  readonly path: RelPath;
  readonly line: number;
  /** `keys`: by the function of the service's own keys. */
  readonly library: Exclude<JwtFact['library'], 'none'> | 'keys';
  /** The namespace of @fastify/jwt. */
  readonly namespace: string | undefined;
  /** With the keys of the service, also where a library does it. */
  readonly byKeys: boolean;
  readonly call: ts.Node;
  /** What is signed; undefined where it cannot be seen. */
  readonly payload: ts.Expression | undefined;
  readonly secret: ts.Expression | undefined;
  readonly options: ts.Expression | undefined;
}

/** Every place in the service's own code (tests aside) where a token is signed. */
export const findSigns = foundOnce((survey): readonly Sign[] => {
  const byLibrary = survey.filesMatching(signing).flatMap((path) =>
    invocationsIn(survey.tree(path)).flatMap((call): readonly Sign[] => {
      const sign = ts.isCallExpression(call) ? signCall(survey, call) : joseSign(call);
      if (sign === undefined) return [];
      const byKeys = [sign.options, sign.secret].some((one) => usesSigningOptions(survey, one, path));
      const namespace = ts.isCallExpression(call) ? namespaceOf(call) : undefined;
      return [{ ...sign, ...placeOf(call, path), call, byKeys, namespace }];
    }),
  );
  const known = new Set(byLibrary.map(({ call }) => call));
  const rest = findKeySigns(survey).filter(({ node }) => !known.has(node));
  return [...byLibrary, ...rest.map((one) => signByKeys(survey, one))];
});

const signing = /\.sign\(|\bsign\(|[jJ]wtSign\b|\bSignJWT\b|\bcreateSigner\b/;

function signByKeys(survey: Survey, { file, node, payload }: KeySign): Sign {
  const namespace = findKeysInUse(survey)?.before?.namespace;
  const unknown = { secret: undefined, options: undefined };
  return {
    library: 'keys',
    byKeys: true,
    namespace,
    ...unknown,
    ...placeOf(node, file),
    call: node,
    payload,
  };
}

type Found = Pick<Sign, 'library' | 'payload' | 'secret' | 'options'>;

function signCall(survey: Survey, { arguments: given, expression }: ts.CallExpression): Found | undefined {
  const [first, second, third] = given;
  const made = importedBy(expression, 'jsonwebtoken', 'fast-jwt');
  if ((made?.from === 'jsonwebtoken' && made.name === 'sign') || signsByInjected(expression))
    return { library: 'jsonwebtoken', payload: first, secret: second, options: third };
  if (made?.from === 'fast-jwt' && made.name === 'createSigner')
    return { library: made.from, payload: undefined, secret: undefined, options: first };
  if (survey.head.manifest.dependencies['@fastify/jwt'] === undefined) return undefined;
  return signsByPlugin(expression)
    ? { library: '@fastify/jwt', payload: first, secret: undefined, options: second }
    : undefined;
}

/** `this.jwt.sign()` in a class that is given the library, in a file that imports its type. */
function signsByInjected(callee: ts.Expression): boolean {
  const receiver = receiverOf(callee);
  if (memberOf(callee) !== 'sign' || receiver === undefined) return false;
  if (!/^this\.#?(?:jwt|jsonwebtoken)$/i.test(receiver.getText())) return false;
  return [...importsOf(callee.getSourceFile()).values()].some(({ from }) => from === 'jsonwebtoken');
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
function namespaceOf({ expression }: ts.CallExpression): string | undefined {
  const [, byMethod] = /^(\w+)JwtSign$/.exec(memberOf(expression) ?? '') ?? [];
  const receiver = receiverOf(expression);
  const isNested = receiver !== undefined && memberOf(receiver) !== 'jwt';
  return byMethod ?? (isNested ? memberOf(receiver) : undefined);
}

/** `new SignJWT(payload).setProtectedHeader({ alg }).sign(secret)` */
function joseSign(node: ts.NewExpression): Found | undefined {
  if (importedBy(node.expression, 'jose')?.name !== 'SignJWT') return undefined;
  const secret = chainedCall(node, 'sign')?.arguments[0];
  return { library: 'jose', payload: node.arguments?.[0], secret, options: undefined };
}

/** The call of `method` in the chain that begins at a node. */
export function chainedCall(node: ts.Node, method: string): ts.CallExpression | undefined {
  const access = node.parent;
  if (!ts.isPropertyAccessExpression(access) || !ts.isCallExpression(access.parent)) return undefined;
  return access.name.text === method ? access.parent : chainedCall(access.parent, method);
}

/** The keys of a type that is an object, in order. */
export function typeKeys(
  survey: Survey,
  type: ts.TypeNode | undefined,
  file: RelPath,
  hops = 0,
): readonly string[] {
  if (type === undefined || hops > 4) return [];
  if (ts.isTypeLiteralNode(type)) return memberKeys(type.members);
  if (ts.isUnionTypeNode(type)) {
    const [only, other] = type.types.filter((one) => !/^(?:undefined|null)$/.test(one.getText()));
    return other === undefined ? typeKeys(survey, only, file, hops + 1) : [];
  }
  if (!ts.isTypeReferenceNode(type) || !ts.isIdentifier(type.typeName)) return [];
  const name = type.typeName.text;
  const [of, picked] = type.typeArguments ?? [];
  if (/^(?:Promise|Readonly|Required|NonNullable)$/.test(name)) return typeKeys(survey, of, file, hops + 1);
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
  if (sign === undefined || sign.library === '@fastify/jwt' || sign.library === 'keys')
    return pluginKey(plugin);
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
