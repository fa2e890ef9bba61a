import { ts, walk } from '../../syntax/tree.ts';
import { memberOf, propertyOf, receiverOf } from '../../syntax/expressions.ts';
import type { PluginUse } from './jwt-secret.ts';
import type { Survey } from '../../program/survey.ts';

/** A cookie that the service reads. */
export interface ReadCookie {
  readonly name: string;
  readonly signed: boolean;
}

/** Cookies that may hold a token: the one of @fastify/jwt, and those that the service's own code reads. */
export function findCookies(survey: Survey, plugin: PluginUse | undefined): readonly ReadCookie[] {
  const cookie = propertyOf(plugin?.options, 'cookie');
  const byPlugin = plugin && survey.names.textOf(propertyOf(cookie, 'cookieName'), plugin.file);
  const isSigned = propertyOf(cookie, 'signed')?.kind === ts.SyntaxKind.TrueKeyword;
  const found = new Map<string, boolean>(byPlugin === undefined ? [] : [[byPlugin, isSigned]]);
  for (const file of survey.files.filter((one) => /\bcookies\b/.test(survey.text(one)))) {
    walk(survey.tree(file), (node) => {
      const access =
        ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node) ? node : undefined;
      const receiver = access && receiverOf(access);
      if (access === undefined || receiver === undefined || memberOf(receiver) !== 'cookies') return true;
      const name = ts.isElementAccessExpression(access)
        ? survey.names.textOf(access.argumentExpression, file)
        : access.name.text;
      if (name !== undefined) found.set(name, (found.get(name) ?? false) || isUnsigned(access));
      return true;
    });
  }
  return [...found].map(([name, signed]) => ({ name, signed }));
}

/** `request.unsignCookie(request.cookies.token)` */
function isUnsigned(access: ts.Node): boolean {
  const call = ts.findAncestor(access, ts.isCallExpression);
  return call !== undefined && memberOf(call.expression) === 'unsignCookie';
}
