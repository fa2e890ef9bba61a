import type { FastifyRequest } from 'fastify';

/** A request with what @fastify/cookie adds, where it is registered. */
type RequestWithCookies = FastifyRequest & {
  readonly cookies?: Readonly<Record<string, string | undefined>> | null;
  readonly unsignCookie?: (value: string) => { readonly value: string | null };
};

export function cookieOf(request: RequestWithCookies, name: string): string | undefined {
  return request.cookies?.[name];
}

/** Undefined if the signature is not valid. */
export function signedCookieOf(request: RequestWithCookies, name: string): string | undefined {
  const sent = cookieOf(request, name);
  return sent === undefined ? undefined : (request.unsignCookie?.(sent).value ?? undefined);
}
