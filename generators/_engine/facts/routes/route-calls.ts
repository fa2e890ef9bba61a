import type { Route } from '../../model/app-facts.ts';
import type { RelPath } from '../../model/paths.ts';
import { lineOf, ts } from '../../syntax/tree.ts';
import { memberOf, propertyOf, unwrap } from '../../syntax/expressions.ts';
import { isMarkedPublic } from './marked-public.ts';
import type { Survey } from '../../program/survey.ts';
import type { Use } from '../../syntax/uses.ts';

/** The routes of one call; what is not a literal is `*`: `app.get(path, …)` is `GET` `/prefix/*`. */
export function routesOf(survey: Survey, { call }: Use, file: RelPath, prefix: string): readonly Route[] {
  const [first] = call.arguments;
  const method = memberOf(call.expression) ?? '';
  const options = method === 'route' ? first : undefined;
  const url = options === undefined ? first : (propertyOf(options, 'url') ?? propertyOf(options, 'path'));
  const methods =
    options === undefined ? [method === 'all' ? '*' : method] : methodsOf(survey, options, file);
  const line = lineOf(survey.tree(file), call.getStart());
  const path = joinUrl(prefix, survey.names.textOf(url, file) ?? '*');
  const isPublic = isMarkedPublic(survey, options ?? call.arguments[1], file);
  const own = { url: path, path: file, line, ...(isPublic && { public: 'its own options say so' }) };
  return methods.map((one) => ({ method: one.toUpperCase(), ...own }));
}

/** A prefix and a URL as Fastify joins them; `/users` and `/` make `/users`. */
export function joinUrl(prefix: string, url: string): string {
  const parts = `${prefix}/${url}`.split('/').filter((part) => part !== '');
  return `/${parts.join('/')}`;
}

function methodsOf(survey: Survey, options: ts.Expression, file: RelPath): readonly string[] {
  const value = propertyOf(options, 'method');
  if (value === undefined) return ['*'];
  const bare = unwrap(value);
  const all = ts.isArrayLiteralExpression(bare) ? bare.elements : [bare];
  return all.map((one) => survey.names.textOf(one, file) ?? '*');
}
