import { type Document, isMap, isScalar, isSeq, type YAMLMap } from 'yaml';

import { dirnameRel, joinRel, type RelPath, toRel } from '../../model/paths.ts';
import type { Repo } from '../../model/repo.ts';
import { runCache } from '../../model/run-caches.ts';
import { parseYaml } from '../../syntax/yaml-text.ts';

/** A service of a compose file that runs a service of the repo. */
export interface ComposeService {
  readonly path: RelPath;
  /** Its key below `services`: the name under which the others reach it. */
  readonly name: string;
  /** Ports that it listens on inside, as far as the file tells. */
  readonly ports: readonly number[];
  readonly listsEnvironment: boolean;
  /** It reads files of variables: what its environment lists hides what they say. */
  readonly readsFile: boolean;
}

const redisImage = /(?:^|\/)(?:redis|valkey|keydb|redis-stack(?:-server)?)(?::|$)/;

/** The services of a compose file that run what is in the folder `dir`; [] for a text that is no compose file. */
export function composeServicesOf(text: string, path: RelPath, dir: RelPath): readonly ComposeService[] {
  const services = documentOf(text).get('services');
  if (!isMap(services)) return [];
  return services.items.flatMap(({ key, value }) => {
    const name = isScalar(key) ? String(key.value) : '';
    if (!isHost(name) || !isMap(value) || !runs(value, path, dir)) return [];
    const [listsEnvironment, readsFile] = [value.has('environment'), value.has('env_file')];
    return [{ path, name, ports: portsOf(value), listsEnvironment, readsFile }];
  });
}

/** Where a Redis of a compose file is for the others; undefined without one, or where it asks for a password. */
export function composeRedisOf(text: string): string | undefined {
  const services = documentOf(text).get('services');
  if (!isMap(services) || /requirepass|REDIS_PASSWORD/.test(text)) return undefined;
  const found = services.items.find(
    ({ value }) => isMap(value) && redisImage.test(textOf(value.get('image')) ?? ''),
  );
  const host = isScalar(found?.key) ? String(found.key.value) : '';
  return isHost(host) ? `redis://${host}:6379` : undefined;
}

/** Names that Compose gives to a container, and that a URL takes as a host: nothing of it has to be escaped. */
function isHost(name: string): boolean {
  return /^[\w][\w.-]{0,62}$/.test(name);
}

/** The text that was parsed last: it is asked about for every service and variable. */
const documents = runCache<string, Document>();

function documentOf(text: string): Document {
  const known = documents.get(text);
  if (known !== undefined) return known;
  const document = parseYaml(text);
  documents.clear();
  documents.set(text, document);
  return document;
}

/** It is built of the folder, or has it as its working directory. */
function runs(service: YAMLMap, path: RelPath, dir: RelPath): boolean {
  const build = service.get('build');
  const from = dirnameRel(path);
  if (typeof build === 'string') return within(from, build) === dir;
  if (isMap(build)) {
    const context = within(from, textOf(build.get('context')) ?? '.');
    const dockerfile = textOf(build.get('dockerfile'));
    const folder = dockerfile === undefined ? context : within(context ?? '', dockerfile, '..');
    return context !== undefined && (context === dir || folder === dir);
  }
  const mounted = listOf(service.get('volumes')).map((volume) => volume.split(':', 2));
  return mounted.some(
    ([host = '', inside]) => within(from, host) === dir && inside === service.get('working_dir'),
  );
}

/** Undefined for what leads out of the root, or nowhere that can be known. */
function within(...parts: readonly string[]): RelPath | undefined {
  if (parts.some((part) => /^[/~]|\$|:\/\//.test(part))) return undefined;
  try {
    return joinRel(...parts);
  } catch {
    return undefined;
  }
}

/** What its variable PORT says comes first. */
function portsOf(service: YAMLMap): readonly number[] {
  const environment = service.get('environment');
  const given = isMap(environment)
    ? [textOf(environment.get('PORT')) ?? '']
    : listOf(environment).flatMap((one) => (one.startsWith('PORT=') ? one.slice('PORT='.length) : []));
  const listed = [...given, ...listOf(service.get('ports')), ...listOf(service.get('expose'))];
  return listed
    .map((port) => Number(/(\d{1,5})(?:\/tcp)?$/.exec(port.slice(-20))?.[1]))
    .filter((port) => port > 0);
}

function listOf(node: unknown): readonly string[] {
  return isSeq(node) ? node.items.map((item) => textOf(item) ?? '') : [];
}

function textOf(node: unknown): string | undefined {
  const value = isScalar(node) ? node.value : node;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** Compose files at the root, in a folder `docker` or `deploy` there, and in these folders. */
export function findComposeFiles(repo: Repo, dirs: readonly RelPath[]): readonly RelPath[] {
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
