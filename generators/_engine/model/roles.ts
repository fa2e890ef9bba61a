/** What a file is; `source`: code that has no role of its own. */
export type Role =
  | 'circuit-breaker'
  | 'service-client'
  | 'verify-route'
  | 'token-blacklist'
  | 'auth-middleware'
  | 'rate-limit'
  | 'revocation'
  | 'service-call'
  | 'service-discovery'
  | 'metrics'
  | 'monitoring'
  | 'tracing'
  | 'source'
  | 'registration'
  | 'manifest'
  | 'env'
  | 'compose'
  | 'unit-test'
  | 'integration-test'
  | 'drawing'
  | 'record';

/** Roles whose files are ours from the first line to the last. */
const wholeFileRoles: ReadonlySet<Role> = new Set<Role>([
  'circuit-breaker',
  'service-client',
  'verify-route',
  'token-blacklist',
  'auth-middleware',
  'rate-limit',
  'revocation',
  'service-call',
  'service-discovery',
  'metrics',
  'monitoring',
  'tracing',
  'source',
  'unit-test',
  'integration-test',
]);

/** A file that is rendered whole, as opposed to one of the user's that gets a few lines. */
export function isWholeFile(role: Role): boolean {
  return wholeFileRoles.has(role);
}

/** A file of the user's that lists or declares variables of the environment. */
export function isEnvironment(role: Role): boolean {
  return role === 'env' || role === 'compose';
}

const composeFile = /(?:^|\/)(?:docker-)?compose[^/]*\.ya?ml$/;

/** The role of a file of the user's by its path; a schema of the environment that is code has its role from the run. */
export function roleOfPatch(path: string): Role {
  if (/(?:^|\/)package\.json$/.test(path)) return 'manifest';
  if (composeFile.test(path)) return 'compose';
  return /\.[cm]?[jt]sx?$/.test(path) ? 'registration' : 'env';
}
