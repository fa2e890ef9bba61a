import type { Repo } from '../../model/repo.ts';
import type { Service, ServiceHead } from '../../model/service.ts';
import { openSurvey } from '../../program/survey.ts';

/** The auth service, as far as it is in the repo. */
export interface Issuer {
  readonly head: Pick<ServiceHead, 'dir' | 'name'>;
  readonly port: number | undefined;
}

/** The variable with the origin of the auth service, where a service has none for it. */
const usual = 'AUTH_SERVICE_URL';
const assigned = /\b([A-Z][A-Z0-9_]*_(?:URL|URI|ORIGIN|ENDPOINT))\b.*?(https?:\/\/[^\s'"`),;]+)/g;
/** A longer line is data: looking through it takes time by the square of its length. */
const maxLineChars = 1_000;
const suffix = /^(?:_(?:SERVICE|SERVER|API))?(?:_BASE)?_(?:URL|URI|ORIGIN|ENDPOINT)$/;

/**
 * The variable that holds the URL of the auth service: one that the service has for it already (`AUTH_URL`,
 * `IDENTITY_BASE_URL`), by its name and value in an example, in the schema or where it is read; else the usual one.
 */
export function findUrlVariable(repo: Repo, service: Service, issuer: Issuer | undefined): string {
  const survey = openSurvey(repo, service);
  const { exampleFiles, file } = service.config;
  const schema = file === undefined ? [] : [file];
  const found: string[] = [];
  for (const path of new Set([...exampleFiles, ...schema, ...survey.filesMatching(/process\.env/)])) {
    const text = repo.read(path) ?? '';
    if (text.includes(usual)) return usual;
    for (const line of text.split('\n')) {
      if (line.length > maxLineChars || !line.includes('://')) continue;
      for (const [, name = '', url = ''] of line.matchAll(assigned))
        if (isOfAuth(name, issuer) && isOrigin(url, service, issuer)) found.push(name);
    }
  }
  return found[0] ?? usual;
}

/** `AUTH_URL`, and by the name of a service that is called otherwise: `IDENTITY_SERVICE_URL`. */
function isOfAuth(name: string, issuer: Issuer | undefined): boolean {
  const own = shortName(issuer).replace(/-(?:service|server|api)$/, '');
  const stems = ['AUTH', own.toUpperCase().replaceAll(/\W/g, '_')].filter((stem) => stem !== '');
  return stems.some((stem) => name.startsWith(stem) && suffix.test(name.slice(stem.length)));
}

/** The address of the auth service and no path below it; another port is another service, or this one. */
function isOrigin(text: string, { app }: Service, issuer: Issuer | undefined): boolean {
  if (!URL.canParse(text)) return false;
  const { hostname, pathname, port } = new URL(text);
  if (pathname !== '/' || port === String(app.listen.defaultPort)) return false;
  if (issuer?.port === undefined) return true;
  const hosts = [shortName(issuer), issuer.head.dir.split('/').at(-1)];
  return port === String(issuer.port) || hosts.includes(hostname);
}

function shortName(issuer: Issuer | undefined): string {
  return (issuer?.head.name ?? '').replace(/^@.*\//, '');
}
