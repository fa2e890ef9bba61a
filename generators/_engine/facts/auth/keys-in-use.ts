import type { JwtFact } from '../../model/service.ts';
import type { RelPath } from '../../model/paths.ts';
import { readFromOutside } from '../../program/outside-reads.ts';
import { foundOnce, type Survey } from '../../program/survey.ts';
import { callsIn } from '../../syntax/calls.ts';
import { memberOf, propertyOf, returnsOf, stringOf, unwrap } from '../../syntax/expressions.ts';
import { importsOf, specifiersOf } from '../../syntax/symbols.ts';
import { findNode, pickNodes, ts } from '../../syntax/tree.ts';

/** The keys that sign tokens beside the secret of a service, as the module that exports `createSigningKeys` has them. */
export interface KeysInUse {
  readonly module: RelPath;
  /** The file that creates them, with the verifier of both kinds of tokens. */
  readonly createdIn: RelPath;
  /** What they sign and demand, where it can be read. */
  readonly signed: Readonly<Record<'aud' | 'iss', string | undefined>>;
  /** Of those, what tokens of the secret must have, too. */
  readonly demanded: ReadonlySet<'aud' | 'iss'>;
  /** What verifies the tokens of the secret, and did so before there were keys; undefined where nothing does. */
  readonly before: VerifierInUse | undefined;
}

interface VerifierInUse extends Pick<JwtFact, 'algorithm' | 'secret' | 'namespace'> {
  readonly library: Exclude<JwtFact['library'], 'none'>;
}

export const libraries = ['@fastify/jwt', 'jsonwebtoken', 'jose', 'fast-jwt'] as const;

/** Undefined for a service whose tokens a secret alone signs. */
export const findKeysInUse = foundOnce((survey): KeysInUse | undefined => {
  const [module] = survey.filesMatching(/\bfunction createSigningKeys\b/);
  if (module === undefined) return undefined;
  for (const file of survey.filesMatching(/\bcreateSigningKeys\(/)) {
    const creation = callsTo(survey, file, 'createSigningKeys', module);
    if (creation === undefined) continue;
    const [options] = creation.arguments;
    const signed = {
      aud: survey.names.textOf(propertyOf(options, 'audience'), file),
      iss: survey.names.textOf(propertyOf(options, 'issuer'), file),
    };
    const demanded = new Set((['aud', 'iss'] as const).filter((claim) => demands(survey, file, claim)));
    return { module, createdIn: file, signed, demanded, before: verifierIn(survey, file) };
  }
  return undefined;
});

function callsTo(
  survey: Survey,
  file: RelPath,
  name: string,
  module: RelPath,
): ts.CallExpression | undefined {
  return callsIn(survey.tree(file)).find(
    ({ expression }) =>
      ts.isIdentifier(expression) &&
      expression.text === name &&
      survey.names.definitionOf(expression, file)?.file === module,
  );
}

/** `[claims['aud']].flat().includes('web')`, negated once: who signs without it is refused. */
function demands(survey: Survey, file: RelPath, claim: 'aud' | 'iss'): boolean {
  const asked = findNode(survey.tree(file), (node) => {
    if (!ts.isElementAccessExpression(node) || stringOf(node.argumentExpression) !== claim) return false;
    return ts.isArrayLiteralExpression(node.parent) && negations(node) % 2 === 1;
  });
  return asked !== undefined;
}

function negations(node: ts.Node): number {
  let count = 0;
  for (let at = node; !ts.isStatement(at); at = at.parent)
    if (ts.isPrefixUnaryExpression(at) && at.operator === ts.SyntaxKind.ExclamationToken) count += 1;
  return count;
}

function verifierIn(survey: Survey, file: RelPath): VerifierInUse | undefined {
  const name = 'createTokenVerifier';
  const [call] = callsIn(survey.tree(file)).filter(({ expression }) => expression.getText() === name);
  const imported = importsOf(survey.tree(file)).get(name);
  const module = imported && survey.names.module(file, imported.from);
  const packages = module === undefined ? [] : specifiersOf(survey.tree(module));
  const library = libraries.find((one) => packages.includes(one));
  const [key, given] = call?.arguments ?? [];
  const algorithm = survey.names.textOf(given, file);
  if (key === undefined || algorithm === undefined || library === undefined) return undefined;
  if (library === '@fastify/jwt') return { library, algorithm, ...namespaceOf(key) };
  const read = readFromOutside(survey, key, file);
  if (read === undefined) return { library, algorithm };
  const { env, fallback, imports } = read;
  const expression = key.getText();
  const source = { ...(env !== undefined && { env }), ...(fallback !== undefined && { fallback }) };
  return { library, algorithm, secret: { expression, imports, ...source } };
}

/** `access` of `() => app.jwt.access` */
function namespaceOf(key: ts.Expression): Pick<JwtFact, 'namespace'> {
  const [plugin] = ts.isArrowFunction(key) ? returnsOf(key) : [];
  const bare = plugin && unwrap(plugin);
  if (bare === undefined) return {};
  const namespace = ts.isCallExpression(bare) ? stringOf(bare.arguments[1]) : memberOf(bare);
  return namespace === undefined || namespace === 'jwt' ? {} : { namespace };
}

/** Whether a value has something of the options with which a library signs by the keys: `{ ...app.signingOptions }`. */
export function usesSigningOptions(survey: Survey, value: ts.Expression | undefined, file: RelPath): boolean {
  const keys = findKeysInUse(survey);
  return (
    value !== undefined && keys !== undefined && mentions(survey, value, file, optionNames(survey, keys), 0)
  );
}

const maxHops = 4;

function mentions(
  survey: Survey,
  value: ts.Node,
  file: RelPath,
  names: ReadonlySet<string>,
  hops: number,
): boolean {
  if (hops > maxHops) return false;
  const found = findNode(value, (node) => {
    if (ts.isExpression(node) && names.has(memberOf(node) ?? '')) return true;
    if (!ts.isIdentifier(node) || (ts.isPropertyAccessExpression(node.parent) && node.parent.name === node))
      return false;
    const declared = survey.names.definitionOf(node, file);
    if (declared === undefined || declared.node === value) return false;
    const isTaken =
      ts.isBindingElement(declared.node) &&
      names.has((declared.node.propertyName ?? declared.node.name).getText());
    const variable = ts.findAncestor(
      declared.node,
      (at) => !ts.isBindingElement(at) && !ts.isBindingName(at),
    );
    const from =
      variable !== undefined && ts.isVariableDeclaration(variable) ? variable.initializer : undefined;
    return isTaken || (from !== undefined && mentions(survey, from, declared.file, names, hops + 1));
  });
  return found !== undefined;
}

/** What the module decorates the application with, as `signingOptions`. */
function optionNames(survey: Survey, { module }: KeysInUse): ReadonlySet<string> {
  const names = callsIn(survey.tree(module), 'decorate').flatMap(({ arguments: [name, value] }) => {
    const isOptions =
      value !== undefined &&
      pickNodes(value, (node) => isMember(node, 'signingOptions') || undefined).length > 0;
    return isOptions ? (stringOf(name) ?? []) : [];
  });
  return new Set(['signingOptions', ...names]);
}

function isMember(node: ts.Node, name: string): boolean {
  return ts.isExpression(node) && memberOf(node) === name;
}
