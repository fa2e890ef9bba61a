import { type Document, isMap, isScalar, isSeq, type YAMLMap } from 'yaml';

import { basenameRel, dirnameRel, joinRel, type RelPath } from '../../model/paths.ts';
import type { Repo } from '../../model/repo.ts';
import { runCache } from '../../model/run-caches.ts';
import { findFilesNamed } from '../../repo/source-files.ts';
import { parseYaml } from '../../syntax/yaml-text.ts';

/** A service of a compose file that runs a service of the repo. */
export interface ComposeService {
  readonly path: RelPath;
  /** Its key below `services`: the name under which the others reach it. */
  readonly name: string;
  /** Ports that it listens on inside, as far as the file tells, and the one at which the host reaches it. */
  readonly ports: readonly number[];
  readonly published: number | undefined;
  /** Networks that it is in; undefined: that of the host. */
  readonly networks: readonly string[] | undefined;
  readonly listsEnvironment: boolean;
  /** It reads files of variables: what its environment lists hides what they say. */
  readonly readsFile: boolean;
}

const redisImage = /(?:^|\/)(?:redis|valkey|keydb|redis-stack(?:-server)?)(?::|$)/;

/**
 * The services of a compose file that run what is in the folder `dir`, or an image that is called as it is or as `name`; []
 * for a text that is no compose file.
 */
export function composeServicesOf(
  text: string,
  path: RelPath,
  dir: RelPath,
  name = '',
): readonly ComposeService[] {
  const images = new Set([basenameRel(dir), name.replace(/^@.*\//, '')].filter((one) => one !== ''));
  // A repo of hundreds of services has as many of these files, and parsing them takes long.
  const isNamed = path.startsWith(`${dir}/`) || [...images].some((one) => text.includes(one));
  if (dir !== '' && !isNamed) return [];
  const services = documentOf(text).get('services');
  if (!isMap(services)) return [];
  return services.items.flatMap(({ key, value }) => {
    const host = isScalar(key) ? String(key.value) : '';
    if (!isHost(host) || !isMap(value) || !(runs(value, path, dir) || isImage(value, images))) return [];
    const [listsEnvironment, readsFile] = [value.has('environment'), value.has('env_file')];
    const reached = { ports: portsOf(value), published: publishedPort(value), networks: networksOf(value) };
    return [{ path, name: host, ...reached, listsEnvironment, readsFile }];
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

/** Built elsewhere: `ghcr.io/acme/users:1.2`. */
function isImage(service: YAMLMap, names: ReadonlySet<string>): boolean {
  const image = service.has('build') ? undefined : textOf(service.get('image'));
  const last = image
    ?.split('/')
    .at(-1)
    ?.replace(/[:@].*$/, '');
  return last !== undefined && names.has(last);
}

function networksOf(service: YAMLMap): readonly string[] | undefined {
  if (textOf(service.get('network_mode')) === 'host') return undefined;
  const networks = service.get('networks');
  if (isMap(networks)) return networks.items.map(({ key }) => textOf(key) ?? '');
  return isSeq(networks) ? listOf(networks) : ['default'];
}

/** `8080` of `8080:3000` and of `127.0.0.1:8080:3000`. */
function publishedPort(service: YAMLMap): number | undefined {
  const [first = ''] = listOf(service.get('ports'));
  const port = Number(/(\d{1,5}):\d{1,5}(?:\/tcp)?$/.exec(first.slice(-30))?.[1]);
  return port > 0 ? port : undefined;
}

/** The URL at which one service of compose files reaches another; undefined where they share no network. */
export function composeUrl(
  from: ComposeService,
  to: ComposeService,
  { port, scheme }: Readonly<{ port: number | undefined; scheme: string }>,
): string | undefined {
  if (to.networks === undefined) return undefined;
  if (from.networks === undefined)
    return to.published === undefined ? undefined : `${scheme}://localhost:${String(to.published)}`;
  // Files that are used together name their networks in ways that one of them does not tell.
  const isApart = from.path === to.path && !from.networks.some((one) => to.networks?.includes(one));
  return isApart || port === undefined ? undefined : `${scheme}://${to.name}:${String(port)}`;
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

const composeFiles = new WeakMap<Repo, readonly RelPath[]>();

/** The compose files of a repo, those nearest to its root first; no plan makes one. */
export function findComposeFiles({ origin }: Repo): readonly RelPath[] {
  const found =
    composeFiles.get(origin) ?? findFilesNamed(origin, /^(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml$/);
  composeFiles.set(origin, found);
  return found;
}
