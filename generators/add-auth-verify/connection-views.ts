import type { ImportWant } from '../_engine/model/code-facts.ts';
import type { Service } from '../_engine/model/service.ts';
import { readVariable } from '../_engine/edit/declare-variables.ts';
import { printMember } from '../_engine/syntax/print.ts';
import type { VerifyView } from './view.ts';

/** The secret as the service has it, else the usual variable; none where only @fastify/jwt knows it. */
export function secretView(
  service: Service,
): Pick<VerifyView, 'secret'> & { imports: readonly ImportWant[] } {
  const { library, secret } = service.jwt;
  if (secret !== undefined && (library !== '@fastify/jwt' || isReachable(secret))) {
    return { secret: secret.expression, imports: secret.imports };
  }
  if (library === '@fastify/jwt') return { secret: false, imports: [] };
  const usual = readVariable(service, 'JWT_SECRET');
  return { secret: `(${usual.expression} ?? '')`, imports: usual.imports };
}

/** What @fastify/jwt has on the instance: `jwt`, or `jwt.access` with a namespace. */
export function jwtDecorator({ jwt: { namespace } }: Service): string {
  return namespace === undefined ? 'jwt' : printMember('jwt', namespace);
}

/** A private key signs and a public one verifies. */
export function usesKeyPair({ jwt }: Service): boolean {
  return !jwt.algorithm.startsWith('HS');
}

/** A literal is not: it would be written a second time. */
function isReachable(secret: NonNullable<Service['jwt']['secret']>): boolean {
  return secret.env !== undefined || secret.imports.length > 0 || secret.expression.startsWith('app.');
}
