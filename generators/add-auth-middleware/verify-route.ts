import type { RoutePlugin } from '../_engine/model/app-facts.ts';
import type { Service } from '../_engine/model/service.ts';
import { openSurvey } from '../_engine/program/survey.ts';
import { type ExistingGuard, findExistingGuards } from '../_engine/facts/auth/existing-guards.ts';
import { findService } from '../_engine/facts/app/service.ts';
import { placeFile } from '../_engine/facts/style/place-file.ts';
import type { Destination } from '../_engine/edit/declare-variables.ts';
import type { Repo } from '../_engine/model/repo.ts';

/** What the verify route answers beside ID, mail and tenant; `type` is TypeScript. */
export interface CarriedClaim {
  readonly name: string;
  readonly type: string;
}

/** By the route's own interface: what it answers, whatever its service signs by now. */
export function findCarriedClaims(repo: Repo, auth: Destination | undefined): readonly CarriedClaim[] {
  const service = auth && findService(repo, auth.head.dir);
  const text = service === undefined ? '' : (repo.read(placeFile(service, 'plugins', 'auth-verify')) ?? '');
  const [, members = ''] = /\binterface SignedIdentity extends Identity \{([^}]{0,5000})\}/.exec(text) ?? [];
  return [...members.matchAll(/(\w{1,80})\?: ([^;,\n]{1,200})/g)].map(([, name = '', type = '']) => ({
    name,
    type: type.trim(),
  }));
}

/** Says that nobody answers yet: every guarded route would be a 503. */
export function missingRouteNotes(
  repo: Repo,
  named: string | undefined,
  auth: Destination | undefined,
  path: string,
): readonly string[] {
  const closed = 'Until then every route that requires a token answers 503.';
  if (auth === undefined)
    return named === 'none'
      ? []
      : [
          `No service of this repository is known to issue tokens, so nobody answers POST ${path} here: set AUTH_SERVICE_URL to the service that does, or name it with --auth. ${closed}`,
        ];
  const service = findService(repo, auth.head.dir);
  const routes = service?.routes.flatMap((plugin) => plugin.routes) ?? [];
  const route = routes.find(({ method, url }) => url === path && (method === 'POST' || method === '*'));
  if (route !== undefined) {
    const isOurs = /\bcreateVerifyHandler\b/.test(repo.read(route.path) ?? '');
    return isOurs
      ? []
      : [
          `POST ${path} of ${auth.head.name} (${route.path}:${String(route.line)}) was not added by add-auth-verify: it has to take { token } and answer 200 with { valid: true, userId }, or 401. Name another route with --path.`,
        ];
  }
  return [
    `${auth.head.name} has no POST ${path} yet: add it with s2s add-auth-verify --target ${auth.head.dir === '' ? auth.head.name : auth.head.dir}. ${closed}`,
  ];
}

/** What guards already stand on the chosen routes: they run before the new hook, which asks the auth service as well. */
export function existingGuardNotes(
  repo: Repo,
  service: Service,
  plugins: readonly RoutePlugin[],
  decorator: string,
  { local }: Readonly<{ local: object | undefined }>,
): readonly string[] {
  const costs =
    local !== undefined ? 'verifies the token as well' : 'is one more call to the auth service per request';
  const found = findExistingGuards(openSurvey(repo, service), plugins, decorator);
  // One sentence for each guard of a plugin: a route plugin may name it at every route.
  const keyOf = ({ name, plugin }: ExistingGuard): string => `${plugin} ${name}`;
  return [...new Set(found.map(keyOf))].map((each) => {
    const guards = found.filter((one) => keyOf(one) === each);
    const { name = '', plugin = '' } = guards[0] ?? {};
    const places = guards.map(({ line, path }) => `${path}:${String(line)}`);
    const where = [...places.slice(0, maxPlaces), ...(places.length > maxPlaces ? ['…'] : [])].join(', ');
    const key = guards.some(({ readsKey }) => readsKey)
      ? ' It reads a key from the Authorization header, which is no token: its callers get 401 from the new hook.'
      : '';
    return `${plugin} is guarded already, by ${name} (${where}), which runs as well: the new hook ${costs}.${key}`;
  });
}

const maxPlaces = 3;
