import type { Place } from '../../model/obstacle.ts';
import type { RelPath } from '../../model/paths.ts';
import { foundOnce, type Survey } from '../../program/survey.ts';
import { keyOf } from '../../syntax/expressions.ts';
import { pickNodes, placeOf, ts } from '../../syntax/tree.ts';

/** The option of a registration that lists services which may call the routes of that plugin without a user. */
export const allowedServices = 'allowedServices';

/** Services whose own tokens plugins accept, sorted; `hidden`: the lists that cannot be read to their end. */
export interface AllowedServices {
  readonly names: readonly string[];
  readonly hidden: readonly Place[];
}

/** By the lists of all registrations, `{ allowedServices: ['jobs-service'] }`. */
export const findAllowedServices = foundOnce((survey: Survey): AllowedServices => {
  const lists = survey.filesMatching(/\ballowedServices\b/).flatMap((path) => listsIn(survey, path));
  const names = lists.flatMap((list) => list.names ?? []);
  const hidden = lists.flatMap((list) => (list.names === undefined ? [list.at] : []));
  return { names: [...new Set(names)].sort(), hidden };
});

type List = Readonly<{ at: Place; names: readonly string[] | undefined }>;

function listsIn(survey: Survey, path: RelPath): readonly List[] {
  return pickNodes(survey.tree(path), (node): List | undefined => {
    const isMember = ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node);
    if (!isMember || keyOf(node.name) !== allowedServices) return undefined;
    const value = ts.isPropertyAssignment(node) ? node.initializer : node.name;
    return { at: placeOf(node, path), names: namesIn(survey, value, path) };
  });
}

/** Undefined where one of them cannot be read. */
function namesIn(survey: Survey, value: ts.Expression, path: RelPath): readonly string[] | undefined {
  const found = survey.names.value(value, path);
  if (found === undefined || !ts.isArrayLiteralExpression(found.node)) return undefined;
  const names = found.node.elements.map((one) => survey.names.textOf(one, found.file));
  return names.every((name) => name !== undefined) ? names : undefined;
}
