import type { Place } from '../../model/obstacle.ts';
import type { RelPath } from '../../model/paths.ts';
import type { JwtFact } from '../../model/service.ts';
import { foundOnce, type Survey } from '../../program/survey.ts';
import { callsIn } from '../../syntax/calls.ts';
import { propertyOf, stringOf, unwrap } from '../../syntax/expressions.ts';
import { escapePattern } from '../../syntax/print.ts';
import { importedBy } from '../../syntax/symbols.ts';
import { placeOf, ts } from '../../syntax/tree.ts';
import { claimsOf, findIssued, type Issued } from './jwt-issued.ts';
import { decideLogins } from './jwt-logins.ts';
import { findKeysInUse, libraries } from './keys-in-use.ts';
import { chainedCall, findSecret, findSigns, type PluginUse, type Sign } from './jwt-signs.ts';
import { findUserClaims } from './user-claims.ts';

/**
 * How a service signs and verifies tokens; the library that signs, else the one it depends on. `named`: `file:line` of
 * sign calls that log people in, where the code does not say.
 */
export function surveyJwt(survey: Survey, named: readonly string[] = [], givenAlgorithm?: string): JwtFact {
  const signs = findSigns(survey);
  const issued = findIssued(survey, signs, (namespace) => findPluginUse(survey, namespace));
  const { logins } = decideLogins(issued, named);
  const login = logins.map((one) => one.sign);
  const sign = mainSign(survey, login.length > 0 ? login : signs);
  const plugin = findPluginUse(survey, sign?.namespace);
  const { dependencies } = survey.head.manifest;
  const keys = sign?.byKeys === true ? findKeysInUse(survey) : undefined;
  // What verifies the tokens of the secret stays as it is: the sign calls that are left are those of other tokens.
  const before = sign?.library === '@fastify/jwt' ? undefined : keys?.before;
  const signing = sign?.library === 'keys' ? undefined : sign?.library;
  const library =
    before?.library ?? signing ?? libraries.find((name) => dependencies[name] !== undefined) ?? 'none';
  const pluginOption = (name: string): ts.Expression | undefined => propertyOf(plugin?.options, name);
  const given = givenAlgorithm ?? before?.algorithm;
  const { algorithm, algorithmAt }: Algorithm =
    given === undefined ? readAlgorithm(survey, sign, plugin) : { algorithm: given };
  const secret = before?.secret ?? findSecret(survey, sign, plugin, algorithm, signs);
  const namespace =
    plugin === undefined ? undefined : survey.names.textOf(pluginOption('namespace'), plugin.file);
  const issuer = keys?.signed.iss ?? optionOf(survey, sign, plugin, ['issuer', 'iss'], 'setIssuer');
  const audience = keys?.signed.aud ?? optionOf(survey, sign, plugin, ['audience', 'aud'], 'setAudience');
  return {
    library,
    signs: mainFirst(signs, sign).map(({ line, path }) => ({ path, line })),
    algorithm,
    ...(secret !== undefined && { secret }),
    ...(namespace !== undefined && { namespace }),
    ...(namespace !== undefined && !isTyped(survey, namespace) && { isNamespaceUntyped: true }),
    ...(plugin !== undefined && { registeredIn: plugin.file }),
    claims: allClaims(survey, login.length > 0 ? login : signs, logins),
    ...(algorithmAt !== undefined && { algorithmAt }),
    ...(logins.length > 0 && { user: findUserClaims(logins) }),
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  };
}

function allClaims(survey: Survey, signs: readonly Sign[], logins: readonly Issued[]): readonly string[] {
  const more = logins.flatMap(({ shape }) => [...shape.claims.keys(), ...shape.possible]);
  return [...new Set([...claimsOf(survey, signs), ...more])];
}

/** The one that says most of the user, where others sign refresh tokens. */
function mainSign(survey: Survey, signs: readonly Sign[]): Sign | undefined {
  const said = (sign: Sign): number => claimsOf(survey, [sign]).length;
  return signs.toSorted((a, b) => said(b) - said(a))[0];
}

function isTyped(survey: Survey, namespace: string): boolean {
  const member = new RegExp(`\\binterface\\s+JWT\\b[^}]{0,2000}\\b${escapePattern(namespace)}\\b`);
  return [...survey.files, ...survey.declarations].some((file) => member.test(survey.text(file)));
}

function mainFirst(signs: readonly Sign[], main: Sign | undefined): readonly Sign[] {
  return main === undefined ? signs : [main, ...signs.filter((one) => one !== main)];
}

/** Where @fastify/jwt is registered: with the namespace that signs, else without one, else the first. */
export function findPluginUse(survey: Survey, namespace: string | undefined): PluginUse | undefined {
  const uses = findPluginUses(survey);
  const named = (name: string | undefined): PluginUse | undefined =>
    uses.find(({ file, options }) => survey.names.textOf(propertyOf(options, 'namespace'), file) === name);
  return named(namespace) ?? named(undefined) ?? uses[0];
}

const findPluginUses = foundOnce((survey): readonly PluginUse[] =>
  survey.filesMatching(/['"](@fastify\/jwt|fastify-jwt)['"]/).flatMap((file) =>
    callsIn(survey.tree(file), 'register').flatMap(({ arguments: [plugin, options] }) => {
      const isName = plugin !== undefined && ts.isIdentifier(unwrap(plugin));
      const from = isName ? importedBy(plugin)?.from : plugin?.getText();
      return from !== undefined && /(@fastify\/|fastify-)jwt/.test(from)
        ? [resolved(survey, file, options)]
        : [];
    }),
  ),
);

function resolved(survey: Survey, file: RelPath, options: ts.Expression | undefined): PluginUse {
  const found = options === undefined ? undefined : survey.names.value(options, file);
  return {
    file,
    options: found?.file === file && ts.isExpression(found.node) ? found.node : options,
  };
}

/** A literal option of signing, wherever the libraries take it from. */
function optionOf(
  survey: Survey,
  sign: Sign | undefined,
  plugin: PluginUse | undefined,
  names: readonly string[],
  setter: string,
): string | undefined {
  const isPlugin = sign === undefined || sign.library === '@fastify/jwt';
  const places: readonly (readonly [ts.Expression | undefined, RelPath | undefined])[] = [
    [sign?.options, sign?.path],
    [isPlugin ? propertyOf(plugin?.options, 'sign') : undefined, plugin?.file],
  ];
  for (const [options, file] of places) {
    for (const name of names) {
      const value = file === undefined ? undefined : survey.names.textOf(propertyOf(options, name), file);
      if (value !== undefined) return value;
    }
  }
  const argument = sign === undefined ? undefined : chainedCall(sign.call, setter)?.arguments[0];
  return stringOf(argument) ?? stringOf(propertyOf(argument, 'alg'));
}

/** The algorithm that signs; `algorithmAt`: where one is given that cannot be read. */
interface Algorithm {
  readonly algorithm: string;
  readonly algorithmAt?: Place;
}

interface Option {
  readonly expression: ts.Expression;
  readonly file: RelPath;
}

/** Reads it where the libraries take it from: options of the call, of @fastify/jwt, or the protected header of jose. */
function readAlgorithm(survey: Survey, sign: Sign | undefined, plugin: PluginUse | undefined): Algorithm {
  const isPlugin = sign === undefined || sign.library === '@fastify/jwt';
  const given = sign && (signOption(survey, sign) ?? headerOption(survey, sign));
  const option = given ?? (isPlugin ? pluginOption(plugin, 'sign', 'algorithm') : undefined);
  const isPair = isPlugin && propertyOf(propertyOf(plugin?.options, 'secret'), 'private') !== undefined;
  const initial = isPair ? 'RS256' : 'HS256';
  if (option !== undefined) return valueOf(survey, option, initial);
  const [only, other] = isPlugin ? verifyAlgorithms(survey, plugin) : [];
  return { algorithm: only !== undefined && other === undefined ? only : initial };
}

function valueOf(survey: Survey, { expression, file }: Option, initial: string): Algorithm {
  const text = survey.names.textOf(expression, file);
  if (text !== undefined) return { algorithm: text };
  return { algorithm: initial, algorithmAt: placeOf(expression, file) };
}

function signOption(survey: Survey, { options, path }: Sign): Option | undefined {
  if (options === undefined) return undefined;
  const found = survey.names.value(options, path);
  const object = found !== undefined && ts.isExpression(found.node) ? found : { node: options, file: path };
  for (const name of ['algorithm', 'alg']) {
    const expression = propertyOf(object.node as ts.Expression, name);
    if (expression !== undefined) return { expression, file: object.file };
  }
  return undefined;
}

/** `setProtectedHeader({ alg })`, where the chain has it. */
function headerOption(survey: Survey, { call, path }: Sign): Option | undefined {
  const header = chainedCall(call, 'setProtectedHeader')?.arguments[0];
  if (header === undefined) return undefined;
  const found = survey.names.value(header, path);
  const object = found !== undefined && ts.isExpression(found.node) ? found : { node: header, file: path };
  const expression = propertyOf(object.node as ts.Expression, 'alg');
  return expression === undefined ? { expression: header, file: path } : { expression, file: object.file };
}

function pluginOption(plugin: PluginUse | undefined, part: string, name: string): Option | undefined {
  const expression = propertyOf(propertyOf(plugin?.options, part), name);
  return plugin === undefined || expression === undefined ? undefined : { expression, file: plugin.file };
}

function verifyAlgorithms(survey: Survey, plugin: PluginUse | undefined): readonly string[] {
  const option = pluginOption(plugin, 'verify', 'algorithms');
  const list = option && survey.names.valueOf(option.expression, option.file);
  if (list?.kind !== 'array') return [];
  return list.elements.flatMap((one) => survey.names.textOf(one.expression, one.file) ?? []);
}
