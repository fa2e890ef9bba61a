import type { TestingFact } from '../model/code-facts.ts';
import { applyChanges, type TextChange } from '../model/text-change.ts';
import { expectChanges } from './test-dialect/assertions.ts';
import { importChange } from './test-dialect/runner-imports.ts';
import { parseSource, ts, walk } from '../syntax/tree.ts';

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

function namedImport(names: readonly string[], from: string): { from: string; line: string } {
  return { from, line: `import { ${names.join(', ')} } from '${from}';` };
}

/** `it('…', fn, 10_000)`: node:test takes the time limit as options, before the function or after a hook's. */
function timeoutChanges(source: ts.SourceFile, callee: ts.Identifier): readonly TextChange[] {
  if (!ts.isCallExpression(callee.parent)) return [];
  const [first, second, third] = callee.parent.arguments;
  const options = (limit: ts.Node): string => `{ timeout: ${limit.getText(source)} }`;
  if (third !== undefined && second !== undefined) {
    return [
      { start: second.getStart(source), end: second.getStart(source), text: `${options(third)}, ` },
      { start: second.getEnd(), end: third.getEnd(), text: '' },
    ];
  }
  const isHook = first !== undefined && !ts.isStringLiteralLike(first);
  if (!isHook || second === undefined) return [];
  return [{ start: second.getStart(source), end: second.getEnd(), text: options(second) }];
}
