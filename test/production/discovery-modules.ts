import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { Resolver } from 'node:dns/promises';

import { materialize } from '../helpers/materialize.ts';
import { runCommand } from '../helpers/run-command.ts';
import type { ServiceClient, ServiceClientModule } from '../runtime/faults/client-module.ts';

interface Source {
  readonly name: string;
}

export interface BalancedClient extends ServiceClient {
  getEndpointStats(): readonly {
    readonly url: string;
    readonly inFlight: number;
    readonly circuit: { readonly state: string };
  }[];
}

/** What the generator writes, as modules: what tests of it may rely on. */
export interface DiscoveryModules {
  readonly BalancedClient: new (options: object) => BalancedClient;
  readonly ServiceClientError: ServiceClientModule['ServiceClientError'];
  readonly DnsEndpoints: new (url: string, resolver: Resolver) => Source;
  readonly SrvEndpoints: new (url: string, resolver: Resolver) => Source;
  readonly connectService: (options: object) => ServiceClient;
  readonly authMiddleware: unknown;
}

/** Generates discovery and the middleware into a copy of the baseline, `.cases/<name>`, and imports what is there. */
export async function generateDiscovery(name: string): Promise<DiscoveryModules> {
  const root = materialize(name, { fixture: 'npm-workspaces', args: [] });
  for (const [generator, ...args] of [
    ['add-auth-middleware', '--protect', 'all', '--public', 'none'],
    ['add-s2s-discovery', '--source', 'static,dns,srv,consul,eureka'],
  ] as const)
    await runCommand({ generator, args: ['--target', 'user', '--no-format', ...args] }, root);
  const load = (path: string): Promise<object> =>
    import(pathToFileURL(join(root, 'services/user-service/src', path)).href) as Promise<object>;
  const modules = await Promise.all(
    [
      'utils/balanced-client.ts',
      'utils/service-client.ts',
      'utils/dns-endpoints.ts',
      'utils/srv-endpoints.ts',
      'utils/connect-service.ts',
      'middleware/auth.middleware.ts',
    ].map(load),
  );
  return Object.assign({}, ...modules) as DiscoveryModules;
}
