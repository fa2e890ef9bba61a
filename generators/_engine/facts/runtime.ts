import { dirnameRel, joinRel, type RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import type { ServiceHead } from '../model/service.ts';
import { isRecord, manifestsAbove } from '../repo/manifest.ts';
import { surveyTooling } from './tooling.ts';

/** The runtime of a service and the file that declares it. */
export interface RuntimeFact {
  readonly kind: 'node' | 'bun';
  /** Of Node: the oldest that it may run on. `minor` absent: any, so the newest. */
  readonly major?: number;
  readonly minor?: number;
  readonly path: RelPath;
}

type Version = Pick<RuntimeFact, 'major' | 'minor'>;

const releases: Readonly<Record<string, number>> = { hydrogen: 18, iron: 20, jod: 22, krypton: 24 };

/**
 * The oldest runtime that the service's Dockerfile or a version file names; without them, the oldest that `engines`
 * allows. Undefined when nothing declares it.
 */
export function surveyRuntime(repo: Repo, head: ServiceHead): RuntimeFact | undefined {
  const images = dockerfilesOf(repo, head).flatMap((path) => imageIn(repo.read(path) ?? '', path));
  const bun = images.find(({ kind }) => kind === 'bun') ?? bunScripts(repo, head);
  if (bun !== undefined) return bun;
  const pinned = [...images, ...versionFile(repo, head.dir)];
  const [oldest] = pinned.sort(byVersion);
  return oldest ?? declaredEngine(repo, head);
}

/** Whether a service may run on a Node before `major.minor`. */
export function runsBefore(runtime: RuntimeFact | undefined, major: number, minor: number): boolean {
  if (runtime?.kind !== 'node' || runtime.major === undefined) return false;
  return runtime.major < major || (runtime.major === major && (runtime.minor ?? Infinity) < minor);
}

function byVersion(a: Version, b: Version): number {
  return (a.major ?? 0) - (b.major ?? 0) || (a.minor ?? Infinity) - (b.minor ?? Infinity) || 0;
}

const dockerfile = /^Dockerfile(?:\.[\w-]+)?$|\.Dockerfile$/i;

/** In its own folder, and those at the root that copy it. */
function dockerfilesOf(repo: Repo, { dir }: ServiceHead): readonly RelPath[] {
  const inFolder = (folder: string): readonly RelPath[] =>
    repo
      .list(joinRel(folder))
      .filter(({ kind, name }) => kind === 'file' && dockerfile.test(name))
      .map(({ name }) => joinRel(folder, name));
  const names = (path: RelPath): boolean => repo.read(path)?.includes(dir) === true;
  return dir === '' ? inFolder('') : [...inFolder(dir), ...inFolder('').filter(names)];
}

/** That of the last stage, which is what runs. */
function imageIn(text: string, path: RelPath): readonly RuntimeFact[] {
  const initial = new Map(
    [...text.matchAll(/^[ \t]*ARG[ \t]+(\w+)=["']?([\w.-]+)/gim)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  );
  const images = [
    ...text.matchAll(/^[ \t]*FROM[ \t]+(?:--\S+[ \t]+)*(?:[\w.:-]+\/)*(node|bun):([^\s@]+)/gim),
  ];
  const [, image = '', tag = ''] = images.at(-1) ?? [];
  if (image === 'bun') return [{ kind: 'bun', path }];
  const version = versionIn(tag.replace(/^\$\{?(\w+).*$/, (_, name: string) => initial.get(name) ?? ''));
  return version === undefined ? [] : [{ kind: 'node', ...version, path }];
}

/** `18`, `v20.9.0`, `18.20-alpine`, `lts/iron`, `iron-slim`; undefined for `lts/*` and the like: the newest. */
function versionIn(text: string): Version | undefined {
  const [, major, minor] = /^v?(\d{1,3})(?:\.(\d+))?/.exec(text.trim()) ?? [];
  if (major !== undefined)
    return { major: Number(major), ...(minor !== undefined && { minor: Number(minor) }) };
  const named = releases[/^(?:lts\/)?([a-z]+)/.exec(text.trim())?.[1] ?? ''];
  return named === undefined ? undefined : { major: named };
}

/** `.nvmrc`, `.node-version`, or the line `nodejs 20.11.0` of `.tool-versions`: the nearest one. */
function versionFile(repo: Repo, dir: RelPath): readonly RuntimeFact[] {
  for (const name of ['.nvmrc', '.node-version', '.tool-versions']) {
    const path = joinRel(dir, name);
    const text = repo.read(path);
    const own = name === '.tool-versions' ? /^nodejs\s+(\S+)/m.exec(text ?? '')?.[1] : text;
    const version = own === undefined ? undefined : versionIn(own);
    if (version !== undefined) return [{ kind: 'node', ...version, path }];
  }
  return dir === '' ? [] : versionFile(repo, dirnameRel(dir));
}

/** The least of `>=18`, `^18.12 || ^20.9`, `20.x`. A minor of 0 is no more than the major alone: nobody pins it. */
function declaredEngine(repo: Repo, { dir }: ServiceHead): RuntimeFact | undefined {
  for (const { json, path } of manifestsAbove(repo, dir)) {
    const node = isRecord(json['engines']) ? json['engines']['node'] : undefined;
    if (typeof node !== 'string') continue;
    const least = node.split('||').flatMap((part) => {
      const [, major, minor] = /^[\s^~=v>]*(\d{1,3})(?:\.(\d+))?/.exec(part) ?? [];
      if (major === undefined || /^\s*>\s*\d/.test(part)) return [];
      return [{ major: Number(major), ...(Number(minor) > 0 && { minor: Number(minor) }) }];
    });
    const [oldest] = least.sort(byVersion);
    return oldest === undefined ? undefined : { kind: 'node', ...oldest, path };
  }
  return undefined;
}

/** `bun src/index.ts`, `bun run --hot src/index.ts`; its lock file where no script names another runtime. */
function bunScripts(repo: Repo, head: ServiceHead): RuntimeFact | undefined {
  const { path, scripts } = head.manifest;
  const starts = Object.entries(scripts).flatMap(([name, script]) =>
    /^(?:start|dev|serve)(?::|$)/.test(name) ? [script] : [],
  );
  const byBun = starts.some((script) =>
    /(?:^|&&|\s)bun\s+(?:run\s+)?(?:--\S+\s+)*\S*\.[cm]?[jt]s\b/.test(script),
  );
  const byOthers = starts.some((script) => /\b(?:node|nodemon|tsx|ts-node|fastify|deno)\b/.test(script));
  const isBunProject = !byOthers && surveyTooling(repo, head).packageManager === 'bun';
  return byBun || isBunProject ? { kind: 'bun', path } : undefined;
}
