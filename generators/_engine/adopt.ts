import { completeAnswers } from './answers.ts';
import { findGenerator } from './catalog.ts';
import type { Answers, Edit, Plan, RelPath, Repo, Role, ServiceHead } from './contract.ts';
import { asked } from './finalize.ts';
import { hashText } from './hash.ts';
import { type RecordedFile, type RecordedRun, readRecord, writeRecord } from './record.ts';
import { isWholeFile } from './roles.ts';
import { isSameCode } from './settle.ts';
import { packVersion } from './version.ts';

type Wanted = NonNullable<Plan['wanted']>;

/** What a generator may have been asked for, and the role of the file that it is known by. */
interface Candidate {
  readonly id: string;
  readonly role: Role;
  readonly answers: readonly Answers[];
}

// Parts of the breaker that are there are planned again without being asked for.
const clients = ['undici', 'fetch'].flatMap((transport) =>
  [[], ['retry']].map((without) => ({ transport, without })),
);
const candidates: readonly Candidate[] = [
  {
    id: 'add-auth-verify',
    role: 'verify-route',
    answers: ['redis', 'memory', 'none'].map((blacklist) => ({ blacklist })),
  },
  { id: 'add-circuit-breaker', role: 'circuit-breaker', answers: [{}] },
  { id: 'add-service-client', role: 'service-client', answers: clients },
  {
    id: 'add-auth-middleware',
    role: 'auth-middleware',
    // Which routes ask for a token is in the code: nothing is to be added.
    answers: [[], ['cache']].map((chosen) => ({ with: chosen, protect: ['none'] })),
  },
  {
    id: 'add-s2s-discovery',
    role: 'service-discovery',
    // Sources that are there are planned again as well.
    answers: ['static', 'dns', 'srv', 'consul', 'eureka'].map((source) => ({ source: [source] })),
  },
  {
    id: 'add-s2s-rate-limit',
    role: 'rate-limit',
    answers: ['redis', 'memory'].map((store) => ({ store })),
  },
  {
    id: 'add-s2s-tracing',
    role: 'tracing',
    answers: clients,
  },
  {
    id: 'add-s2s-metrics',
    role: 'metrics',
    answers: clients.flatMap((client) =>
      ['monitoring', 'none'].map((monitoring) => ({ ...client, monitoring })),
    ),
  },
];

/**
 * The record as it would be had today's templates made the generated files that are there; undefined when there is
 * nothing to add to it. What was put into the user's own files is not known any more: undo names it as still in use.
 */
export async function adoptRecord(repo: Repo, heads: readonly ServiceHead[]): Promise<Edit | undefined> {
  const record = readRecord(repo);
  const files: Record<string, RecordedFile> = { ...record.files };
  const services: Record<string, Readonly<Record<string, RecordedRun>>> = { ...record.services };
  for (const head of heads) {
    for (const candidate of candidates) {
      const found = await recognise(repo, heads, head, candidate);
      if (found === undefined || services[head.dir]?.[candidate.id] !== undefined) continue;
      services[head.dir] = {
        ...services[head.dir],
        [candidate.id]: { version: packVersion, answers: found.answers },
      };
      for (const { path, role, text } of found.wanted) {
        const there = repo.read(path);
        if (there === undefined || files[path] !== undefined || !isWholeFile(role)) continue;
        const base = isSameCode(there, text) ? there : text;
        const head = { generator: candidate.id, role, version: packVersion, sha256: hashText(there) };
        files[path] = { ...head, text: base.split('\n') };
      }
    }
  }
  return writeRecord(repo, { schema: 1, services, files });
}

/** The answers that give most of what is there; undefined when the generator has made nothing here. */
async function recognise(
  repo: Repo,
  heads: readonly ServiceHead[],
  head: ServiceHead,
  { id, role, answers }: Candidate,
): Promise<{ readonly answers: Answers; readonly wanted: Wanted } | undefined> {
  const generator = await findGenerator(id);
  let best: { readonly answers: Answers; readonly wanted: Wanted; readonly same: number } | undefined;
  for (const given of answers) {
    const complete = await completeAnswers(generator?.questions ?? {}, given, { repo, heads }, undefined);
    if (generator === undefined || 'obstacles' in complete) continue;
    const plan = await generator.plan({ ...complete, target: head.dir, targets: [head.dir] }, repo);
    if (!plan.ok) continue;
    const wanted = plan.wanted ?? [];
    const isThere = (path: RelPath): boolean => repo.read(path) !== undefined;
    if (!wanted.some((file) => file.role === role && isThere(file.path))) return undefined;
    const same = wanted.filter(({ path, text }) => isSameCode(repo.read(path) ?? '', text)).length;
    const missing = wanted.filter(({ path }) => !isThere(path)).length;
    if (best === undefined || same - missing > best.same)
      best = { answers: asked(complete), wanted, same: same - missing };
  }
  return best;
}
