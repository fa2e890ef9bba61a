import type { Question } from '../../model/generator.ts';

/** One segment of a path as both sides take it: what Fastify's router and a URL give no other meaning. */
const segment = /^[\w.~!$&'+,=@-]+$/;
const maxChars = 200;

/** The URL of the verify route, as a question. */
export const pathQuestion = {
  type: 'string',
  message: 'URL of the verify route',
  placeholder: '<path>',
  initial: '/auth/verify',
  check: whatIsWrong,
} as const satisfies Question;

/** What keeps a text from being the path of one route; undefined when nothing does. */
function whatIsWrong(path: string): string | undefined {
  if (!path.startsWith('/')) return 'it does not start with a slash';
  if (path.startsWith('//')) return 'two slashes would start a host name';
  if (path.length > maxChars) return `it has more than ${String(maxChars)} characters`;
  if (path === '/') return 'it is the root';
  const segments = path.replace(/\/$/, '').slice(1).split('/');
  if (segments.includes('')) return 'it has an empty segment';
  if (segments.some((one) => one === '.' || one === '..')) return 'URLs resolve "." and ".."';
  const odd = segments.find((one) => !segment.test(one));
  if (odd === undefined) return undefined;
  const signs = JSON.stringify([...new Set(odd.replace(/[\w.~!$&'+,=@-]/g, ''))].join(''));
  return `${signs} has another meaning in a URL or in Fastify's router, or has to be encoded`;
}
