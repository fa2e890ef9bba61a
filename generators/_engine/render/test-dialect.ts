import type { TestingFact } from '../model/code-facts.ts';
import { applyChanges, type TextChange } from '../model/text-change.ts';
import { lineOf, parseSource, ts, walk } from '../syntax/tree.ts';

/** Names that every runner knows, and what node:test calls them. */
const nodeNames: Readonly<Record<string, string>> = {
  describe: 'describe',
  it: 'it',
  test: 'test',
  beforeEach: 'beforeEach',
  afterEach: 'afterEach',
  beforeAll: 'before',
  afterAll: 'after',
};

/**
 * Puts a test written with expect and without runner imports into the words of a service's runner.
 * Services without a runner, and those with tap, get node:test, which runs anywhere.
 * @throws Error for a matcher that has no counterpart in node:assert: a mistake in a template.
 */
export function toDialect(text: string, { globals, runner }: TestingFact): string {
  if (runner === 'jest') return globals ? text : withImport(text, '@jest/globals');
  if (runner === 'vitest') return globals ? text : withImport(text, 'vitest');
  const source = parseSource('dialect.test.ts', text);
  return toNodeTest(source, runnerCalls(source));
}

const runnerCall = new RegExp(`(?<![.\\w$])(${[...Object.keys(nodeNames), 'expect'].join('|')})\\(`, 'g');

/** Only the head is parsed: the whole is, once it has its imports, when it is proven. */
function withImport(text: string, from: string): string {
  const names = [...new Set([...text.matchAll(runnerCall)].map(([, name = '']) => name))].sort();
  if (names.length === 0) return text;
  const last = [...text.matchAll(/^import\b[^;]*;.*$/gm)].at(-1);
  const head = last === undefined ? text : text.slice(0, last.index + last[0].length);
  return applyChanges(text, importChange(parseSource('head.ts', head), [namedImport(names, from)]));
}

/** The callee names of `describe(…)`, `it(…)`, `expect(…)` and their likes. */
function runnerCalls(source: ts.SourceFile): readonly ts.Identifier[] {
  const calls: ts.Identifier[] = [];
  walk(source, (node) => {
    if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return undefined;
    const { text } = node.expression;
    if (text === 'expect' || Object.hasOwn(nodeNames, text)) calls.push(node.expression);
    return undefined;
  });
  return calls;
}

function toNodeTest(source: ts.SourceFile, calls: readonly ts.Identifier[]): string {
  const changes: TextChange[] = [];
  const names = new Set<string>();
  for (const call of calls) {
    const name = nodeNames[call.text];
    if (name === undefined) {
      changes.push(...expectChanges(source, call));
      continue;
    }
    names.add(name);
    if (name !== call.text) changes.push({ start: call.getStart(source), end: call.getEnd(), text: name });
    changes.push(...timeoutChanges(source, call));
  }
  const asserts = calls.some((call) => call.text === 'expect');
  const imports = [
    ...(asserts ? [{ from: 'node:assert/strict', line: "import assert from 'node:assert/strict';" }] : []),
    ...(names.size > 0 ? [namedImport([...names].sort(), 'node:test')] : []),
  ];
  return applyChanges(source.text, [...importChange(source, imports), ...changes]);
}

function namedImport(names: readonly string[], from: string): ImportLine {
  return { from, line: `import { ${names.join(', ')} } from '${from}';` };
}

/** `it('…', fn, 10_000)`: node:test takes the time limit as options, before the function or after a hook's. */
function timeoutChanges(source: ts.SourceFile, callee: ts.Identifier): readonly TextChange[] {
  if (!ts.isCallExpression(callee.parent)) return [];
  const [, second, third] = callee.parent.arguments;
  const options = (limit: ts.Node): string => `{ timeout: ${limit.getText(source)} }`;
  if (third !== undefined && second !== undefined) {
    return [
      { start: second.getStart(source), end: second.getStart(source), text: `${options(third)}, ` },
      { start: second.getEnd(), end: third.getEnd(), text: '' },
    ];
  }
  const isHook = /^(?:before|after)/.test(callee.text);
  if (!isHook || second === undefined) return [];
  return [{ start: second.getStart(source), end: second.getEnd(), text: options(second) }];
}

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
function expectChanges(source: ts.SourceFile, expect: ts.Identifier): readonly TextChange[] {
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

interface ImportLine {
  readonly from: string;
  readonly line: string;
}

/** Puts imports among those of a canonical test file: groups in order node:, packages, own files; sorted inside. */
function importChange(source: ts.SourceFile, imports: readonly ImportLine[]): readonly TextChange[] {
  const present = source.statements.filter(ts.isImportDeclaration);
  return imports.map((wanted) => insertion(source, present, wanted));
}

function insertion(
  source: ts.SourceFile,
  present: readonly ts.ImportDeclaration[],
  { from, line }: ImportLine,
): TextChange {
  const rank = (specifier: string): string => `${String(groupOf(specifier))} ${specifier}`;
  const next = present.find((each) => rank(specifierOf(each)) > rank(from));
  const previous = present.filter((each) => rank(specifierOf(each)) < rank(from)).at(-1);
  const startsGroup = previous === undefined || groupOf(specifierOf(previous)) !== groupOf(from);
  if (previous !== undefined && !startsGroup) return insertAt(endOfLine(source, previous), `\n${line}`);
  if (next !== undefined) {
    const endsGroup = groupOf(specifierOf(next)) !== groupOf(from);
    return insertAt(next.getStart(source), `${line}\n${endsGroup ? '\n' : ''}`);
  }
  if (previous !== undefined) return insertAt(endOfLine(source, previous), `\n\n${line}`);
  return insertAt(source.statements[0]?.getStart(source) ?? source.end, `${line}\n\n`);
}

function insertAt(offset: number, text: string): TextChange {
  return { start: offset, end: offset, text };
}

function endOfLine(source: ts.SourceFile, node: ts.Node): number {
  const end = source.text.indexOf('\n', node.getEnd());
  return end === -1 ? source.text.length : end;
}

function specifierOf(declaration: ts.ImportDeclaration): string {
  return ts.isStringLiteral(declaration.moduleSpecifier) ? declaration.moduleSpecifier.text : '';
}

function groupOf(specifier: string): number {
  if (specifier.startsWith('node:')) return 0;
  return /^(?:[.~#]|@\/)/.test(specifier) ? 2 : 1;
}
