import type { Survey } from '../../program/survey.ts';

/** Packages whose tokens somebody else signs: an identity provider, or a service of its own. */
const issuers = [
  'firebase-admin',
  'google-auth-library',
  'better-auth',
  'supertokens-node',
  '@supabase/supabase-js',
  'aws-jwt-verify',
  'keycloak-connect',
  'openid-client',
  'jwks-rsa',
  'get-jwks',
  'fastify-jwt-jwks',
  'jwt-decode',
] as const;
const families = /^@(?:clerk|okta|auth0|ory)\//;

/** The package that says where a service's tokens come from, if not from the service; undefined without one. */
export function findForeignIssuer({ head }: Survey): string | undefined {
  const names = Object.keys(head.manifest.dependencies);
  return issuers.find((name) => names.includes(name)) ?? names.find((name) => families.test(name));
}
