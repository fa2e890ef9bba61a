import type { ImportWant } from '../_engine/model/code-facts.ts';
import type { Obstacle, Place } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Service } from '../_engine/model/service.ts';
import { findDecoratorUses } from '../_engine/facts/auth/key-signs.ts';
import type { VerifyOptions } from '../_engine/facts/auth/jwt-verifies.ts';
import type { Survey } from '../_engine/program/survey.ts';
import { callsIn } from '../_engine/syntax/calls.ts';
import { keyOf, propertyOf, returnsOf } from '../_engine/syntax/expressions.ts';
import { importsOf } from '../_engine/syntax/symbols.ts';
import { placeOf, ts, walk } from '../_engine/syntax/tree.ts';
import { isRequiredAsWell, isSameFragment } from './required-claims.ts';

/** A check of the service's own that each token has to pass. */
export interface Accept {
  /** TypeScript; `claims` and `request` are in reach. */
  readonly call: string;
  readonly imports: readonly ImportWant[];
}

/** What auth-verify.ts demands of a token already: a guard that has moved to `app.verifyToken` says it no more. */
export interface KeptPolicy {
  /** Options of the verifier: name and TypeScript. */
  readonly options: ReadonlyMap<string, string>;
  readonly imports: readonly ImportWant[];
  readonly accept: Accept | undefined;
  /** What the keys sign, and demand. */
  readonly keys: Readonly<{ algorithm?: string; issuer?: string; audience?: string }>;
  readonly obstacles: readonly Obstacle[];
}

const nothing: KeptPolicy = {
  options: new Map(),
  imports: [],
  accept: undefined,
  keys: {},
  obstacles: [],
};

/** Reads it from the file, where it is there. `survey` may leave out generated files: `own`, those of people, does. */
export function readKeptPolicy(survey: Survey, own: Survey, service: Service, plugin: RelPath): KeptPolicy {
  if (survey.text(plugin) === '') return { ...nothing, obstacles: orphans(own, service) };
  const tree = survey.tree(plugin);
  const verifier = callsNamed(tree, 'createTokenVerifier')[0]?.arguments;
  const demands = verifier?.[2];
  const [keys] = callsNamed(tree, 'createSigningKeys');
  const literal = (name: string): string | undefined =>
    survey.names.textOf(propertyOf(keys?.arguments[0], name), plugin);
  const [algorithm, issuer, audience] = ['algorithm', 'issuer', 'audience'].map(literal);
  const options = readDemands(demands);
  return {
    options: options ?? new Map(),
    imports: demands === undefined ? [] : importsIn(survey, plugin, demands),
    accept: readAccept(survey, plugin),
    keys: {
      ...(algorithm !== undefined && { algorithm }),
      ...(issuer !== undefined && { issuer }),
      ...(audience !== undefined && { audience }),
    },
    obstacles: demands === undefined || options !== undefined ? [] : [unreadable(placeOf(demands, plugin))],
  };
}

/** Undefined where they are no plain object. */
function readDemands(node: ts.Expression | undefined): ReadonlyMap<string, string> | undefined {
  if (node === undefined) return new Map();
  if (!ts.isObjectLiteralExpression(node)) return undefined;
  const entries = node.properties.map((member) => {
    const name = member.name === undefined ? undefined : keyOf(member.name);
    const value = name === undefined ? undefined : propertyOf(node, name);
    return name === undefined || value === undefined ? undefined : ([name, value.getText()] as const);
  });
  return entries.every((one) => one !== undefined) ? new Map(entries) : undefined;
}

function readAccept(survey: Survey, plugin: RelPath): Accept | undefined {
  const [handler] = callsNamed(survey.tree(plugin), 'createVerifyHandler');
  const check = propertyOf(handler?.arguments[0], 'isAccepted');
  if (check === undefined || !ts.isArrowFunction(check)) return undefined;
  const [call] = returnsOf(check);
  return call === undefined
    ? undefined
    : { call: call.getText(), imports: importsIn(survey, plugin, check.body) };
}

function callsNamed(tree: ts.SourceFile, name: string): readonly ts.CallExpression[] {
  return callsIn(tree).filter(({ expression }) => ts.isIdentifier(expression) && expression.text === name);
}

/** The imports of the file that a part of it uses. */
function importsIn(survey: Survey, file: RelPath, part: ts.Node): readonly ImportWant[] {
  const imports = importsOf(survey.tree(file));
  const wants = new Map<string, ImportWant>();
  walk(part, (node) => {
    const isMember = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
    const found = ts.isIdentifier(node) && !isMember ? imports.get(node.text) : undefined;
    if (ts.isIdentifier(node) && found !== undefined && found.name !== '*') {
      const from = survey.names.module(file, found.from) ?? found.from;
      const name = found.name === node.text ? node.text : `${found.name} as ${node.text}`;
      wants.set(node.text, found.name === 'default' ? { from, default: node.text } : { from, names: [name] });
    }
    return true;
  });
  return [...wants.values()];
}

/** Adds what the file demands and no guard asks for any more. What a guard asks for differently is not decided here. */
export function keepDemands(found: VerifyOptions, kept: KeptPolicy, plugin: RelPath): VerifyOptions {
  const lost = [...kept.options].filter(([name]) => !found.entries.has(name));
  const changed = [...kept.options].filter(([name, value]) => {
    const now = found.entries.get(name);
    if (now === undefined || isSameFragment(now, value)) return false;
    return name !== 'requiredClaims' || !isRequiredAsWell(now, value, found.entries);
  });
  return {
    entries: new Map([...found.entries, ...lost]),
    imports: [...found.imports, ...(lost.length === 0 ? [] : kept.imports)],
    obstacles: [...found.obstacles, ...kept.obstacles, ...changed.map((one) => differs(one, plugin))],
  };
}

function differs([name, value]: readonly [string, string], path: RelPath): Obstacle {
  return {
    code: 'E_TOKEN_POLICY',
    at: { path },
    message: `\`${name}: ${value}\` is demanded here, but a guard of this service demands another value.`,
    remedy: 'Write the value that counts in both places, and run the command again.',
  };
}

function unreadable(at: Place): Obstacle {
  return {
    code: 'E_TOKEN_POLICY',
    at,
    message: 'What this verifier demands cannot be read: it might be lost.',
    remedy: 'Write the demands as an object in the call of createTokenVerifier, and run the command again.',
  };
}

/** Guards that use `app.verifyToken` although nothing provides it: what they demanded before cannot be read. */
function orphans(own: Survey, { decorators }: Service): readonly Obstacle[] {
  const isOwn = ({ at, name }: Service['decorators'][number]): boolean =>
    name === 'verifyToken' && (at === undefined || own.files.some((file) => file === at.path));
  if (decorators.some(isOwn)) return [];
  return findDecoratorUses(own, 'verifyToken').map(({ file, node }) => ({
    code: 'E_TOKEN_POLICY' as const,
    at: placeOf(node, file),
    message:
      'Tokens are verified here by app.verifyToken, which nothing provides: what was demanded of them before cannot be read.',
    remedy:
      'Restore auth-verify.ts, or verify with the library here, with all demands, and run the command again.',
  }));
}
