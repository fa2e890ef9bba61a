import type { Service } from '../../generators/_engine/model/service.ts';
import { proveEdit } from '../../generators/_engine/plan/prove.ts';
import { detectStyle } from '../../generators/_engine/facts/style/style.ts';
import { parseSource, ts, walk } from '../../generators/_engine/syntax/tree.ts';

/** What became of one import and one registration in the app file of a service. */
export type Verdict =
  | 'right'
  | 'nothing done, success reported'
  | 'half done, success reported'
  | 'broken syntax, lost comment or changed line'
  | 'registered too late, in a branch or in a callback'
  | 'mixed line endings, other quotes or semicolons';

export const verdicts: readonly Verdict[] = [
  'right',
  'nothing done, success reported',
  'half done, success reported',
  'broken syntax, lost comment or changed line',
  'registered too late, in a branch or in a callback',
  'mixed line endings, other quotes or semicolons',
];

/** Judges an edited app file by the proof that our own edits have to pass, then by place, then by style; the worst counts. */
export function verdictOn(base: string, next: string, { app }: Service): Verdict {
  if (next === base) return 'nothing done, success reported';
  const isDone = next.includes('.register(authVerify)') && /import authVerify\b/.test(next);
  if (!isDone) return 'half done, success reported';
  if (proveEdit('app.ts', base, next, []) !== undefined) return 'broken syntax, lost comment or changed line';
  if (isMisplaced(next, app.kind === 'plugin')) return 'registered too late, in a branch or in a callback';
  return isForeign(base, next) ? 'mixed line endings, other quotes or semicolons' : 'right';
}

function isMisplaced(text: string, isPlugin: boolean): boolean {
  const source = parseSource('app.ts', text);
  let isWrong = false;
  walk(source, (node) => {
    if (!ts.isCallExpression(node) || node.arguments[0]?.getText(source) !== 'authVerify') return undefined;
    const statement = ts.findAncestor(node, ts.isStatement);
    const block = statement?.parent;
    if (statement === undefined || block === undefined) return undefined;
    const list: readonly ts.Statement[] = ts.isBlock(block) || ts.isSourceFile(block) ? block.statements : [];
    const above = list.slice(0, list.indexOf(statement));
    isWrong ||= above.some((each) => /\.(listen|ready)\(/.test(each.getText(source)));
    isWrong ||= !isPlugin && isConditional(statement);
    return undefined;
  });
  return isWrong;
}

/** Below an `if`, a loop, or a function that is an argument of a call. */
function isConditional(statement: ts.Node): boolean {
  return (
    ts.findAncestor(statement, (node) => {
      if (ts.isIfStatement(node) || ts.isIterationStatement(node, false) || ts.isCatchClause(node))
        return true;
      return (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) && ts.isCallExpression(node.parent);
    }) !== undefined
  );
}

function isForeign(base: string, next: string): boolean {
  const style = detectStyle([base]);
  const known = new Set(base.split('\n'));
  const added = next.split('\n').filter((line) => !known.has(line) && line.includes('authVerify'));
  const isMixed = style.eol === '\r\n' && !/[^\r]\n/.test(base) && /[^\r]\n/.test(next);
  return (
    isMixed ||
    added.some((line) => {
      const quote = /from (['"])/.exec(line)?.[1];
      const hasSemicolon = /;\s*$/.test(line);
      const isWhole = /register\(authVerify\)\s*;?\s*$|^import /.test(line.trim());
      return (quote !== undefined && quote !== style.quote) || (isWhole && hasSemicolon !== style.semicolons);
    })
  );
}
