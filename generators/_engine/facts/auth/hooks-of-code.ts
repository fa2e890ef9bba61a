import type { Route } from '../../model/app-facts.ts';
import type { RelPath } from '../../model/paths.ts';
import { ts, walk } from '../../syntax/tree.ts';
import { memberOf, propertyOf, receiverOf, stringOf } from '../../syntax/expressions.ts';
import { judgeHook, type Verdict } from './hook-verdict.ts';
import { findDeclaration } from '../../syntax/symbols.ts';
import type { Survey } from '../../program/survey.ts';

/** A hook by its text, and what it does; `opens` says which routes it lets pass. */
export interface Hook {
  readonly name: string;
  readonly verdict: Verdict;
  readonly opens?: (route: Route) => boolean;
}

const hookNames = /^(onRequest|preValidation|preParsing|preHandler)$/;

/** The hooks that this code adds to the instance; in a branch they are there or not. */
export function hooksIn(survey: Survey, scope: ts.Node, instance: string, file: RelPath): readonly Hook[] {
  const hooks: Hook[] = [];
  const receivers = new Set<ts.Node | undefined>();
  walk(scope, (node) => {
    if (
      node !== scope &&
      ts.isFunctionLike(node) &&
      node.parameters.some(({ name }) => name.getText() === instance)
    )
      return false;
    const receiver =
      ts.isCallExpression(node) && memberOf(node.expression) === 'addHook'
        ? receiverOf(node.expression)
        : undefined;
    if (!ts.isCallExpression(node) || receiver?.getText() !== instance) return true;
    receivers.add(findDeclaration(receiver, instance));
    const [event, hook] = node.arguments;
    if (hook === undefined || !hookNames.test(stringOf(event) ?? '')) return true;
    const verdict = judgeHook(survey, hook, file);
    hooks.push({
      name: nameOf(hook),
      verdict: isConditional(node) && verdict === 'guards' ? 'unknown' : verdict,
    });
    return true;
  });
  // Another instance of that name may have some of them.
  return receivers.size > 1
    ? hooks.map((hook) => ({ ...hook, verdict: hook.verdict === 'guards' ? 'unknown' : hook.verdict }))
    : hooks;
}

export function isConditional(node: ts.Node): boolean {
  const owner = ts.findAncestor(
    node,
    (at) =>
      ts.isFunctionLike(at) ||
      ts.isIfStatement(at) ||
      ts.isConditionalExpression(at) ||
      ts.isIterationStatement(at, false) ||
      ts.isSwitchStatement(at),
  );
  return owner !== undefined && !ts.isFunctionLike(owner);
}

/** The hooks among a route's own options. */
export function hooksOfRoute(survey: Survey, { line, path }: Route): readonly Hook[] {
  const hooks: Hook[] = [];
  const tree = survey.tree(path);
  walk(tree, (node) => {
    const isIt =
      ts.isCallExpression(node) && tree.getLineAndCharacterOfPosition(node.getStart()).line + 1 === line;
    if (!isIt) return true;
    for (const options of node.arguments) {
      for (const event of ['onRequest', 'preValidation', 'preHandler']) {
        const hook = propertyOf(options, event);
        if (hook !== undefined) hooks.push({ name: nameOf(hook), verdict: judgeHook(survey, hook, path) });
      }
    }
    return false;
  });
  return hooks;
}

/** Short enough for a label: `[app.authenticate, app.isAdmin]` is said by its first. */
function nameOf(hook: ts.Expression): string {
  return /[\w$.]+/.exec(hook.getText())?.[0] ?? hook.getText();
}
