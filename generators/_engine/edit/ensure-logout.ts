import type { Style } from '../model/code-facts.ts';
import { RefusalError } from '../model/obstacle.ts';
import type { TextChange } from '../model/text-change.ts';
import { callsIn } from '../syntax/calls.ts';
import { lineOf, parseSource, ts } from '../syntax/tree.ts';
import { eolAt, indentAt, insertion } from './text-lines.ts';

/**
 * The route call that stands on a 1-based line. What else changes the file may move it: `url` is where the route
 * answers, and the call whose path is its end is the one, wherever it stands. `mayMiss`: the service's own tests register the
 * route without the denylist.
 */
export type LogoutWant = Readonly<{ line: number; url?: string; mayMiss?: boolean }>;

/**
 * Revokes the caller's token first in an inline logout handler; [] when it does already.
 * @throws RefusalError E_NO_REGISTRATION_PLACE
 */
export function ensureLogout(base: string, want: LogoutWant, style: Style): readonly TextChange[] {
  const source = parseSource('logout.ts', base);
  const call =
    findByUrl(source, want.url) ??
    callsIn(source).find((one) => lineOf(source, one.getStart()) === want.line);
  if (base.includes('.revokeRequest(')) return [];
  const handler = call === undefined ? undefined : handlerOf(call);
  if (call === undefined || handler === undefined) throw cannot('it has no inline handler', want.line);
  const isAsync = handler.modifiers?.some((modifier) => modifier.getText() === 'async') === true;
  if (!isAsync) throw cannot('its handler is not async', want.line);
  const [request] = handler.parameters;
  const { body } = handler;
  if (request === undefined || !ts.isIdentifier(request.name))
    throw cannot('its handler has no request parameter', want.line);
  if (request.name.text.startsWith('_'))
    throw cannot('its handler marks the request parameter as unused', want.line);
  if (!ts.isBlock(body)) throw cannot('its handler has no block body', want.line);

  const instance = ts.isPropertyAccessExpression(call.expression)
    ? call.expression.expression.getText()
    : 'app';
  const semicolon = style.semicolons ? ';' : '';
  const asked = want.mayMiss === true ? `if (${instance}.hasDecorator('tokenBlacklist')) ` : '';
  const statement = `${asked}await ${instance}.tokenBlacklist.revokeRequest(${request.name.text})${semicolon}`;
  const [first] = body.statements;
  const open = body.getStart() + 1;
  if (first === undefined) return [insertion(open, ` ${statement} `)];
  if (lineOf(source, first.getStart()) === lineOf(source, open))
    return [insertion(first.getStart(), `${statement} `)];
  const eol = eolAt(base, open, style.eol);
  return [insertion(open, `${eol}${indentAt(base, first.getStart())}${statement}`)];
}

function findByUrl(source: ts.SourceFile, url: string | undefined): ts.CallExpression | undefined {
  const [only, other] = callsIn(source).filter(({ arguments: [first, handler], expression }) => {
    const isMember = handler !== undefined && ts.isPropertyAccessExpression(expression);
    const path = isMember && first !== undefined && ts.isStringLiteralLike(first) ? first.text : '';
    return path.length > 1 && url?.endsWith(path) === true;
  });
  return other === undefined ? only : undefined;
}

function handlerOf(call: ts.CallExpression): ts.ArrowFunction | ts.FunctionExpression | undefined {
  const last = call.arguments.at(-1);
  if (last === undefined) return undefined;
  return ts.isArrowFunction(last) || ts.isFunctionExpression(last) ? last : undefined;
}

function cannot(reason: string, line: number): RefusalError {
  return new RefusalError({
    code: 'E_NO_REGISTRATION_PLACE',
    at: { path: '', line },
    message: `The logout route (line ${String(line)}) was not changed: ${reason}.`,
    remedy: 'Revoke the token there by hand.',
  });
}
