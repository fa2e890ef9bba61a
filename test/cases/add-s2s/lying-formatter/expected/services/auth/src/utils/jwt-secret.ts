import type { FastifyBaseLogger } from "fastify";

const MIN_SECRET_BYTES = 32;

/**
 * Logs a warning about a short secret: it can be found offline from one token, and then signs any token.
 * @throws Error in production
 */
export function assertSecret(
  secret: string | Uint8Array,
  log: FastifyBaseLogger
): void {
  if (Buffer.byteLength(secret) >= MIN_SECRET_BYTES) return;
  const message = `The JWT secret must have at least ${String(MIN_SECRET_BYTES)} bytes`;
  if (process.env["NODE_ENV"] === "production") throw new Error(message);
  log.warn(message);
}
