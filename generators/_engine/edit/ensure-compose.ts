import {
  type Document,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';

import { attempt } from '../model/obstacle.ts';
import { basenameRel, dirnameRel, joinRel, type RelPath } from '../model/paths.ts';
import { runCache } from '../model/run-caches.ts';
import { applyChanges, insertion, type TextChange } from '../model/text-change.ts';
import { parseYaml } from '../syntax/yaml-text.ts';
import { eolAt, lineEnd } from './text-lines.ts';

/** A service of a compose file that runs a service of the repo. */
export interface ComposeService {
  readonly path: RelPath;
  /** Its key below `services`: the name under which the others reach it. */
  readonly name: string;
  /** Ports that it listens on inside, as far as the file has them, and the one at which the host reaches it. */
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

/** Container names of Compose that are a host in a URL without escapes. */
function isHost(name: string): boolean {
  return /^[\w][\w.-]{0,62}$/.test(name);
}

/** The document parsed last: every service and variable reads it. */
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
  // Files used together may join networks that neither of them shows.
  const isApart = from.path === to.path && !from.networks.some((one) => to.networks?.includes(one));
  return isApart || port === undefined ? undefined : `${scheme}://${to.name}:${String(port)}`;
}

/** Undefined for what leads out of the root, or nowhere that can be known. */
function within(...parts: readonly string[]): RelPath | undefined {
  if (parts.some((part) => /^[/~]|\$|:\/\//.test(part))) return undefined;
  return attempt(() => joinRel(...parts));
}

/** The value of its variable PORT comes first. */
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

/** A variable of a container; without a value it is that of the shell or of `.env`, where it is set at all. */
export interface ComposeVariable {
  readonly name: string;
  readonly value: string | undefined;
}

/**
 * Adds variables to the `environment` of a service, last and written as its siblings are. [] when they are there;
 * undefined where the environment is not written out line by line.
 */
export function ensureCompose(
  base: string,
  service: string,
  variables: readonly ComposeVariable[],
): readonly TextChange[] | undefined {
  const place = ['services', service, 'environment'];
  const environment = parseYaml(base).getIn(place);
  if (!(isMap(environment) || isSeq(environment))) return undefined;
  const changes = isMap(environment)
    ? intoMap(base, environment, variables)
    : intoList(base, environment, variables);
  if (changes?.length === 0) return [];
  if (changes === undefined || environment.flow === true) return undefined;
  return isAsBefore(base, applyChanges(base, changes), place) ? changes : undefined;
}

/** YAML has many ways to write a thing: nothing may read differently but that the environment has more. */
function isAsBefore(base: string, next: string, place: readonly string[]): boolean {
  const [before, after] = [parseYaml(base), parseYaml(next)];
  const [old, now] = [before.getIn(place), after.getIn(place)];
  if (!isCollection(old) || !isCollection(now) || after.errors.length > 0) return false;
  now.items.splice(old.items.length);
  return before.toString() === after.toString();
}

function intoMap(
  base: string,
  { items }: YAMLMap,
  variables: readonly ComposeVariable[],
): readonly TextChange[] | undefined {
  const keys = items.map(({ key }) => key).filter((key) => isScalar(key));
  const values = items.map(({ value }) => value).filter((value) => isScalar(value));
  const last = items.at(-1);
  const key = keys.at(-1);
  if (key?.range == null || last?.key !== key) return undefined;
  const quote = quoteOf(values);
  const lines = missing(keys, variables).map(({ name, value }) =>
    value === undefined ? `${name}:` : `${name}: ${quote}${value}${quote}`,
  );
  const end = isScalar(last.value) ? (last.value.range?.[1] ?? key.range[1]) : key.range[1];
  return below(base, key.range[0], end, lines);
}

function intoList(
  base: string,
  { items }: YAMLSeq,
  variables: readonly ComposeVariable[],
): readonly TextChange[] | undefined {
  const scalars = items.filter((item) => isScalar(item));
  const last = scalars.at(-1);
  if (last?.range == null || last !== items.at(-1)) return undefined;
  const dash = base.lastIndexOf('-', last.range[0] - 1);
  const bullet = base.slice(dash, last.range[0]);
  if (!/^- +$/.test(bullet)) return undefined;
  const quote = quoteOf(scalars);
  const lines = missing(scalars, variables).map(({ name, value }) => {
    const text = value === undefined ? name : `${name}=${value}`;
    return bullet + quote + text + quote;
  });
  return below(base, dash, last.range[1], lines);
}

/** New lines below the one that ends at `end`, indented as the text at `start`. */
function below(
  base: string,
  start: number,
  end: number,
  lines: readonly string[],
): readonly TextChange[] | undefined {
  if (lines.length === 0) return [];
  // A block of text ends with its line break.
  const at = lineEnd(base, base.slice(0, end).trimEnd().length);
  const eol = eolAt(base, at, '\n');
  const indent = base.slice(base.lastIndexOf('\n', start - 1) + 1, start);
  if (indent.trim() !== '') return undefined;
  return [insertion(at, lines.map((line) => eol + indent + line).join(''))];
}

function missing(
  siblings: readonly Scalar[],
  wanted: readonly ComposeVariable[],
): readonly ComposeVariable[] {
  const names = siblings.map(({ value }) => String(value).split('=', 1)[0]);
  return wanted.filter(({ name }) => !names.includes(name));
}

/** The quotes that all the siblings have. */
function quoteOf(siblings: readonly Scalar[]): string {
  const isAll = (type: string): boolean => siblings.length > 0 && siblings.every((one) => one.type === type);
  if (isAll('QUOTE_DOUBLE')) return '"';
  return isAll('QUOTE_SINGLE') ? "'" : '';
}
