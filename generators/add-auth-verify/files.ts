import type { RelPath } from '../_engine/model/paths.ts';
import type { Service } from '../_engine/model/service.ts';
import { importSpecifier, placeFile } from '../_engine/facts/style/place-file.ts';

/** The files among the service's utilities; each has the name of its template. */
const utilities = {
  claims: 'token-claims',
  verifier: 'token-verifier',
  keys: 'signing-keys',
  decorators: 'signing-decorators',
  route: 'verify-route',
  tokenKey: 'token-key',
  blacklist: 'token-blacklist',
  memory: 'memory-blacklist-store',
  redis: 'redis-blacklist-store',
  reply: 'redis-reply',
  cookies: 'request-cookies',
  publisher: 'revocation-publisher',
} as const;

type Utility = keyof typeof utilities;

/** The files that the generator adds, beside its tests; `publisher` and `connection` are there where add-s2s-revocation has been. */
export type VerifyFiles = Readonly<Record<Utility | 'connection' | 'plugin', RelPath>>;

export function verifyFiles(service: Service): VerifyFiles {
  const places = Object.entries(utilities).map(([key, name]) => [key, placeFile(service, 'utils', name)]);
  const inUtils = Object.fromEntries(places) as Readonly<Record<Utility, RelPath>>;
  return {
    ...inUtils,
    plugin: placeFile(service, 'plugins', 'auth-verify'),
    connection: placeFile(service, 'utils', 'log-connection'),
  };
}

/** What the utilities, which lie side by side, write for the relative imports of their templates. */
export function specifiersOf(service: Service, files: VerifyFiles): Readonly<Record<string, string>> {
  const entries = Object.entries(utilities).map(([key, name]) => {
    const file = files[key as Utility];
    return [`./${name}.ts`, importSpecifier(service, files.blacklist, file)] as const;
  });
  // Without that option of the compiler, a CommonJS package has no default export.
  const interop = service.modules.esModuleInterop ? {} : { 'import jwt': 'import * as jwt' };
  return { ...Object.fromEntries(entries), ...interop };
}
