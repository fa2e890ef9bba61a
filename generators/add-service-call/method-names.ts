import type { TypedRoute } from '../_engine/facts/route-types/shape.ts';
import { isIdentifier } from '../_engine/syntax/print.ts';

const verbs: Readonly<Record<string, string>> = {
  GET: 'get',
  PUT: 'replace',
  PATCH: 'update',
  DELETE: 'delete',
};
const prefixes = /^(?:api|v\d+|rest)$/i;
/** Members of the class, and what JavaScript has a meaning for. */
const taken = ['constructor', 'then', 'toJSON', 'toString', 'valueOf', 'hasOwnProperty'];

/** A name for the method of each route, in their order: its operation ID, else by its method and URL; no two are equal. */
export function nameMethods(routes: readonly TypedRoute[]): readonly string[] {
  const used = new Set(taken);
  return routes.map((route) => {
    const usual = usualName(route);
    const full = usual + byParams(route.route.url);
    let name = used.has(usual) ? full : usual;
    for (let index = 2; used.has(name); index += 1) name = `${full}${String(index)}`;
    used.add(name);
    return name;
  });
}

function usualName({ operationId, route: { method, url } }: TypedRoute): string {
  const given = operationId === undefined ? '' : camelCase(operationId);
  if (isIdentifier(given)) return given;
  const segments = url.split('/').filter((part) => part !== '');
  const nouns = segments.flatMap((part, index) => {
    if (/[:*]/.test(part) || prefixes.test(part)) return [];
    return segments[index + 1]?.startsWith(':') === true ? [singular(part)] : [part];
  });
  const last = segments.at(-1) ?? '';
  // What is posted to a collection becomes one of it.
  const creates = method === 'POST' && nouns.at(-1) === last && singular(last) !== last;
  const words = creates ? [...nouns.slice(0, -1), singular(last)] : nouns;
  const verb = creates ? 'create' : (verbs[method] ?? method.toLowerCase());
  return camelCase([verb, ...(words.length === 0 ? ['root'] : words)].join('-'));
}

function byParams(url: string): string {
  const params = [...url.matchAll(/:(\w+)/g)].map(([, name = '']) => `-${name}`);
  return params.length === 0 ? '' : capitalized(camelCase(`by${params.join('')}`));
}

function singular(word: string): string {
  if (word.endsWith('ies')) return word.replace(/ies$/, 'y');
  if (/(?:[sx]|ch|sh)es$/.test(word)) return word.slice(0, -2);
  return /[^sui]s$/.test(word) ? word.slice(0, -1) : word;
}

/** `billing-service` → `billingService` */
export function camelCase(text: string): string {
  const words = text.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return words.map((word, index) => (index === 0 ? uncapitalized(word) : capitalized(word))).join('');
}

export function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function uncapitalized(word: string): string {
  return word.charAt(0).toLowerCase() + word.slice(1);
}

/** The class of the client of a callee. */
export function classNameOf(callee: string): string {
  return `${capitalized(camelCase(callee))}Client`;
}
