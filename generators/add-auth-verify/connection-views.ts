import type { ImportWant } from '../_engine/model/code-facts.ts';
import type { Service } from '../_engine/model/service.ts';
import { readVariable } from '../_engine/edit/declare-variables.ts';
import { printMember, printString } from '../_engine/syntax/print.ts';
import type { TokenPolicy } from './token-policy.ts';

/** The secret as the service has it, else the usual variable; none where only @fastify/jwt knows it. */
export function secretView(service: Service): {
  /** An expression; false for none. */
  readonly secret: string | false;
  readonly imports: readonly ImportWant[];
} {
  const { library, secret } = service.jwt;
  if (secret !== undefined && (library !== '@fastify/jwt' || isReachable(secret))) {
    return { secret: secret.expression, imports: secret.imports };
  }
  if (library === '@fastify/jwt') return { secret: false, imports: [] };
  const usual = readVariable(service, 'JWT_SECRET');
  return { secret: `(${usual.expression} ?? '')`, imports: usual.imports };
}

/** The secret that signs as well as verifies; false for a key pair, and where only @fastify/jwt knows it. */
export function signingSecret(service: Service): string | false {
  return !usesKeyPair(service) && secretView(service).secret;
}

/** The arguments of createTokenVerifier: key or plugin, algorithm, and the demands of the service's own guard. */
export function verifierArguments(service: Service, { options }: TokenPolicy): string {
  const { algorithm, library } = service.jwt;
  const usesPlugin = library === '@fastify/jwt' || library === 'none';
  const plugin = pluginExpression(service);
  const { secret } = secretView(service);
  const demands = [...options.entries].map(([name, value]) => `${name}: ${value}`).join(', ');
  return [
    usesPlugin || secret === false ? `() => ${plugin}` : secret,
    printString(algorithm),
    ...(demands === '' ? [] : [`{ ${demands} }`]),
  ].join(', ');
}

/** The decorator of @fastify/jwt: `app.jwt`, or the member of its namespace, which only the service may have typed. */
function pluginExpression({ jwt: { isNamespaceUntyped, namespace } }: Service): string {
  if (namespace === undefined) return 'app.jwt';
  return isNamespaceUntyped === true
    ? `Reflect.get(app.jwt, ${printString(namespace)}) as typeof app.jwt`
    : printMember('app.jwt', namespace);
}

/** A private key signs and a public one verifies. */
export function usesKeyPair({ jwt }: Service): boolean {
  return !jwt.algorithm.startsWith('HS');
}

/** A literal is not: it would be written a second time. */
function isReachable(secret: NonNullable<Service['jwt']['secret']>): boolean {
  return secret.env !== undefined || secret.imports.length > 0 || /^\(?app\./.test(secret.expression);
}
