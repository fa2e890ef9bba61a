import type { RelPath } from '../../model/paths.ts';
import type { Survey } from '../../program/survey.ts';
import { memberOf, propertyOf, receiverOf, unwrap } from '../../syntax/expressions.ts';
import { ts, walk } from '../../syntax/tree.ts';

/** The expression of a key, and its file. */
export interface Key {
  readonly file: RelPath;
  readonly expression: ts.Expression;
}

interface VerifyKey extends Key {
  /** Undefined where the call does not say. */
  readonly algorithms: readonly string[] | undefined;
}

/**
 * The keys of the service's own `jwt.verify(token, key)`, `jwtVerify(token, key)` and `createVerifier({ key })` for one
 * algorithm of a key pair: without those for other algorithms, and without keys that sign, which are shared secrets.
 */
export function findVerifyKeys(survey: Survey, algorithm: string, signKeys: readonly Key[]): readonly Key[] {
  const keys = survey.filesMatching(/\b(verify|jwtVerify|createVerifier)\(/).flatMap((file) => {
    const found: VerifyKey[] = [];
    walk(survey.tree(file), (node) => {
      const key = ts.isCallExpression(node) ? verifyKeyOf(survey, node, file) : undefined;
      if (key !== undefined) found.push(key);
      return true;
    });
    return found;
  });
  const possible = keys.filter(
    (key) =>
      key.algorithms?.includes(algorithm) !== false && !signKeys.some((sign) => isSame(survey, key, sign)),
  );
  return possible.toSorted((a, b) => Number(b.algorithms !== undefined) - Number(a.algorithms !== undefined));
}

function isSame(survey: Survey, a: Key, b: Key): boolean {
  const [one, other] = [a, b].map(({ expression, file }) => survey.names.value(expression, file)?.node);
  if (one !== undefined && one === other) return true;
  return a.file === b.file && unwrap(a.expression).getText() === unwrap(b.expression).getText();
}

function verifyKeyOf(survey: Survey, call: ts.CallExpression, file: RelPath): VerifyKey | undefined {
  const callee = unwrap(call.expression);
  const root = receiverOf(callee) ?? callee;
  const imported = ts.isIdentifier(root) ? survey.names.importOf(root, file) : undefined;
  const name = root === callee ? imported?.name : memberOf(callee);
  const [first, second, options] = call.arguments;
  const isVerify =
    (imported?.from === 'jsonwebtoken' && name === 'verify') ||
    (imported?.from === 'jose' && name === 'jwtVerify');
  const isVerifier = imported?.from === 'fast-jwt' && name === 'createVerifier';
  const expression = isVerify ? second : isVerifier ? propertyOf(first, 'key') : undefined;
  if (expression === undefined) return undefined;
  return { expression, file, algorithms: algorithmsIn(survey, isVerifier ? first : options, file) };
}

function algorithmsIn(
  survey: Survey,
  options: ts.Expression | undefined,
  file: RelPath,
): readonly string[] | undefined {
  const found = options === undefined ? undefined : survey.names.value(options, file);
  const list =
    found !== undefined && ts.isExpression(found.node) ? propertyOf(found.node, 'algorithms') : undefined;
  const value =
    found === undefined || list === undefined ? undefined : survey.names.valueOf(list, found.file);
  if (value?.kind !== 'array') return undefined;
  const texts = value.elements.map((one) => survey.names.textOf(one.expression, one.file));
  return texts.every((text) => text !== undefined) ? texts : undefined;
}
