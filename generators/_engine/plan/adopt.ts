import { completeAnswers, ownAnswers } from '../generator/answers.ts';
import { findGenerator, listGenerators } from '../generator/registry.ts';
import type { Edit } from '../model/plan.ts';
import type { Adoption, Answers, Generator, Site } from '../model/generator.ts';
import { ignoreRefusal } from '../model/obstacle.ts';
import { type RelPath, toRel } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import type { ServiceHead } from '../model/service.ts';
import { chooseShared } from './choose-shared.ts';
import { hashCode, isSameCode } from '../record/hash.ts';
import { editTowards, overlay } from '../repo/draft.ts';
import { homeOf, readRecord, writeRecord } from '../record/record.ts';
import { findRecords } from '../repo/record-text.ts';
import { surveyHeads } from '../repo/services.ts';
import type { GeneratedFile, S2sRecord } from '../record/s2s-record.ts';
import { isWholeFile } from '../model/roles.ts';
import type { Wanted } from './render-run.ts';
import { packVersion } from '../record/version.ts';

/** A generator that recognises what it has made. */
interface Candidate extends Adoption {
  readonly id: string;
  readonly generator: Generator;
}

/** What a run with these answers would have made. */
interface Recognised {
  readonly answers: Answers;
  readonly wanted: Wanted;
}

/**
 * The record as it would be had today's templates made the generated files that are there; undefined when there is
 * nothing to add to it. What was put into the user's own files is not known any more: undo names it as still in use.
 */
export async function adoptRecord(repo: Repo, heads: readonly ServiceHead[]): Promise<readonly Edit[]> {
  let known = repo;
  for (const candidate of await findCandidates()) {
    for (const head of heads) {
      const record = readRecord(known);
      if (record.services[head.dir]?.[candidate.id] !== undefined) continue;
      const found = await recognise(known, heads, head, candidate);
      if (found === undefined) continue;
      // What is recognised next may build on it.
      known = overlay(known, writeRecord(known, withRun(record, known, head.dir, candidate.id, found)));
    }
  }
  return findRecords(known).flatMap(({ path, text }) => editTowards(repo, path, 'record', text) ?? []);
}

/** In an order in which each finds what it builds on. */
async function findCandidates(): Promise<readonly Candidate[]> {
  const found = new Map<string, Candidate>();
  const add = async (id: string): Promise<void> => {
    const generator = found.has(id) ? undefined : await findGenerator(id);
    const adoption = await generator?.adoption?.();
    if (generator === undefined || adoption === undefined) return;
    for (const earlier of adoption.after) await add(earlier);
    found.set(id, { ...adoption, id, generator });
  };
  for (const id of listGenerators()) await add(id);
  return [...found.values()];
}

function withRun(
  { files, services }: S2sRecord,
  repo: Repo,
  dir: RelPath,
  id: string,
  { answers, wanted }: Recognised,
): S2sRecord {
  const own = typeof answers['shared'] === 'string' ? [toRel(answers['shared'])] : [];
  const dirs = [...surveyHeads(repo).map((head) => head.dir), ...own];
  const added = wanted.flatMap(({ path, role, text }): readonly [string, GeneratedFile][] => {
    if (repo.read(path) === undefined || files[path] !== undefined || !isWholeFile(role)) return [];
    const home = homeOf(dirs, path) ?? dir;
    const hash = hashCode(path, text);
    return [[path, { kind: 'generated', role, home, generator: id, version: packVersion, also: [], hash }]];
  });
  const runs = { ...services[dir], [id]: { version: packVersion, answers } };
  return {
    services: { ...services, [dir]: runs },
    files: { ...files, ...Object.fromEntries(added) },
  };
}

/** The answers that give most of what is there; undefined when the generator has made nothing here. */
async function recognise(
  repo: Repo,
  heads: readonly ServiceHead[],
  head: ServiceHead,
  candidate: Candidate,
): Promise<Recognised | undefined> {
  const isThere = ({ path }: Wanted[number]): boolean => repo.read(path) !== undefined;
  const attempt = (given: Answers): Promise<Recognised | undefined> =>
    planAgain({ repo, heads }, head.dir, candidate.generator, given).catch(ignoreRefusal);

  let best: (Recognised & { readonly score: number }) | undefined;
  for (const given of candidate.answers(repo, head.dir)) {
    const first = await attempt(given);
    if (first === undefined) continue;
    const known = first.wanted.filter((file) => file.role === candidate.role && isThere(file));
    if (known.length === 0) return undefined;
    const code = known.map(({ path }) => repo.read(path)).join('\n');
    const told = answersIn(code, candidate.read ?? {});
    // Nobody can have asked for what an edit since has made of it.
    for (const one of [await attempt({ ...given, ...told }), first]) {
      if (one === undefined) continue;
      const same = one.wanted.filter(({ path, text }) =>
        isSameCode(path, repo.read(path) ?? '', text),
      ).length;
      const score = same - one.wanted.filter((file) => !isThere(file)).length;
      if (best === undefined || score > best.score) best = { ...one, score };
    }
  }
  return best;
}

/** @throws RefusalError when the generator refuses */
async function planAgain(
  site: Site,
  dir: RelPath,
  generator: Generator,
  given: Answers,
): Promise<Recognised> {
  const answers = await completeAnswers(generator.questions, given, site, undefined);
  const head = site.heads.find((one) => one.dir === dir);
  const shared = head && chooseShared(site.repo, head, undefined);
  const run = { ...answers, shared: shared ?? 'none', target: dir, targets: [dir] };
  const plan = await generator.plan(run, site.repo);
  const own = ownAnswers(generator.questions, answers);
  const isUsed = plan.wanted?.some(({ path }) => shared !== undefined && path.startsWith(`${shared}/`));
  return {
    answers: isUsed === true && shared !== undefined ? { ...own, shared } : own,
    wanted: plan.wanted ?? [],
  };
}

/** What the code answers to these questions. */
function answersIn(code: string, read: Readonly<Record<string, RegExp>>): Answers {
  const found = Object.entries(read).map(([question, at]) => [question, at.exec(code)?.[1]] as const);
  return Object.fromEntries(found.filter(([, answer]) => answer !== undefined));
}
