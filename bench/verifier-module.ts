import type { JWT } from '@fastify/jwt';

import type { TokenVerifier } from '../templates/add-auth-verify/token-claims.ts';
import { createTokenVerifier as createFastJwt } from '../templates/add-auth-verify/token-verifier.fast-jwt.ts';
import { createTokenVerifier as createFastifyJwt } from '../templates/add-auth-verify/token-verifier.fastify-jwt.ts';
import { createTokenVerifier as createJose } from '../templates/add-auth-verify/token-verifier.jose.ts';
import { createTokenVerifier as createJsonwebtoken } from '../templates/add-auth-verify/token-verifier.jsonwebtoken.ts';

export type Library = 'fastifyJwt' | 'jsonwebtoken' | 'jose' | 'fastJwt';

/** Tests also pass what is no key or algorithm. */
type Create = (from: unknown, algorithm: string) => TokenVerifier;

const creators: Readonly<Record<Library, Create>> = {
  fastifyJwt: (app, algorithm) => createFastifyJwt(() => (app as { jwt: JWT }).jwt, algorithm),
  jsonwebtoken: createJsonwebtoken as Create,
  jose: createJose as Create,
  fastJwt: createFastJwt as Create,
};

/** Creates the generated verifier for a JWT library; `from` is a key, or the application with @fastify/jwt. */
export function newVerifier(library: Library, from: unknown, algorithm = 'HS256'): TokenVerifier {
  return creators[library](from, algorithm);
}
