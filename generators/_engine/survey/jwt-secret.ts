import type { JwtFact, RelPath } from '../contract.ts';
import { ts, walk } from '../syntax.ts';
import { memberOf, propertyOf, receiverOf, unwrap } from './expressions.ts';
import type { Sign } from './jwt-signs.ts';
import { readFromOutside } from './outside-reads.ts';
import type { Survey } from './survey.ts';

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
  const isPair = !algorithm.startsWith('HS');
  const isPlugin = sign === undefined || sign.library === '@fastify/jwt';
  const key = isPlugin ? pluginKey(plugin) : ((isPair ? verifyKey(survey) : undefined) ?? signKey(sign));
  const read = key === undefined ? undefined : readFromOutside(survey, key.expression, key.file);
  if (read === undefined) return undefined;
  const { env, expression, fallback, imports } = read;
  return {
    expression,
    imports,
    ...(env !== undefined && { env }),
    ...(fallback !== undefined && { fallback }),
  };
}

function pluginKey(plugin: PluginUse | undefined): Key | undefined {
  const secret = propertyOf(plugin?.options, 'secret');
  if (plugin === undefined || secret === undefined) return undefined;
  return { file: plugin.file, expression: propertyOf(secret, 'public') ?? secret };
}

function signKey({ options, path, secret }: Sign): Key | undefined {
  const expression = secret ?? propertyOf(options, 'key');
  return expression === undefined ? undefined : { file: path, expression };
}

/** The key of the service's own `jwt.verify(token, key)`: with a key pair it is not the one that signs. */
function verifyKey(survey: Survey): Key | undefined {
  for (const file of survey.mentioning(/\bverify\(/)) {
    let expression: ts.Expression | undefined;
    walk(survey.tree(file), (node) => {
      if (!ts.isCallExpression(node)) return true;
      const callee = unwrap(node.expression);
      const root = receiverOf(callee) ?? callee;
      const imported = ts.isIdentifier(root) ? survey.names.importOf(root, file) : undefined;
      const name = root === callee ? imported?.name : memberOf(callee);
      if (imported?.from === 'jsonwebtoken' && name === 'verify') expression ??= node.arguments[1];
      return true;
    });
    if (expression !== undefined) return { file, expression };
  }
  return undefined;
}
