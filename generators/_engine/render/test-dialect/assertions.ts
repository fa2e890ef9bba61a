import type { TextChange } from '../../model/text-change.ts';
import { lineOf, ts } from '../../syntax/tree.ts';

/** What stands before the value, between it and the argument, and after the argument. */
type Pattern = Readonly<{ open: string; between: string; close: string; operands?: true }>;

const comparison = (operator: string): Pattern => {
  return { open: 'assert.ok(', between: ` ${operator} `, close: ')', operands: true };
};

const patterns: Readonly<Record<string, Pattern>> = {
  toBe: { open: 'assert.equal(', between: ', ', close: ')' },
  toEqual: { open: 'assert.deepEqual(', between: ', ', close: ')' },
  toBeUndefined: { open: 'assert.equal(', between: '', close: ', undefined)' },
  toBeLessThan: comparison('<'),
  toBeLessThanOrEqual: comparison('<='),
  toBeGreaterThan: comparison('>'),
  toBeGreaterThanOrEqual: comparison('>='),
  toMatch: { open: 'assert.match(', between: ', ', close: ')' },
  toContain: { open: 'assert.ok(', between: '.includes(', close: '))', operands: true },
  toThrow: { open: 'assert.throws(', between: ', ', close: ')' },
  'rejects.toMatchObject': { open: 'assert.rejects(', between: ', ', close: ')' },
};

/**
 * The changes that turn `expect(x).matcher(y)` into a call of node:assert/strict; `expect` is the callee's name.
 * @throws Error when the matcher, or the way it is used, has no counterpart.
 */
export function expectChanges(source: ts.SourceFile, expect: ts.Identifier): readonly TextChange[] {
  const call = expect.parent;
  const chain = matcherChain(call);
  const pattern = patterns[chain.path];
  const value = ts.isCallExpression(call) ? call.arguments[0] : undefined;
  const [argument, extra] = chain.call?.arguments ?? [];
  const isStatement = chain.call !== undefined && ts.isExpressionStatement(unawaited(chain.call));
  const isPattern = chain.path !== 'toMatch' || argument?.kind === ts.SyntaxKind.RegularExpressionLiteral;
  const isComplete = argument !== undefined || chain.path === 'toBeUndefined' || chain.path === 'toThrow';
  const isKnown = pattern !== undefined && value !== undefined && isStatement;
  if (!isKnown || extra !== undefined || !isPattern || !isComplete) {
    const where = `line ${String(lineOf(source, expect.getStart(source)))}`;
    throw new Error(
      `expect(…).${chain.path} (${where} of a test template) has no counterpart in node:assert`,
    );
  }
  const wraps = pattern.operands === true;
  const before = `${pattern.open}${wraps && isLoose(value) ? '(' : ''}`;
  const after = wraps && isLoose(value) ? ')' : '';
  const end = chain.call?.getEnd() ?? value.getEnd();
  const first = { start: expect.getStart(source), end: value.getStart(source), text: before };
  if (argument === undefined) return [first, { start: value.getEnd(), end, text: after + pattern.close }];
  const wrapsArgument = wraps && pattern.between !== '.includes(' && isLoose(argument);
  const [left, right] = wrapsArgument ? ['(', ')'] : ['', ''];
  return [
    first,
    { start: value.getEnd(), end: argument.getStart(source), text: after + pattern.between + left },
    { start: argument.getEnd(), end, text: right + pattern.close },
  ];
}

/** From `expect(x)` up: `.rejects.toMatchObject(…)` gives that path and the outermost call. */
function matcherChain(start: ts.Node): { path: string; call?: ts.CallExpression } {
  const names: string[] = [];
  let node = start;
  while (ts.isPropertyAccessExpression(node.parent) && node.parent.expression === node) {
    node = node.parent;
    names.push(ts.isPropertyAccessExpression(node) ? node.name.text : '');
  }
  const path = names.join('.');
  return ts.isCallExpression(node.parent) && node.parent.expression === node
    ? { path, call: node.parent }
    : { path };
}

function unawaited(call: ts.CallExpression): ts.Node {
  return ts.isAwaitExpression(call.parent) ? call.parent.parent : call.parent;
}

/** Binds more loosely than a comparison or a member access. */
function isLoose(node: ts.Expression): boolean {
  return !ts.isLeftHandSideExpression(node);
}
