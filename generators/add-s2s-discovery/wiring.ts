import type { RelPath } from '../_engine/model/paths.ts';
import type { Service } from '../_engine/model/service.ts';
import { ensureImport } from '../_engine/edit/ensure-import.ts';
import { ensureRegistrationOption } from '../_engine/edit/ensure-registration.ts';
import { importSpecifier, importSpecifierIn, placeFile } from '../_engine/facts/style/place-file.ts';
import { findDefaultImport } from '../_engine/edit/register-plugin.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import { openSources } from '../_engine/program/survey.ts';
import { detectStyle } from '../_engine/facts/style/style.ts';
import type { Source } from './view.ts';

/** What AUTH_SERVICE_URL can be, by source. */
const examples: Readonly<Record<Source, string>> = {
  static: 'static:http://10.0.0.1:3001,http://10.0.0.2:3001',
  dns: 'dns:http://auth.internal:3001',
  srv: 'srv:http://_auth._tcp.service.consul',
  consul: 'consul:http://127.0.0.1:8500/v1/health/service/auth',
  eureka: 'eureka:http://eureka:8761/eureka/apps/AUTH',
};

/**
 * Lets the auth middleware of the service, where it has one, call every kind of AUTH_SERVICE_URL: one option of its
 * registration. A plain URL means what it meant.
 */
export function wireDiscovery(
  draft: Draft,
  service: Service,
  connect: RelPath,
  asked: ReadonlySet<Source>,
): void {
  const sources = openSources(draft.repo, service);
  const [middleware] = sources.filesMatching(
    /\binterface AuthMiddlewareOptions\b|\bawait connectAuthService\(/,
  );
  if (middleware === undefined) return;
  // Before authentication.ts it had all options itself.
  if (!/\bconnect\?:|\bconnectAuthService\b/.test(sources.text(middleware))) {
    draft.note(`${middleware} has no connect option: run s2s-upgrade, then this command again.`);
    return;
  }
  if (!register(draft, service, middleware, connect)) {
    const specifier = importSpecifier(service, middleware, connect);
    draft.note(
      `To use it in the auth middleware, register that with connect: connectService (from ${specifier}); ` +
        `if ${middleware} is autoloaded, set the option in its autoConfig.`,
    );
  }
  const urls = [...asked].map((source) => examples[source]).join(' or ');
  draft.note(`With that option AUTH_SERVICE_URL can also be ${urls}.`);
}

/** False where no registration is found that an option can be added to. */
function register(draft: Draft, { app, modules }: Service, middleware: RelPath, connect: RelPath): boolean {
  const base = draft.repo.read(app.file) ?? '';
  const plugin = findDefaultImport(draft.repo, { modules }, app.file, middleware) ?? 'authMiddleware';
  const option = { plugin, key: 'connect', value: 'connectService' };
  if (ensureRegistrationOption(base, option, detectStyle([base])) === undefined) return false;
  draft.patch(app.file, 'registration', (text) => {
    const from = importSpecifierIn(text, { modules }, app.file, connect);
    return ensureImport(text, { from, names: [option.value] }, detectStyle([text]));
  });
  draft.patch(app.file, 'registration', (text) => {
    return ensureRegistrationOption(text, option, detectStyle([text])) ?? [];
  });
  return true;
}

/** The files by what they hold; each has the name of its template. */
export const fileNames = {
  endpoint: 'endpoint-source',
  watch: 'endpoint-watch',
  pool: 'endpoint-pool',
  balanced: 'balanced-client',
  connect: 'connect-service',
  static: 'static-endpoints',
  addresses: 'resolve-addresses',
  dns: 'dns-endpoints',
  srv: 'srv-endpoints',
  registry: 'registry-request',
  consul: 'consul-endpoints',
  eureka: 'eureka-endpoints',
} as const;

export type FileName = keyof typeof fileNames;
export type DiscoveryFiles = Readonly<Record<FileName, RelPath>>;

/** Where they go: among the service's utilities, beside the ServiceClient. */
export function discoveryFiles(service: Service): DiscoveryFiles {
  const places = Object.entries(fileNames).map(([key, name]) => [key, placeFile(service, 'utils', name)]);
  return Object.fromEntries(places) as DiscoveryFiles;
}
