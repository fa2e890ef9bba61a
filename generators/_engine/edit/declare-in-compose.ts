import { basenameRel, joinRel, type RelPath, toRel } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import type { ServiceHead } from '../model/service.ts';
import type { Draft } from '../repo/draft.ts';
import type { ComposeService, ComposeVariable } from './ensure-compose.ts';

/** A service that others reach by a variable, and the port on which its code listens. */
export interface Destination {
  readonly head: Pick<ServiceHead, 'dir' | 'name'>;
  readonly port: number | undefined;
}

/** A variable of a service; `to`: it holds the address of another one. */
export interface ContainerVariable {
  readonly name: string;
  readonly to?: Destination | undefined;
}

/**
 * Gives variables to the container of a service where a compose file lists its environment. What the file does not tell
 * the address of is passed through, set where the shell or `.env` sets it; not past a file that may hold it.
 */
export async function declareInCompose(
  draft: Draft,
  head: Pick<ServiceHead, 'dir' | 'name'>,
  wants: readonly ContainerVariable[],
): Promise<void> {
  const dirs = [head, ...wants.flatMap(({ to }) => to?.head ?? [])].map(({ dir }) => dir);
  const files = findComposeFiles(draft.repo, dirs);
  if (files.length === 0) return;
  // Most repos have no such file, and a parser takes time to load.
  const { composeRedisOf, composeServicesOf, ensureCompose } = await import('./ensure-compose.ts');
  const runningIn = (path: RelPath, one: Pick<ServiceHead, 'dir' | 'name'>): ComposeService | undefined =>
    pick(composeServicesOf(draft.repo.read(path) ?? '', path, one.dir), one);
  const valueOf = (path: RelPath, { name, to }: ContainerVariable): string | undefined => {
    const near = [path, ...files];
    if (name === 'REDIS_URL') return composeRedisOf(draft.repo.read(path) ?? '');
    const there = to && near.map((file) => runningIn(file, to.head)).find((one) => one !== undefined);
    const port = there?.ports.find((one) => one === to?.port) ?? there?.ports[0] ?? to?.port;
    return there === undefined || port === undefined ? undefined : `http://${there.name}:${String(port)}`;
  };

  for (const path of files) {
    const container = runningIn(path, head);
    if (container?.listsEnvironment !== true) continue;
    const variables = wants
      .map((want): ComposeVariable => ({ name: want.name, value: valueOf(path, want) }))
      .filter(({ value }) => value !== undefined || !container.readsFile);
    if (variables.length === 0) continue;
    draft.patch(path, 'compose', (base) => {
      const changes = ensureCompose(base, container.name, variables);
      if (changes === undefined) draft.note(byHand(path, container.name, variables));
      return changes ?? [];
    });
  }
}

/** Compose files at the root, in a folder `docker` or `deploy` there, and in these folders. */
function findComposeFiles(repo: Repo, dirs: readonly RelPath[]): readonly RelPath[] {
  const usual = ['', 'docker', 'deploy'].map(toRel);
  return [...new Set([...usual, ...dirs])].flatMap((dir) =>
    repo
      .list(dir)
      .filter(
        ({ kind, name }) => kind === 'file' && /^(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml$/.test(name),
      )
      .map(({ name }) => joinRel(dir, name)),
  );
}

/** The only one, else the one that is called as the service is: jobs and tools are often made of the same image. */
function pick(
  found: readonly ComposeService[],
  { dir, name }: Pick<ServiceHead, 'dir' | 'name'>,
): ComposeService | undefined {
  const named = found.filter(
    (one) => one.name === basenameRel(dir) || one.name === name.replace(/^@.*\//, ''),
  );
  const [only, other] = named.length > 0 ? named : found;
  return other === undefined ? only : undefined;
}

function byHand(path: RelPath, service: string, variables: readonly ComposeVariable[]): string {
  const list = variables.map(({ name, value }) => (value === undefined ? name : `${name}=${value}`));
  return `${path} does not list the environment of ${service} line by line: add ${list.join(' and ')} by hand.`;
}
