import type { Route } from '../../model/app-facts.ts';
import type { RelPath } from '../../model/paths.ts';
import { type Survey, withoutGenerated } from '../../program/survey.ts';
import { escapePattern } from '../../syntax/print.ts';

/** A request of a route in a test of the service. */
export interface RouteTest {
  readonly path: RelPath;
  readonly line: number;
  readonly url: string;
}

/** The first request of one of the routes in each test file that never mentions the header, a cookie or a token. */
export function findTokenlessTests(survey: Survey, routes: readonly Route[]): readonly RouteTest[] {
  const urls = [...new Set(routes.map(({ url }) => url))];
  const own = withoutGenerated(survey);
  return own.tests.flatMap((path) => {
    const text = survey.text(path);
    if (/authorization|bearer|cookie/i.test(text)) return [];
    const found = urls.flatMap((url) => {
      const index = requestOf(url).exec(text)?.index;
      return index === undefined ? [] : [{ path, url, index }];
    });
    const [first] = found.toSorted((a, b) => a.index - b.index);
    if (first === undefined) return [];
    return [{ path, url: first.url, line: text.slice(0, first.index).split('\n').length }];
  });
}

/** `inject('/users/1?x=y')`, `url: '/users'`, `` fetch(`${origin}/users`) ``. */
function requestOf(url: string): RegExp {
  const parts = url.split(/(:\w+|\*)/);
  const pattern = parts.map((part, index) => (index % 2 === 0 ? escapePattern(part) : '[^/?\'"`]+')).join('');
  const before = '(?:\\b(?:url|path):|\\b(?:inject|fetch|get|post|put|patch|delete|request)\\()';
  return new RegExp(`${before}\\s*['"\`](?:\\$\\{[^}]{1,80}\\})?${pattern}(?:\\?[^'"\`]*)?['"\`]`);
}
