import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';

import type { FastifyRequest } from 'fastify';

import type { RequestLimitOptions } from './request-limit.ts';
import { addressOf, networkOf } from './request-limit.ts';
import type { Quota } from './token-bucket.ts';

export interface VerifyLimitOptions {
  /** Of an end user's address, as a service sends it, else of the caller's. Default 10 000 at once, 1 000 a second. */
  verifyQuota?: Quota;
  /**
   * Whether a service of yours asks: it is never turned away for what its callers do, and trusted with their address.
   * Default: it presents `SERVICE_AUTH_SECRET`; where that is not set, the verify route counts no bad tokens.
   */
  isService?: (request: FastifyRequest) => boolean;
}

/** Limits for the service whose route `url` verifies tokens; a service presents `secret`, none when that is empty. */
export function limitVerifications(
  url: string,
  secret: string,
  options: VerifyLimitOptions,
): RequestLimitOptions {
  const isService = options.isService ?? ((request) => presents(request, secret));
  return {
    // What asks is a service: several of its users may be scanners that it is just about to stop.
    refusalQuota: { max: 100, timeWindow: 60_000 },
    sourceOf: (request) => {
      if (!isService(request)) return addressOf(request);
      // The auth middleware sends the address of its caller.
      const { 'x-client-address': address } = request.headers;
      const isKnown = typeof address === 'string' && isIP(address) > 0;
      return isKnown ? `user at ${networkOf(address)}` : undefined;
    },
    tokenRoute: {
      url,
      quota: options.verifyQuota ?? { max: 10_000, timeWindow: 10_000 },
      countsTokens: options.isService !== undefined || secret !== '',
      verdictOn: (statusCode) => {
        // 403 is a guess at the service secret.
        if (statusCode === 401 || statusCode === 403) return 'bad';
        return statusCode === 200 ? 'good' : 'unknown';
      },
    },
  };
}

/** Compares hashes, so that neither length nor content shows in the time it takes. */
function presents({ headers }: FastifyRequest, secret: string): boolean {
  const given = headers['x-service-secret'];
  if (typeof given !== 'string' || secret === '') return false;
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(secret));
}
