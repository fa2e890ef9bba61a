import type { Answers, Site } from '../_engine/model/generator.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service, ServiceHead } from '../_engine/model/service.ts';
import { findService } from '../_engine/facts/app/service.ts';
import { findClient } from '../_engine/facts/calls/installed-client.ts';
import { runsBefore, type RuntimeFact, surveyRuntime } from '../_engine/facts/runtime.ts';

export type Transport = 'undici' | 'fetch';

/** What undici 7 requires of Node. */
const [major, minor] = [20, 18];

/** undici, but fetch where undici does not start in one of the targets; a client that is there keeps what it has. */
export function initialTransport({ repo, heads }: Site, given: Answers): Transport {
  const targets = Array.isArray(given['target']) ? (given['target'] as readonly RelPath[]) : [];
  const old = heads.filter(({ dir }) => targets.includes(dir)).filter((head) => needsFetch(repo, head));
  const isNew = ({ dir }: ServiceHead): boolean => {
    const service = findService(repo, dir, false);
    return service === undefined || findClient(repo, service)?.variant?.['transport'] !== 'undici';
  };
  return old.some(isNew) ? 'fetch' : 'undici';
}

function needsFetch(repo: Repo, head: ServiceHead): RuntimeFact | undefined {
  const runtime = surveyRuntime(repo, head);
  return runtime?.kind === 'bun' || runsBefore(runtime, major, minor) ? runtime : undefined;
}

/** Why the client of a service uses fetch, or what to do where it uses undici all the same. */
export function transportNote(repo: Repo, service: Service, transport: Transport): string | undefined {
  const runtime = needsFetch(repo, service);
  if (runtime === undefined) return undefined;
  const { kind, path } = runtime;
  const name =
    kind === 'bun' ? 'Bun' : `Node ${[runtime.major, runtime.minor].filter(Number.isFinite).join('.')}`;
  const runs = `${service.name} runs on ${name} (${path})`;
  const why =
    kind === 'bun'
      ? 'has a fetch of its own'
      : `is older than undici 7 requires (${String(major)}.${String(minor)})`;
  return transport === 'fetch'
    ? `${runs}, which ${why}: its client uses fetch.`
    : `${runs}, which ${why}: update it, or use --transport fetch.`;
}
