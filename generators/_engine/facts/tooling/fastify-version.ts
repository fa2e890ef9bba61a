import { dirnameRel, joinRel, type RelPath } from '../../model/paths.ts';
import type { Repo } from '../../model/repo.ts';
import type { ServiceHead } from '../../model/service.ts';
import { readManifest } from '../../repo/manifest.ts';

const newest = 5;

/** The major version of Fastify: by the range in package.json, else by what is installed, else the newest known. */
export function fastifyMajorOf(repo: Repo, head: ServiceHead): number {
  const range = head.manifest.dependencies['fastify'] ?? '';
  const majors = new Set(
    [...range.matchAll(/(?:^|[\s^~>=|v:@])(\d+)(?:\.|$|\s)/g)].map((match) => Number(match[1])),
  );
  const [only, other] = majors;
  if (only !== undefined && other === undefined && !/[<>]/.test(range)) return only;
  return installedMajor(repo, head.dir) ?? (majors.size > 0 ? Math.max(...majors) : newest);
}

function installedMajor(repo: Repo, dir: RelPath): number | undefined {
  const version = readManifest(repo, joinRel(dir, 'node_modules/fastify/package.json'))?.json['version'];
  if (typeof version === 'string') return Number.parseInt(version, 10);
  return dir === '' ? undefined : installedMajor(repo, dirnameRel(dir));
}
