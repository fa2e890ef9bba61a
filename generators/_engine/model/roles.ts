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
  | 'attributes'
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

/** What a reviewer reads a change for. */
export const kindsOfLines = ['run-time code', 'tests', 'wiring', 'records'] as const;
export type KindOfLines = (typeof kindsOfLines)[number];

export function kindOfLines(role: Role): KindOfLines {
  if (role === 'record') return 'records';
  if (role === 'unit-test' || role === 'integration-test') return 'tests';
  return isWholeFile(role) && role !== 'monitoring' ? 'run-time code' : 'wiring';
}

const composeFile = /(?:^|\/)(?:docker-)?compose[^/]*\.ya?ml$/;

/** The role of a file of the user's by its path; a schema of the environment that is code has its role from the run. */
export function roleOfPatch(path: string): Role {
  if (/(?:^|\/)package\.json$/.test(path)) return 'manifest';
  if (composeFile.test(path)) return 'compose';
  if (/(?:^|\/)\.gitattributes$/.test(path)) return 'attributes';
  return /\.[cm]?[jt]sx?$/.test(path) ? 'registration' : 'env';
}

/** Example files, which are committed; every other `.env` file holds the values of one machine. */
export const exampleFile =
  /^(?:\.?env(?:\.[\w-]+)?\.(?:example|sample|template|dist)|(?:example|sample|template)\.env)$/;
const typescriptFile = /\.[cm]?ts$/;
const composeName = /^(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml$/;
const attributesFile = '.gitattributes';
const monitoringFile = /^(?:grafana-[\w-]+\.json|prometheus-[\w-]+\.ya?ml)$/;
/** Characters that some file systems leave out of a name: HFS+ takes `.g\u200cit` for `.git`. */
const ignorable = /[\p{Cf}\p{Mn}]/gu;
/** The short names on Windows: `GIT~1`, `NODE_M~1`. */
const neverWritten = /^(?:\.git|git~\d+|node_modules|node_m~\d+)$/;

/**
 * Why nothing is ever written or deleted at a path; undefined where it may be. Git's own files, installed
 * packages, environment files but the examples, also as file systems that fold names spell them.
 */
export function forbidden(path: string): string | undefined {
  const name = folded(path.split('/').at(-1) ?? '');
  return forbiddenFolder(path) ?? (isSecret(name) ? 'may hold secrets' : undefined);
}

function isSecret(name: string): boolean {
  const isEnvironment = /^(?:\.env|env(?:$|\.))/.test(name);
  return isEnvironment && !exampleFile.test(name) && !typescriptFile.test(name);
}

/** The same of a folder, which may be called `env`. */
export function forbiddenFolder(path: string): string | undefined {
  if (/\p{Cc}/u.test(path)) return 'contains control characters';
  const isOthers = path.split('/').some((part) => neverWritten.test(folded(part)));
  return isOthers ? 'belongs to git or to an installed package' : undefined;
}

/** Git's own files and files with secrets: not even read by way of a link, because what is read may be shown. */
export function isPrivate(path: string): boolean {
  const parts = path.split('/').map(folded);
  return parts.some((part) => /^(?:\.git|git~\d+)$/.test(part)) || isSecret(parts.at(-1) ?? '');
}

/**
 * Why a generator cannot have made or changed a file in that role there; undefined where it can. What a record claims
 * is held against it: no role opens a file of another kind.
 */
export function misplaced(path: string, role: Role): string | undefined {
  const never = forbidden(path);
  if (never !== undefined) return never;
  const parts = path.split('/');
  const name = parts.pop() ?? '';
  if (role === 'attributes' && path === attributesFile) return undefined;
  if (parts.some((part) => part.startsWith('.') || part.trim() !== part))
    return 'is not in a folder that a generator writes to';
  const isOfKind = kindsOf(role).some((kind) => kind.test(name));
  const isHidden = name.startsWith('.') && !exampleFile.test(name);
  return isOfKind && !isHidden ? undefined : `does not fit the role ${JSON.stringify(role.slice(0, 40))}`;
}

function kindsOf(role: Role): readonly RegExp[] {
  if (role === 'monitoring') return [monitoringFile, typescriptFile];
  if (role === 'registration' || isWholeFile(role)) return [typescriptFile];
  if (role === 'manifest')
    return [/^(?:package|tsconfig(?:\.(?:app|build|lib))?)\.json$/, /^pnpm-workspace\.yaml$/];
  if (role === 'env') return [exampleFile, typescriptFile];
  return role === 'compose' ? [composeName] : [];
}

/** A name as the most forgiving file system reads it: no case, no trailing dots and blanks, no stream of NTFS. */
function folded(part: string): string {
  return part
    .normalize('NFKC')
    .replace(ignorable, '')
    .toLowerCase()
    .replace(/:.*$/, '')
    .replace(/[. ]+$/, '')
    .trim();
}
