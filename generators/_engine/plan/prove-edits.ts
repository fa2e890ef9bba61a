import type { Edit } from '../model/edit.ts';
import type { Obstacle } from '../model/obstacle.ts';
import { proveEdit } from './prove.ts';
import { textAfter } from '../repo/repo.ts';
import { isWholeFile } from '../model/roles.ts';
import { parseSource, syntaxErrors } from '../syntax/tree.ts';

/**
 * Proves every edit: a patch of the user's file keeps what it did not declare, a file of ours parses. One obstacle
 * for each that fails.
 */
export function proveEdits(edits: readonly Edit[]): readonly Obstacle[] {
  return edits.map(proveOne).filter((obstacle) => obstacle !== undefined);
}

function proveOne(edit: Edit): Obstacle | undefined {
  const text = textAfter(edit);
  if (text === undefined) return undefined;
  if (edit.kind === 'patch' && !isWholeFile(edit.role))
    return proveEdit(edit.path, edit.base, text, edit.changes);
  const [error] = /\.[cm]?tsx?$/.test(edit.path) ? syntaxErrors(parseSource(edit.path, text)) : [];
  if (error === undefined) return undefined;
  return {
    code: 'E_PROOF',
    at: { path: edit.path, line: error.line },
    message: `The generated file ${edit.path} would not parse: ${error.message}`,
    remedy: 'This is a bug of the generator: please report it with the names that you used.',
  };
}
