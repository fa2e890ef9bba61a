import type { RelPath } from '../../model/paths.ts';
import { ts } from '../../syntax/tree.ts';
import { propertyOf } from '../../syntax/expressions.ts';
import { findWays, type Given, type Reached } from './jwt-reach.ts';
import { keyText } from './verify-keys.ts';
import { findKeysInUse } from './keys-in-use.ts';
import { chainedCall, type PluginUse, type Sign } from './jwt-signs.ts';
import {
  type ClaimsType,
  type ClaimValue,
  type Read,
  shapeOf,
  textsOf,
  type TokenShape,
} from './token-shape.ts';
import type { Survey } from '../../program/survey.ts';

/** The tokens that one sign call makes, for one way in which it is come to. */
export interface Issued extends Reached {
  readonly sign: Sign;
  readonly shape: TokenShape;
  /** Claims that are objects, with the names of their members. */
  readonly nested: ReadonlyMap<string, readonly string[]>;
  /** The expressions of claims by path: `role`, `user.id`. */
  readonly values: ReadonlyMap<string, ClaimValue>;
  /** The type of the claims, where they are an argument that nobody gives. */
  readonly declared: ClaimsType | undefined;
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
          ...insideOf(shape),
          shape: withOptions(sign, shape, pluginOf, { survey, file: sign.path, given }),
          key: signingKeyOf(survey, sign, pluginOf, given),
        };
      }),
    ),
  );
}

/** Objects among the claims, one level deep. */
function insideOf({ declared, values }: TokenShape): Pick<Issued, 'declared' | 'nested' | 'values'> {
  const nested = new Map<string, readonly string[]>();
  const all = new Map(values);
  for (const [name, value] of values) {
    const inner = shapeOf(value.expression, value, 1);
    const names = [...inner.claims.keys(), ...inner.possible];
    if (names.length > 0) nested.set(name, names);
    for (const [member, one] of inner.values) all.set(`${name}.${member}`, one);
  }
  return { declared, nested, values: all };
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
  const found = ts.isVariableDeclaration(parent) ? survey.names.callsOf({ file: path, node: call }) : [];
  if (found.length === 0) return [{ call, file: path, payload: undefined }];
  return found.map(({ file, node }) => ({ call: node, file, payload: node.arguments?.[0] }));
}

/** The keys of what is signed, in order: from the object itself, else from its type. */
export function claimsOf(survey: Survey, signs: readonly Sign[]): readonly string[] {
  const payloads = signs.flatMap((sign) => payloadsOf(survey, sign));
  const keys = payloads.flatMap(
    ({ file, payload }) => shapeOf(payload, { survey, file, given: new Map() }).keys,
  );
  return [...new Set(keys)];
}

function withOptions(sign: Sign, shape: TokenShape, pluginOf: PluginOf, read: Read): TokenShape {
  const claims = new Map(shape.claims);
  const isPlugin = sign.library === '@fastify/jwt';
  const plugin = isPlugin ? pluginOf(sign.namespace) : undefined;
  const nested = propertyOf(sign.options, 'sign') ?? sign.options;
  const possible = new Set(shape.possible);
  for (const { claim, names, setter } of optionClaims) {
    const global = names.map((name) => propertyOf(propertyOf(plugin?.options, 'sign'), name)).find(Boolean);
    if (plugin !== undefined && global !== undefined && !claims.has(claim))
      claims.set(claim, textsOf(global, { ...read, file: plugin.file, given: new Map() }));
    const local =
      names.map((name) => propertyOf(resolved(nested, read), name)).find(Boolean) ??
      chainedCall(sign.call, setter)?.arguments[0];
    if (local !== undefined) claims.set(claim, textsOf(local, read));
    if (sign.byKeys && (claim === 'aud' || claim === 'iss')) addByKeys(read.survey, claim, claims, possible);
  }
  return { ...shape, claims, possible };
}

/** The keys sign it: for certain where all tokens of a login have to have it, also those that the secret still signs. */
function addByKeys(
  survey: Survey,
  claim: 'aud' | 'iss',
  claims: Map<string, readonly string[] | undefined>,
  possible: Set<string>,
): void {
  const keys = findKeysInUse(survey);
  const text = keys?.signed[claim];
  if (claims.get(claim) !== undefined) return;
  if (text !== undefined && keys?.demanded.has(claim) === true) claims.set(claim, [text]);
  else if (!claims.has(claim)) possible.add(claim);
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

function signingKeyOf(survey: Survey, sign: Sign, pluginOf: PluginOf, given: Given): string | undefined {
  const isPlugin = sign.library === '@fastify/jwt';
  const plugin = isPlugin ? pluginOf(sign.namespace) : undefined;
  const secret = isPlugin
    ? propertyOf(plugin?.options, 'secret')
    : (sign.secret ?? propertyOf(sign.options, 'key'));
  return secret === undefined ? undefined : keyText(survey, secret, plugin?.file ?? sign.path, given);
}
