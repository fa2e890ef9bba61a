import type { RelPath } from '../../model/paths.ts';
import type { JwtFact } from '../../model/resource-facts.ts';
import { ts, walk } from '../../syntax/tree.ts';
import { memberOf, propertyOf, receiverOf, unwrap } from '../../syntax/expressions.ts';
import type { Sign } from './jwt-signs.ts';
import { readFromOutside } from '../../program/outside-reads.ts';
import type { Survey } from '../../program/survey.ts';

/** Where @fastify/jwt is registered, and with what. */
export interface PluginUse {
  readonly file: RelPath;
  readonly options: ts.Expression | undefined;
}

interface Key {
  readonly file: RelPath;
  readonly expression: ts.Expression;
}

/** What verifies the tokens: the shared secret, or the public key of a pair; undefined when no other file can reach it. */
export function findSecret(
  survey: Survey,
  sign: Sign | undefined,
  plugin: PluginUse | undefined,
  algorithm: string,
): JwtFact['secret'] {
  for (const { expression, file } of keysOf(survey, sign, plugin, algorithm)) {
    const read = readFromOutside(survey, expression, file);
    if (read === undefined) continue;
    const { env, fallback, imports } = read;
    return {
      expression: read.expression,
      imports,
      ...(env !== undefined && { env }),
      ...(fallback !== undefined && { fallback }),
    };
  }
  return undefined;
}

/** The key that signs is no good for verifying when it is one of a pair. */
function keysOf(
  survey: Survey,
  sign: Sign | undefined,
  plugin: PluginUse | undefined,
  algorithm: string,
): readonly Key[] {
  if (sign === undefined || sign.library === '@fastify/jwt') return pluginKey(plugin);
  return algorithm.startsWith('HS') ? signKey(sign) : verifyKeys(survey);
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

/** The keys of the service's own `jwt.verify(token, key)`, `jwtVerify(token, key)` and `createVerifier({ key })`. */
function verifyKeys(survey: Survey): readonly Key[] {
  return survey.mentioning(/\b(verify|jwtVerify|createVerifier)\(/).flatMap((file) => {
    const keys: Key[] = [];
    walk(survey.tree(file), (node) => {
      const expression = ts.isCallExpression(node) ? verifyKeyOf(survey, node, file) : undefined;
      if (expression !== undefined) keys.push({ file, expression });
      return true;
    });
    return keys;
  });
}

function verifyKeyOf(survey: Survey, call: ts.CallExpression, file: RelPath): ts.Expression | undefined {
  const callee = unwrap(call.expression);
  const root = receiverOf(callee) ?? callee;
  const imported = ts.isIdentifier(root) ? survey.names.importOf(root, file) : undefined;
  const name = root === callee ? imported?.name : memberOf(callee);
  const [first, second] = call.arguments;
  if (imported?.from === 'jsonwebtoken' && name === 'verify') return second;
  if (imported?.from === 'jose' && name === 'jwtVerify') return second;
  return imported?.from === 'fast-jwt' && name === 'createVerifier' ? propertyOf(first, 'key') : undefined;
}
