import type { Route } from '../_engine/model/app-facts.ts';
import type { Service } from '../_engine/model/service.ts';
import type { Protection } from '../_engine/facts/routes/protection.ts';
import { likelyPublicRoutes, opens } from '../_engine/facts/routes/public-routes.ts';

/** A route that asks for a token: rather one that only reads, and that takes no parameters. */
export function guardedRoute(
  consumer: Service,
  { all, plugins }: Protection,
  open: readonly string[],
): Route | undefined {
  const likely = likelyPublicRoutes(consumer);
  const isOpen = (route: Route): boolean =>
    route.public !== undefined || likely.includes(route) || open.some((entry) => opens(entry, route));
  const routes = (all ? consumer.routes : plugins)
    .flatMap((plugin) => plugin.routes)
    .filter((route) => !all || !isOpen(route));
  const reading = routes.filter(({ method }) => method === 'GET');
  return reading.find(({ url }) => !/[:*]/.test(url)) ?? reading[0] ?? routes[0];
}
