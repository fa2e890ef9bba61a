import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { openChecked } from '../_engine/program/checked-program.ts';
import { openSurvey } from '../_engine/program/survey.ts';
import { type Draft, openDraft } from '../_engine/repo/draft.ts';
import { findNode, ts } from '../_engine/syntax/tree.ts';

/** A bare call, and the typed call that takes its place. */
export interface AdoptedCall {
  readonly path: RelPath;
  readonly line: number;
  readonly by: 'fetch' | 'axios';
  /** In the checker's tree, as `goes`: the code that the typed call does without. */
  readonly node: ts.CallExpression;
  readonly goes: readonly ts.Node[];
  readonly text: string;
  /** The callee. */
  readonly label: string;
}

/** Rounds of leaving out what does not compile: what is left then is left out as a whole. */
const maxRounds = 4;

/** The calls whose files would have errors that they have not now, with the first of these; `adopt` adopts calls in a draft. */
export function findMisfits(
  repo: Repo,
  service: Service,
  found: readonly AdoptedCall[],
  adopt: (draft: Draft, calls: readonly AdoptedCall[]) => void,
): ReadonlyMap<AdoptedCall, string> {
  const before = openChecked(openSurvey(repo, service));
  const misfits = new Map<AdoptedCall, string>();
  for (let round = 0; round <= maxRounds; round += 1) {
    const rest = found.filter((call) => !misfits.has(call));
    const draft = openDraft(repo);
    adopt(draft, rest);
    const after = openChecked(openSurvey(draft.repo, service));
    const known = misfits.size;
    for (const path of new Set(rest.map((call) => call.path))) {
      const old = new Set(before.problems(path).map(({ message }) => message));
      for (const { message, start } of after.problems(path)) {
        if (old.has(message)) continue;
        const own = rest.filter((call) => call.path === path);
        const around = textAround(after.file(path), start);
        const near = own.filter(({ text }) => around.includes(text));
        for (const call of near.length === 0 || round === maxRounds ? own : near)
          misfits.set(call, `its types do not fit (${message})`);
      }
    }
    if (misfits.size === known) break;
  }
  return misfits;
}

/** The innermost function around an offset. */
function textAround(file: ts.SourceFile | undefined, offset: number): string {
  const functions: ts.Node[] = [];
  if (file !== undefined)
    findNode(file, (node) => {
      if (ts.isFunctionLike(node) && node.pos <= offset && offset < node.end) functions.push(node);
      return false;
    });
  return functions.at(-1)?.getText() ?? '';
}
