import type { NamedShapes, Shape } from '../_engine/facts/route-types/shape.ts';
import { isGlobal, leave, sameNode } from '../_engine/program/call-scope.ts';
import type { CheckedProgram } from '../_engine/program/checked-program.ts';
import { isIdentifier, printKey, printString } from '../_engine/syntax/print.ts';
import { ts } from '../_engine/syntax/tree.ts';
import type { CalledUrl, UrlValue } from './called-route.ts';
import { bodyOf, type CallMethod, paramsOf, queryOf } from './methods.ts';
import type { PlainCall } from './plain-call.ts';

/** What a typed call is printed from. */
interface Parts {
  readonly checked: CheckedProgram;
  readonly tree: ts.SourceFile;
  readonly plain: PlainCall;
  readonly url: CalledUrl;
  readonly method: CallMethod;
  readonly params: readonly (readonly [name: string, value: UrlValue])[];
  readonly types: NamedShapes;
}

/** The call of a method with everything that the bare call sends. @throws Left */
export function printTypedCall(parts: Parts, callee: string): string {
  const { method, params, plain, types, url } = parts;
  const known = [...paramsOf(method.typed, types), ...queryOf(method.typed, types).members];
  const pairs = (values: Parts['params']): readonly string[] =>
    values.map(([name, value]) => {
      const shape = known.find((one) => one.name === name)?.shape;
      return pair(name, printValue(parts, value, shape ?? leave(`the route has no parameter ${name}`)));
    });
  const query = [...pairs(url.query), ...plain.query.map((one) => one.getText())];
  const body = plain.body === undefined ? [] : [pair('body', printBody(parts, plain.body))];
  if (plain.body !== undefined && bodyOf(method.typed) === undefined) leave('the route takes no body');
  const given = [
    ...(params.length === 0 ? [] : [`params: { ${pairs(params).join(', ')} }`]),
    ...(query.length === 0 ? [] : [`query: { ${query.join(', ')} }`]),
    ...body,
    ...(plain.headers.length === 0
      ? []
      : [`headers: { ${plain.headers.map((one) => one.getText()).join(', ')} }`]),
  ];
  return `${callee}(${printGiven(given, parts.tree, plain.url.getStart(), callee.length)})`;
}

const maxLine = 100;

/** On one line where it fits, else on a line for each. */
function printGiven(given: readonly string[], tree: ts.SourceFile, offset: number, taken: number): string {
  if (given.length === 0) return '';
  const line = `{ ${given.join(', ')} }`;
  const start = tree.text.lastIndexOf('\n', offset) + 1;
  if (offset - start + taken + line.length <= maxLine) return line;
  const indent = /^[ \t]*/.exec(tree.text.slice(start))?.[0] ?? '';
  const step = indent.startsWith('\t') ? '\t' : '  ';
  const eol = tree.text.includes('\r\n') ? '\r\n' : '\n';
  return `{${eol}${given.map((one) => `${indent}${step}${one},${eol}`).join('')}${indent}}`;
}

/** `{ id }` for what has the name already. */
function pair(name: string, value: string): string {
  return value === name && isIdentifier(name) ? name : `${printKey(name)}: ${value}`;
}

/** A value of a path or a query: text, unless the route takes what it is. */
function printValue({ checked, tree }: Parts, value: UrlValue, shape: Shape): string {
  if ('text' in value) return printString(value.text);
  const code = decoded(checked, tree, value.code);
  const type = checked.checker.getTypeAtLocation(sameNode(tree, code));
  const has = (flags: ts.TypeFlags): boolean =>
    (type.isUnion() ? type.types : [type]).some((one) => (one.flags & flags) !== 0);
  if (has(ts.TypeFlags.Undefined | ts.TypeFlags.Null)) leave(`${code.getText()} may be undefined`);
  const isText = !has(~(ts.TypeFlags.StringLike | ts.TypeFlags.Union));
  const takesText = (shape.kind === 'union' ? shape.of : [shape]).some(({ kind }) => kind === 'string');
  return isText || !takesText ? code.getText() : `String(${code.getText()})`;
}

/** `id` of `encodeURIComponent(id)`: the client encodes by itself. */
function decoded(checked: CheckedProgram, tree: ts.SourceFile, code: ts.Expression): ts.Expression {
  if (!ts.isCallExpression(code) || !ts.isIdentifier(code.expression)) return code;
  const [value, more] = code.arguments;
  const encodes =
    code.expression.text === 'encodeURIComponent' && isGlobal(checked, sameNode(tree, code.expression));
  return encodes && value !== undefined && more === undefined ? value : code;
}

/** A text is sent as it is by axios, and as JSON by the typed client. */
function printBody({ checked, plain, tree }: Parts, body: ts.Expression): string {
  const { flags } = checked.checker.getTypeAtLocation(sameNode(tree, body));
  if (plain.by === 'axios' && (flags & ts.TypeFlags.StringLike) !== 0) leave('its body is a text');
  return body.getText();
}
