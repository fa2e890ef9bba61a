import type { RelPath } from '../../model/paths.ts';
import { ts, walk } from '../../syntax/tree.ts';
import { readEnv } from '../../program/env-reads.ts';
import { propertyOf, unwrap } from '../../syntax/expressions.ts';
import { findWays, type Given, type Reached } from './jwt-reach.ts';
import type { PluginUse } from './jwt-secret.ts';
import { type Read, shapeOf, textsOf, type TokenShape } from './jwt-shape.ts';
import { chainedCall, namespaceOf, type Sign } from './jwt-signs.ts';
import type { Survey } from '../../program/survey.ts';

/** The tokens that one sign call makes, for one way in which it is come to. */
export interface Issued extends Reached {
  readonly sign: Sign;
  readonly shape: TokenShape;
  /** The variable or the text that the key is from; undefined when it cannot be seen. */
  readonly key: string | undefined;
}

/** Where @fastify/jwt is registered for a namespace. */
type PluginOf = (namespace: string | undefined) => PluginUse | undefined;

/** Options of signing that are claims, as the four libraries and the setters of jose have them. */
const optionClaims = [
  { claim: 'aud', names: ['audience', 'aud'], setter: 'setAudience' },
  { claim: 'iss', names: ['issuer', 'iss'], setter: 'setIssuer' },
  { claim: 'sub', names: ['subject', 'sub'], setter: 'setSubject' },
  { claim: 'jti', names: ['jwtid', 'jti'], setter: 'setJti' },
] as const;

/** All tokens that a service signs. */
export function findIssued(survey: Survey, signs: readonly Sign[], pluginOf: PluginOf): readonly Issued[] {
  return signs.flatMap((sign) =>
    payloadsOf(survey, sign).flatMap(({ call, file, payload }) =>
      findWays(survey, call, file).map((way) => {
        const given = way.given;
        const shape = shapeOf(payload, { survey, file, given });
        return {
          ...way,
          sign,
          shape: withOptions(sign, shape, pluginOf, { survey, file: sign.path, given }),
          key: keyOf(survey, sign, pluginOf, given),
        };
      }),
    ),
  );
}

interface Payload {
  readonly call: ts.Node;
  readonly file: RelPath;
  readonly payload: ts.Expression | undefined;
}

/** What is signed; for a signer of fast-jwt what each of its calls is given. */
function payloadsOf(survey: Survey, sign: Sign): readonly Payload[] {
  const { call, path } = sign;
  if (sign.library !== 'fast-jwt') return [{ call, file: path, payload: sign.payload }];
  const { parent } = call;
  if (ts.isCallExpression(parent) && parent.expression === call)
    return [{ call: parent, file: path, payload: parent.arguments[0] }];
  const found: Payload[] = [];
  for (const file of survey.files) {
    walk(survey.tree(file), (node) => {
      const isCall = ts.isCallExpression(node) && ts.isIdentifier(unwrap(node.expression));
      if (isCall && node !== call && survey.names.value(node.expression, file)?.node === call)
        found.push({ call: node, file, payload: node.arguments[0] });
      return true;
    });
  }
  return found.length === 0 ? [{ call, file: path, payload: undefined }] : found;
}

function withOptions(sign: Sign, shape: TokenShape, pluginOf: PluginOf, read: Read): TokenShape {
  const claims = new Map(shape.claims);
  const isPlugin = sign.library === '@fastify/jwt';
  const plugin = isPlugin ? pluginOf(namespaceOf(sign)) : undefined;
  const nested = propertyOf(sign.options, 'sign') ?? sign.options;
  for (const { claim, names, setter } of optionClaims) {
    const global = names.map((name) => propertyOf(propertyOf(plugin?.options, 'sign'), name)).find(Boolean);
    if (plugin !== undefined && global !== undefined && !claims.has(claim))
      claims.set(claim, textsOf(global, { ...read, file: plugin.file, given: new Map() }));
    const local =
      names.map((name) => propertyOf(resolved(nested, read), name)).find(Boolean) ??
      chainedCall(sign.call, setter)?.arguments[0];
    if (local !== undefined) claims.set(claim, textsOf(local, read));
  }
  return { ...shape, claims };
}

/** An object that has a name, or is an argument of the function around it. */
function resolved(
  options: ts.Expression | undefined,
  { survey, file, given }: Read,
): ts.Expression | undefined {
  const found = options === undefined ? undefined : survey.names.value(options, file);
  if (found === undefined) return undefined;
  const argument = given.get(found.node);
  if (argument !== undefined) return resolved(argument.expression, { survey, ...argument });
  return ts.isExpression(found.node) ? found.node : undefined;
}

function keyOf(survey: Survey, sign: Sign, pluginOf: PluginOf, given: Given): string | undefined {
  const isPlugin = sign.library === '@fastify/jwt';
  const plugin = isPlugin ? pluginOf(namespaceOf(sign)) : undefined;
  const secret = isPlugin
    ? propertyOf(plugin?.options, 'secret')
    : (sign.secret ?? propertyOf(sign.options, 'key'));
  return secret === undefined ? undefined : keyText(survey, secret, plugin?.file ?? sign.path, given);
}

/** `env:NAME`, or the text itself. */
export function keyText(
  survey: Survey,
  secret: ts.Expression,
  file: RelPath,
  given: Given,
): string | undefined {
  const bare = unwrap(secret);
  // With a second variable to fall back to, two keys may be one.
  if ((bare.getText().match(/\benv\b/g) ?? []).length > 1) return undefined;
  const inner = (ts.isCallExpression(bare) ? bare.arguments[0] : undefined) ?? bare;
  const found = survey.names.value(inner, file);
  const argument = found === undefined ? undefined : given.get(found.node);
  if (argument !== undefined) return keyText(survey, argument.expression, argument.file, argument.given);
  const { env } = readEnv(survey, inner, file);
  if (env !== undefined) return `env:${env}`;
  return survey.names.textOf(inner, file);
}
