import type { Service } from '../contract.ts';

const operational =
  /\/(health|healthz|healthcheck|health-check|live|livez|liveness|ready|readyz|readiness|ping|status|metrics|version)$/i;
const documentation = /^(.*\/(?:docs|documentation|swagger|reference|openapi))(?:\/|$)/i;

/** Routes that must answer without a token where all others ask for one: probes, metrics and documentation. */
export function findPublicRoutes({ manifest, routes }: Service): readonly string[] {
  const urls = routes.flatMap((plugin) => plugin.routes.map(({ url }) => url));
  const documents = urls.flatMap((url) => {
    const [, root] = documentation.exec(url) ?? [];
    return root === undefined ? [] : [`${root}/*`];
  });
  // The UI registers its own routes; this is where it puts them when it is not told otherwise.
  const ui = manifest.dependencies['@fastify/swagger-ui'] === undefined ? [] : ['/documentation/*'];
  return [...new Set([...urls.filter((url) => operational.test(url)), ...documents, ...ui])];
}
