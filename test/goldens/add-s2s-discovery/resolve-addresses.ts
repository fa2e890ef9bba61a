import { Resolver } from 'node:dns/promises';

/** What a source asks; a `Resolver` of node:dns/promises is one. */
export type AddressResolver = Pick<Resolver, 'resolve4' | 'resolve6' | 'resolveSrv'>;

/** Milliseconds; answers that say they hold for less are asked for again after this. */
export const MIN_REFRESH_MS = 1_000;

/** Seconds; a wrong answer must not stay for days. */
const MAX_TTL_S = 300;

/** Asks the servers of the system; a server that is silent is given up on after 4 seconds. */
export function createResolver(): AddressResolver {
  return new Resolver({ timeout: 2_000, tries: 2 });
}

/** A host's addresses and the milliseconds for which they hold: its A records, or AAAA records where it has none. */
export async function resolveAddresses(
  resolver: AddressResolver,
  host: string,
): Promise<{ addresses: string[]; ttlMs: number }> {
  const records = await resolver.resolve4(host, { ttl: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENODATA') throw error;
    return resolver.resolve6(host, { ttl: true });
  });
  const ttlMs = Math.min(MAX_TTL_S, ...records.map(({ ttl }) => ttl)) * 1_000;
  return { addresses: records.map(({ address }) => address), ttlMs };
}
