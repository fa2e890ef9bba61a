import { randomUUID } from 'node:crypto';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** A line of `printRoutes`: its place in the tree, a part of a pattern, and methods and constraints where there are routes. */
const ROUTE_LINE = /^([│├└─ ]*)([^│├└─ •].*?)(?: \(([A-Z, -]+)\)(?: (\{.*\}))?)?$/;

/**
 * Asks for a token everywhere but on public routes, and lets no application start in which a route is left out. A public
 * route is a method and a pattern as it was registered, prefix included: `GET /docs/*` is all below `/docs`, and GET is
 * HEAD too.
 */
export function guardRoutes(
  app: FastifyInstance,
  publicRoutes: readonly string[],
  authenticate: Guard,
): void {
  const pass = Promise.resolve();
  const guard: Guard = (request, reply) => {
    const { method, routeOptions, url } = request;
    if (routeOptions.url === undefined) {
      // Below a public pattern, who sends no token may know that nothing is there.
      const isBelow = isStranger(request) && isPublic(publicRoutes, method, url.split('?', 1)[0]);
      return isBelow ? sendNotFound(request, reply) : authenticate(request, reply);
    }
    if (!isPublic(publicRoutes, method, routeOptions.url)) return authenticate(request, reply);
    // The handler for what is not found is not public, and no `onRequest` hook runs before it then.
    const callNotFound = reply.callNotFound.bind(reply);
    reply.callNotFound = () => {
      const answer = isStranger(request) ? sendNotFound : authenticate;
      const next = (): void => {
        if (!reply.sent) callNotFound();
      };
      answer(request, reply).then(next, (error: unknown) => reply.send(error));
    };
    return pass;
  };
  // No other hook can have this name, by which the compiled routes are checked.
  Object.defineProperty(guard, 'name', { value: `guard-${randomUUID()}` });
  const hadCors = app.hasPlugin('@fastify/cors');

  app.addHook('onRequest', guard);
  app.addHook('onReady', (done) => {
    const gaps = findGaps(app, guard.name, publicRoutes);
    if (!hadCors && app.hasPlugin('@fastify/cors')) {
      gaps.push('@fastify/cors is registered after it, and preflight requests have no token');
    }
    done(
      gaps.length === 0 ? undefined : new Error(`The auth middleware cannot guard this: ${gaps.join('; ')}`),
    );
  });
}

function isPublic(publicRoutes: readonly string[], method: string, url = ''): boolean {
  return publicRoutes.some((entry) => {
    const [listed, ...rest] = entry.split(' ');
    const pattern = rest.join(' ');
    if (listed !== method && !(listed === 'GET' && method === 'HEAD')) return false;
    return pattern.endsWith('/*') ? `${url}/`.startsWith(pattern.slice(0, -1)) : pattern === url;
  });
}

function isStranger({ headers }: FastifyRequest): boolean {
  return headers.authorization === undefined;
}

/** Answers as Fastify does by itself: the application's own handler for what is not found may tell more. */
async function sendNotFound({ method, url }: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const message = `Route ${method}:${url} not found`;
  return reply.code(404).send({ message, error: 'Not Found', statusCode: 404 });
}

/** What a stranger may reach by the routes of the whole server, as Fastify has compiled them; `hook` is the guard's name. */
function findGaps(app: FastifyInstance, hook: string, publicRoutes: readonly string[]): string[] {
  const gaps = new Set<string>();
  const named = publicRoutes.map(withoutNames);
  const parts: string[] = [];
  let unguarded = '';
  for (const line of app.printRoutes({ includeHooks: true }).split('\n')) {
    const [, indent = '', part, methods, constraints] = ROUTE_LINE.exec(line) ?? [];
    if (part === undefined) {
      if (line.includes('• (onRequest) ') && line.includes(`"${hook}()"`)) gaps.delete(unguarded);
      continue;
    }
    // A tree of prefixes, four columns a level.
    parts.splice(indent.length / 4 - 1, Number.POSITIVE_INFINITY, part);
    if (methods === undefined) continue;
    const url = parts.join('').replace('(empty root node)', '');
    unguarded = `${methods} ${url} has no guard`;
    gaps.add(unguarded);
    const isOpen = methods.split(', ').some((method) => isPublic(named, method, withoutNames(url)));
    // A request does not tell which of them it was routed to.
    if (constraints !== undefined && isOpen)
      gaps.add(`${methods} ${url} is public, and so are its constraints ${constraints}`);
  }
  return [...gaps];
}

/** Routes that differ in the names of their parameters alone are printed as one. */
function withoutNames(pattern: string): string {
  return pattern.replace(/:[^/]+/g, ':');
}
