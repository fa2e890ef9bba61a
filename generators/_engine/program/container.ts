import type { RelPath } from '../model/paths.ts';
import { ts, walk } from '../syntax/tree.ts';
import { keyOf, memberOf, receiverOf, unwrap } from '../syntax/expressions.ts';
import type { Argument } from './repeated-calls.ts';
import type { Survey } from './survey.ts';

/**
 * What an awilix container gives where a class or a function asks for it by a parameter: the call in
 * `{ userRoutes: asFunction(makeUserRoutes).singleton() }` for `userRoutes`. Undefined for every other expression.
 */
export function inContainer(survey: Survey, expression: ts.Expression, file: RelPath): Argument | undefined {
  const bare = unwrap(expression);
  const name = ts.isIdentifier(bare) ? bare.text : memberOf(bare);
  const node = survey.names.value(bare, file)?.node;
  const isAskedFor =
    node === bare || (node !== undefined && (ts.isBindingElement(node) || ts.isParameter(node)));
  if (name === undefined || !isAskedFor) return undefined;
  for (const place of survey.mentioning(/\bawilix\b/)) {
    let found: ts.Expression | undefined;
    walk(survey.tree(place), (at) => {
      if (ts.isPropertyAssignment(at) && keyOf(at.name) === name)
        found ??= resolverIn(survey, at.initializer, place);
      return found === undefined;
    });
    if (found !== undefined) return { expression: found, file: place };
  }
  return undefined;
}

/** How awilix makes a value of the argument: by calling it, or as it is; undefined for a function of another package. */
export function resolverOf(
  survey: Survey,
  callee: ts.Expression,
  file: RelPath,
): 'asFunction' | 'asValue' | undefined {
  const bare = unwrap(callee);
  const imported = ts.isIdentifier(bare) ? survey.names.importOf(bare, file) : undefined;
  if (imported?.from !== 'awilix') return undefined;
  return imported.name === 'asFunction' || imported.name === 'asValue' ? imported.name : undefined;
}

/** Without `.singleton()` and the like. */
function resolverIn(survey: Survey, value: ts.Expression, file: RelPath): ts.Expression | undefined {
  const bare = unwrap(value);
  if (!ts.isCallExpression(bare)) return undefined;
  if (resolverOf(survey, bare.expression, file) !== undefined) return bare;
  const receiver = receiverOf(bare.expression);
  return receiver === undefined ? undefined : resolverIn(survey, receiver, file);
}
