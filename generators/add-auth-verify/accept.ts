import type { ImportWant } from '../_engine/model/import-want.ts';
import type { Obstacle } from '../_engine/model/obstacle.ts';
import type { Survey } from '../_engine/program/survey.ts';
import { isFunctionNode } from '../_engine/syntax/expressions.ts';

/** A check of the service's own that each token has to pass. */
export interface Accept {
  /** TypeScript; `claims` and `request` are in reach. */
  readonly call: string;
  readonly imports: readonly ImportWant[];
}

/** `--accept src/sessions.ts#isActive`, a path from the root of the repo; `none` goes without. */
export function findAccept(
  survey: Survey,
  answer: unknown,
): { readonly accept?: Accept; readonly obstacles: readonly Obstacle[] } {
  if (typeof answer !== 'string' || answer === 'none') return { obstacles: [] };
  const [path = '', name = ''] = answer.split('#');
  const file = survey.files.find((one) => one === path);
  const found = file === undefined ? undefined : survey.names.exported(file, name);
  if (
    file === undefined ||
    found === undefined ||
    !isFunctionNode(found.node) ||
    !/^[A-Za-z_$][\w$]*$/.test(name)
  ) {
    const message = `--accept names ${answer}, but the service does not export such a function.`;
    const remedy = 'Name a function as <file>#<export>, with a path from the root of the repository.';
    return { obstacles: [{ code: 'E_INVALID_FLAG', message, remedy }] };
  }
  const want = name === 'default' ? { from: file, default: 'isAccepted' } : { from: file, names: [name] };
  const callee = name === 'default' ? 'isAccepted' : name;
  return { accept: { call: `${callee}(claims, request)`, imports: [want] }, obstacles: [] };
}
