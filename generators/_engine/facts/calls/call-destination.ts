import { findEnvExamples } from '../config/config.ts';
import { basenameRel, type RelPath } from '../../model/paths.ts';
import type { ServiceHead } from '../../model/service.ts';
import type { Survey } from '../../program/survey.ts';
import { escapePattern } from '../../syntax/print.ts';
import type { ServiceCall } from './service-calls.ts';

/** Where a service can be reached. */
export interface CallablePlace {
  readonly head: ServiceHead;
  readonly port?: number;
  readonly issues: boolean;
}

/** What a call leads to: a service of the repo, or something that is not in it. */
export interface CallDestination {
  readonly kind: 'service' | 'external';
  readonly id: string;
}

/**
 * Whom a URL means: by the host's name, by the port on this machine, by the name of the variable. Undefined where
 * neither URL nor variable says anything.
 */
export function findDestination(
  survey: Survey,
  call: ServiceCall,
  places: readonly CallablePlace[],
): CallDestination | undefined {
  const url = urlOf(survey, call);
  const place = byHost(url, places) ?? byVariable(call.env, places);
  if (place !== undefined) return { kind: 'service', id: idOf(place.head.dir) };
  if (url !== undefined && !isLocal(url)) return { kind: 'external', id: url.hostname };
  return call.env === undefined ? undefined : { kind: 'external', id: stemOf(call.env) };
}

/** The URL in the code, else the one of the example of the environment. */
function urlOf(survey: Survey, { env, url }: ServiceCall): URL | undefined {
  const listed = findEnvExamples(survey)
    .map(
      (path) =>
        new RegExp(
          `^#?[ \\t]{0,99}${escapePattern(env ?? ' ')}=["']?(https?://[^\\s"']{1,500})["']?[ \\t\\r]{0,99}$`,
          'm',
        ).exec(survey.repo.read(path) ?? '')?.[1],
    )
    .find((value) => value !== undefined);
  const text = listed ?? url;
  return text !== undefined && /^https?:/.test(text) && URL.canParse(text) ? new URL(text) : undefined;
}

function isLocal({ hostname }: URL): boolean {
  return /^(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]|host\.docker\.internal)$/.test(hostname);
}

function byHost(url: URL | undefined, places: readonly CallablePlace[]): CallablePlace | undefined {
  if (url === undefined) return undefined;
  if (!isLocal(url))
    return only(places.filter(({ head }) => namesOf(head).includes(url.hostname.toLowerCase())));
  return only(places.filter(({ port }) => port !== undefined && String(port) === url.port));
}

/** `AUTH_SERVICE_URL` → auth-service, auth; and the service that issues the tokens, where none is called so. */
function byVariable(env: string | undefined, places: readonly CallablePlace[]): CallablePlace | undefined {
  if (env === undefined) return undefined;
  const stem = stemOf(env);
  const short = stem.replace(/-(service|api|server)$/, '');
  const named = places.filter(({ head }) => namesOf(head).some((name) => name === stem || name === short));
  return only(named) ?? (short === 'auth' ? only(places.filter(({ issues }) => issues)) : undefined);
}

function namesOf({ dir, name }: ServiceHead): readonly string[] {
  const whole = [name.split('/').at(-1) ?? name, basenameRel(dir)].map((one) => one.toLowerCase());
  return [...whole, ...whole.map((one) => one.replace(/-(service|api|server)$/, ''))];
}

function stemOf(env: string): string {
  return env
    .replace(/_(BASE_URL|API_URL|URL|ORIGIN|ENDPOINT)$/, '')
    .toLowerCase()
    .replaceAll('_', '-');
}

function only(found: readonly CallablePlace[]): CallablePlace | undefined {
  return found.length === 1 ? found[0] : undefined;
}

/** A repo path that stands for the root as `.`. */
export function idOf(dir: RelPath): string {
  return dir === '' ? '.' : dir;
}
