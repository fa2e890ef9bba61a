/** What @fastify/cookie adds to a request, where it is registered. */
interface RequestWithCookies {
  readonly cookies?: Readonly<Record<string, string | undefined>> | null;
  readonly unsignCookie?: (value: string) => { readonly value: string | null };
}

export function cookieOf({ cookies }: RequestWithCookies, name: string): string | undefined {
  return cookies?.[name];
}

/** Undefined if the signature is not valid. */
export function signedCookieOf(request: RequestWithCookies, name: string): string | undefined {
  const sent = cookieOf(request, name);
  return sent === undefined ? undefined : (request.unsignCookie?.(sent).value ?? undefined);
}
