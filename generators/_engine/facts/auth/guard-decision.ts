import type { RelPath } from '../../model/paths.ts';
import type { Survey } from '../../program/survey.ts';
import { type FunctionNode, isFunctionNode, memberOf, receiverOf, unwrap } from '../../syntax/expressions.ts';
import { ts, walk } from '../../syntax/tree.ts';
import { evaluate, type Frame, type GuardedRequest, type Known, truthOf } from './guard-values.ts';
import { decoratedAs } from './guards.ts';

/** What becomes of a request in a hook; `unknown`: it depends on what only a run shows. */
export type Decision = 'passes' | 'refuses' | 'unknown';

/**
 * How a run of statements ends. refuse: 401, 403 or the like was sent · stop: something else was sent · throw: an error ·
 * pass: returned · next: went through.
 */
type End = 'next' | 'pass' | 'refuse' | 'stop' | 'throw';

const maxDepth = 6;
const verifies = /^(?:\w*[jJ]wtVerify|\w*[vV]erify(?:Token|Jwt|Session|Request)?|authenticate\w*)$/;
const soundsLikeGuard = /auth|verif|guard|protect|session|token|permission/i;
const refusal = /\b40[13]\b|unauthori[sz]ed|forbidden|jwtVerify/i;

/**
 * Runs a hook by its syntax for one request; `asked` are the members of the route's `config` that it depends on. A hook
 * that only may answer otherwise than 401 or 403 passes.
 */
export function decideHook(
  survey: Survey,
  hook: ts.Expression,
  file: RelPath,
  request: GuardedRequest,
): { readonly decision: Decision; readonly asked: readonly string[] } {
  const found = functionOf(survey, hook, file);
  if (found === undefined)
    return { decision: soundsLikeGuard.test(hook.getText()) ? 'unknown' : 'passes', asked: [] };
  const run = new HookRun(survey, request);
  const ends = run.ends(found.node, parametersOf(found.node), found.file);
  const isGuard = ends.has('refuse') || (ends.has('throw') && refusal.test(run.text));
  const isSure = !ends.has('next') && !ends.has('pass');
  return { decision: isSure ? 'refuses' : isGuard ? 'unknown' : 'passes', asked: [...run.asked] };
}

type Found = Readonly<{ file: RelPath; node: FunctionNode }>;

/** The function behind a name, a member that the application is decorated with, or `app.auth([a])`. */
function functionOf(survey: Survey, hook: ts.Expression, file: RelPath): Found | undefined {
  const bare = unwrap(hook);
  const found =
    (ts.isPropertyAccessExpression(bare) ? decoratedAs(survey, bare.name.text) : undefined) ??
    survey.names.value(bare, file);
  if (found === undefined) return undefined;
  return isFunctionNode(found.node) ? { file: found.file, node: found.node } : undefined;
}

/** `(request, reply, done)`, by their order. */
function parametersOf({ parameters }: FunctionNode): readonly Known[] {
  const kinds = ['request', 'reply', 'done'] as const;
  return parameters.map((_, index) => {
    const kind = kinds[index];
    return kind && { kind };
  });
}

class HookRun {
  readonly #survey: Survey;
  readonly #request: GuardedRequest;
  #depth = 0;
  readonly asked = new Set<string>();
  /** All code that was looked at. */
  text = '';

  constructor(survey: Survey, request: GuardedRequest) {
    this.#survey = survey;
    this.#request = request;
  }

  ends(node: FunctionNode, given: readonly Known[], file: RelPath): ReadonlySet<End> {
    if (node.body === undefined || this.#depth > maxDepth) return new Set<End>(['next']);
    this.#depth += 1;
    this.text += node.getText();
    const frame = this.#frame(node, given, file);
    const found = ts.isBlock(node.body)
      ? this.#all(node.body.statements, frame)
      : this.#value(node.body, frame, true);
    this.#depth -= 1;
    return found;
  }

  #frame(node: FunctionNode, given: readonly Known[], file: RelPath, outer?: Frame): Frame {
    const values = new Map(outer?.given);
    for (const [index, parameter] of node.parameters.entries()) values.set(parameter, given[index]);
    return {
      survey: this.#survey,
      file,
      request: this.#request,
      given: values,
      depth: outer?.depth ?? 0,
      asked: this.asked,
      call: (inner, arguments_, from) => this.#returned(inner, arguments_, from),
    };
  }

  /** The value of `isOpen(url)`: of its first return that is reached for certain. */
  #returned(node: FunctionNode, given: readonly Known[], from: Frame): Known {
    if (node.body === undefined || this.#depth > maxDepth) return undefined;
    this.#depth += 1;
    const frame = this.#frame(node, given, from.file, from);
    const value = ts.isBlock(node.body)
      ? this.#returnedBy(node.body.statements, frame)
      : evaluate(node.body, frame);
    this.#depth -= 1;
    return value === 'open' ? { kind: 'none' } : value;
  }

  /** `open`: nothing was returned. */
  #returnedBy(statements: readonly ts.Statement[], frame: Frame): Known | 'open' {
    for (const statement of statements) {
      if (ts.isReturnStatement(statement))
        return statement.expression === undefined ? { kind: 'none' } : evaluate(statement.expression, frame);
      if (ts.isIfStatement(statement)) {
        const truth = truthOf(evaluate(statement.expression, frame));
        if (truth === undefined) return undefined;
        const branch = truth ? statement.thenStatement : statement.elseStatement;
        const value = branch === undefined ? 'open' : this.#returnedBy(statementsOf(branch), frame);
        if (value !== 'open') return value;
      } else if (!ts.isVariableStatement(statement) && !ts.isExpressionStatement(statement)) return undefined;
    }
    return 'open';
  }

  #all(statements: readonly ts.Statement[], frame: Frame): ReadonlySet<End> {
    let ends = new Set<End>(['next']);
    for (const statement of statements) {
      if (!ends.has('next')) break;
      ends.delete('next');
      ends = new Set([...ends, ...this.#one(statement, frame)]);
    }
    return ends;
  }

  #one(statement: ts.Statement, frame: Frame): ReadonlySet<End> {
    if (ts.isBlock(statement)) return this.#all(statement.statements, frame);
    if (ts.isIfStatement(statement)) return this.#either(statement, frame);
    if (ts.isThrowStatement(statement)) return new Set<End>(['throw']);
    if (ts.isTryStatement(statement)) return this.#tried(statement, frame);
    if (ts.isReturnStatement(statement))
      return statement.expression === undefined
        ? new Set<End>(['pass'])
        : this.#value(statement.expression, frame, true);
    if (ts.isExpressionStatement(statement)) return this.#value(statement.expression, frame, false);
    if (ts.isVariableStatement(statement)) {
      const made = statement.declarationList.declarations.flatMap(({ initializer }) => initializer ?? []);
      return this.#sequence(made.map((one) => () => this.#value(one, frame, false)));
    }
    if (ts.isIterationStatement(statement, false))
      return new Set<End>(['next', ...this.#one(statement.statement, frame)]);
    if (ts.isSwitchStatement(statement))
      return new Set<End>([
        'next',
        ...statement.caseBlock.clauses.flatMap((clause) => [...this.#all(clause.statements, frame)]),
      ]);
    return new Set<End>(['next']);
  }

  #sequence(steps: readonly (() => ReadonlySet<End>)[]): ReadonlySet<End> {
    let ends = new Set<End>(['next']);
    for (const step of steps) {
      if (!ends.has('next')) break;
      ends.delete('next');
      ends = new Set([...ends, ...step()]);
    }
    return ends;
  }

  #either({ elseStatement, expression, thenStatement }: ts.IfStatement, frame: Frame): ReadonlySet<End> {
    const truth = truthOf(evaluate(expression, frame));
    const other = (): ReadonlySet<End> =>
      elseStatement === undefined ? new Set<End>(['next']) : this.#one(elseStatement, frame);
    const asked = this.#value(expression, frame, false);
    const branches =
      truth === undefined
        ? new Set([...this.#one(thenStatement, frame), ...other()])
        : truth
          ? this.#one(thenStatement, frame)
          : other();
    return this.#sequence([() => asked, () => branches]);
  }

  #tried({ catchClause, finallyBlock, tryBlock }: ts.TryStatement, frame: Frame): ReadonlySet<End> {
    const tried = new Set(this.#all(tryBlock.statements, frame));
    if (tried.delete('throw') && catchClause !== undefined)
      for (const end of this.#all(catchClause.block.statements, frame)) tried.add(end);
    return finallyBlock === undefined || !tried.has('next')
      ? tried
      : this.#sequence([() => tried, () => this.#all(finallyBlock.statements, frame)]);
  }

  /** What the calls of an expression do, innermost and first ones first. */
  #value(expression: ts.Expression, frame: Frame, isReturned: boolean): ReadonlySet<End> {
    const branches = branchesOf(unwrap(expression), frame);
    if (branches !== undefined) {
      const [asked, taken] = branches;
      const then = taken.map((one) =>
        one === undefined ? ['next' as const] : [...this.#value(one, frame, false)],
      );
      const both = this.#sequence([() => this.#value(asked, frame, false), () => new Set(then.flat())]);
      return isReturned ? asReturned(both) : both;
    }
    const calls: ts.CallExpression[] = [];
    walk(expression, (node) => {
      if (isFunctionNode(node)) return false;
      if (ts.isCallExpression(node)) calls.unshift(node);
      return true;
    });
    const ends = this.#sequence(calls.map((call) => () => this.#call(call, frame)));
    return isReturned ? asReturned(ends) : ends;
  }

  #call(call: ts.CallExpression, frame: Frame): ReadonlySet<End> {
    const name = memberOf(call.expression) ?? call.expression.getText();
    const root = rootOf(call);
    const owner = root === undefined ? undefined : evaluate(root, frame);
    if (owner?.kind === 'reply') return new Set<End>([answered(call)]);
    if (owner?.kind === 'done' && root === call.expression) {
      const [error] = call.arguments.map((one) => evaluate(one, frame));
      return new Set<End>([call.arguments.length === 0 || error?.kind === 'none' ? 'pass' : 'throw']);
    }
    const target =
      owner?.kind === 'request' ? undefined : functionOf(this.#survey, call.expression, frame.file);
    if (target !== undefined) {
      const given = call.arguments.map((one) => evaluate(one, frame));
      const inner = new Set(this.ends(target.node, given, target.file));
      // A function that returns has not ended the hook.
      if (inner.delete('pass')) inner.add('next');
      return inner;
    }
    if (verifies.test(name)) {
      this.text += ' jwtVerify';
      return new Set<End>(['throw']);
    }
    const isAbout = call.arguments.some((one) => evaluate(one, frame)?.kind === 'request');
    return isAbout && soundsLikeGuard.test(call.expression.getText())
      ? new Set<End>(['next', 'refuse'])
      : new Set<End>(['next']);
  }
}

function asReturned(ends: ReadonlySet<End>): ReadonlySet<End> {
  if (!ends.has('next')) return ends;
  return new Set<End>([...[...ends].filter((end) => end !== 'next'), 'pass']);
}

/** What `a && b`, `a || b` and `a ? b : c` ask, and what they run then; undefined stands for nothing. */
function branchesOf(
  bare: ts.Expression,
  frame: Frame,
): readonly [ts.Expression, readonly (ts.Expression | undefined)[]] | undefined {
  if (ts.isConditionalExpression(bare)) {
    const truth = truthOf(evaluate(bare.condition, frame));
    const all = [bare.whenTrue, bare.whenFalse];
    return [bare.condition, truth === undefined ? all : [truth ? bare.whenTrue : bare.whenFalse]];
  }
  if (!ts.isBinaryExpression(bare)) return undefined;
  const { left, operatorToken, right } = bare;
  const isAnd = operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken;
  if (!isAnd && operatorToken.kind !== ts.SyntaxKind.BarBarToken) return undefined;
  const truth = truthOf(evaluate(left, frame));
  return [left, truth === undefined ? [undefined, right] : [truth === isAnd ? right : undefined]];
}

function statementsOf(statement: ts.Statement): readonly ts.Statement[] {
  return ts.isBlock(statement) ? statement.statements : [statement];
}

/** `reply` of `reply.code(401).send()`. */
function rootOf(call: ts.CallExpression): ts.Expression | undefined {
  let at: ts.Expression = call;
  while (ts.isCallExpression(at)) {
    const receiver = receiverOf(at.expression);
    if (receiver === undefined) return at.expression;
    at = receiver;
  }
  return at;
}

/** A 401 or 403 is sent by whatever follows; another status alone is no answer yet. */
function answered(call: ts.CallExpression): End {
  const text = call.getText();
  const name = memberOf(call.expression) ?? '';
  if (/^(?:code|status)$/.test(name)) return refusal.test(text) ? 'refuse' : 'next';
  if (/^(?:unauthorized|forbidden)$/i.test(name)) return 'refuse';
  if (!/^(?:send|redirect|badRequest|notFound|callNotFound|hijack)$/.test(name)) return 'next';
  return refusal.test(text) ? 'refuse' : 'stop';
}
