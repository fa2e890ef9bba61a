import type { Route } from '../../model/app-facts.ts';
import type { Question } from '../../model/generator.ts';
import type { Service } from '../../model/service.ts';

/** Below one segment too, the service's own name: `/users/health`. */
const probe = /^(health|healthz|healthcheck|health-check|livez|liveness|readyz|readiness|ready|ping)$/i;
/** These are probes at the top; below a resource they are about it: `/orders/status`, `/me/metrics`. */
const probeAtTop = /^(live|status|version|metrics)$/i;
const versionOrApi = /^(api|v\d+)$/i;
const documentation = /^(docs|documentation|swagger|reference|openapi)$/i;
const beforeToken =
  /^(login|log-in|signin|sign-in|register|signup|sign-up|refresh|refresh-token|forgot-password|reset-password)$/i;

/** What logs people in elsewhere sends them back there; webhooks sign what they send. */
const calledBack = /^(callback|webhooks?|\.well-known)$/i;
/** `/api/auth/*`: a library that has all routes of a login behind one. */
const loginFolder = /^(auth|oauth2?|sso|saml|oidc)$/i;

/** Routes that the code itself makes public: by their own options, or by a well-known plugin. `public` says which. */
export function knownPublicRoutes({ routes }: Pick<Service, 'routes'>): readonly Route[] {
  return uniqueRoutes(routes).filter((route) => route.public !== undefined);
}

/** Routes that are public in many services, by their names or their package: that is no proof, so they are only offered. */
export function likelyPublicRoutes({ routes }: Pick<Service, 'routes'>): readonly Route[] {
  return uniqueRoutes(routes).filter(
    (route) =>
      route.public === undefined &&
      [isProbe, isDocumentation, isBeforeToken, isCalledBack].some((isLikely) => isLikely(route)),
  );
}

/** URLs that a platform asks again and again. */
export function findProbes({ routes }: Pick<Service, 'routes'>): readonly string[] {
  return [
    ...new Set(
      uniqueRoutes(routes)
        .filter(isProbe)
        .map(({ url }) => url),
    ),
  ];
}

/** `GET /health`, as the list of public routes has it. */
export function routeKey({ method, url }: Pick<Route, 'method' | 'url'>): string {
  return `${method} ${url}`;
}

/** Whether an entry of the list of public routes opens a route; the generated middleware decides likewise. */
export function opens(entry: string, { method, url }: Pick<Route, 'method' | 'url'>): boolean {
  const [listed = '', pattern = ''] = entry.split(' ');
  if (method !== listed && !(method === 'HEAD' && listed === 'GET')) return false;
  return pattern.endsWith('/*') ? `${url}/`.startsWith(pattern.slice(0, -1)) : pattern === url;
}

/** Each method and URL once. */
export function uniqueRoutes(plugins: Service['routes']): readonly Route[] {
  const byKey = new Map<string, Route>();
  for (const route of plugins.flatMap(({ routes }) => routes)) {
    const known = byKey.get(routeKey(route));
    // Two places register it (by version, or one of them never runs): it is public when both are.
    if (known === undefined || route.public === undefined) byKey.set(routeKey(route), route);
  }
  return [...byKey.values()];
}

function isProbe({ method, url }: Route): boolean {
  const segments = segmentsOf(url);
  const last = segments.pop() ?? '';
  if (!isRead(method) || segments.some(isPattern)) return false;
  const above = segments.filter((segment) => !versionOrApi.test(segment) && !probe.test(segment)).length;
  return (probe.test(last) && above <= 1) || (probeAtTop.test(last) && above === 0);
}

function isDocumentation({ method, url }: Route): boolean {
  const segments = segmentsOf(url);
  const at = segments.findIndex((segment) => documentation.test(segment));
  return isRead(method) && at >= 0 && !segments.slice(0, at).some(isPattern);
}

function isBeforeToken({ url }: Route): boolean {
  const segments = segmentsOf(url);
  return beforeToken.test(segments.at(-1) ?? '') && !segments.some(isPattern);
}

function isCalledBack({ url }: Route): boolean {
  const segments = segmentsOf(url);
  const [above = '', last = ''] = segments.slice(-2);
  return segments.some((segment) => calledBack.test(segment)) || (last === '*' && loginFolder.test(above));
}

/** Without a prefix that could not be read. */
function segmentsOf(url: string): string[] {
  const known = url.replace(/^(?:\/\*)+(?=\/[^*/])/, '');
  return known.split('/').filter((segment) => segment !== '');
}

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === '*';
}

function isPattern(segment: string): boolean {
  return segment.includes(':') || segment.includes('*');
}

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
