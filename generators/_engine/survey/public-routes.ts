import type { Route, Service } from '../contract.ts';

/** Below one segment too, the service's own name: `/users/health`. */
const probe = /^(health|healthz|healthcheck|health-check|livez|liveness|readyz|readiness|ready|ping)$/i;
/** These are probes at the top; below a resource they are about it: `/orders/status`, `/me/metrics`. */
const probeAtTop = /^(live|status|version|metrics)$/i;
const versionOrApi = /^(api|v\d+)$/i;
const documentation = /^(.*\/(?:docs|documentation|swagger|reference|openapi))(?:\/|$)/i;

/** Routes that must answer without a token where all others ask for one: probes, metrics and documentation, and those marked so. */
export function findPublicRoutes({ manifest, routes }: Service): readonly string[] {
  const found = routes.flatMap((plugin) => plugin.routes);
  const documents = found.flatMap(({ url }) => {
    const [, root] = documentation.exec(url) ?? [];
    return root === undefined || root.includes(':') ? [] : [`${root}/*`];
  });
  // The UI registers its own routes; this is where it puts them when it is not told otherwise.
  const ui = manifest.dependencies['@fastify/swagger-ui'] === undefined ? [] : ['/documentation/*'];
  // The list knows no methods: one URL is public when all of its routes are.
  const isClosed = (url: string): boolean => found.some((one) => one.url === url && one.public !== true);
  const marked = found.filter((route) => route.public === true && !isClosed(route.url));
  const open = [...found.filter(isProbe), ...marked].map(({ url }) => url);
  return [...new Set([...open, ...documents, ...ui])];
}

function isProbe({ method, url }: Route): boolean {
  const segments = url.split('/').filter((segment) => segment !== '');
  const last = segments.pop() ?? '';
  if (!/^(GET|HEAD|\*)$/.test(method) || segments.some((segment) => /[:*]/.test(segment))) return false;
  const above = segments.filter((segment) => !versionOrApi.test(segment)).length;
  return (probe.test(last) && above <= 1) || (probeAtTop.test(last) && above === 0);
}
