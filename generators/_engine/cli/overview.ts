import { assertUninterrupted } from '../apply/recover.ts';
import { findAuthService } from '../facts/auth/auth-service.ts';
import { findSigns } from '../facts/auth/jwt-signs.ts';
import { obstaclesOf } from '../model/obstacle.ts';
import type { Repo } from '../model/repo.ts';
import type { ServiceHead } from '../model/service.ts';
import { openSurvey } from '../program/survey.ts';
import { readRecord } from '../record/record.ts';
import type { S2sRecord } from '../record/s2s-record.ts';
import { openRepo } from '../repo/repo.ts';
import { findRoot } from '../repo/disk.ts';
import { surveyHeads } from '../repo/services.ts';
import { printable } from './terminal.ts';

/** The services found in `cwd`, or in the repository around the working directory, one line each. */
export function surveyOverview(workingDirectory: string, cwd: string | undefined): readonly string[] {
  try {
    const root = findRoot(workingDirectory, cwd);
    assertUninterrupted(root);
    return servicesBelow(root).map(printable);
  } catch (error) {
    return obstaclesOf(error).map(({ message, remedy }) => printable(`${message} ${remedy}`));
  }
}

function servicesBelow(root: string): readonly string[] {
  const repo = openRepo(root);
  const heads = surveyHeads(repo);
  if (heads.length === 0) return [`No Fastify service found below ${root}.`];
  const auth = findAuthService(repo, heads);
  const record = readRecord(repo);
  const width = Math.max(...heads.map(({ name }) => name.length));
  return [
    `Fastify services below ${root}:`,
    ...heads.flatMap((head) => {
      const isAuth = auth?.dir === head.dir;
      const facts = [...(isAuth ? [issuing(repo, head)] : []), ...installed(record, head)];
      return [`  ${head.name.padEnd(width)}  ${head.dir || '.'}`, ...facts.map((fact) => `    ${fact}`)];
    }),
  ];
}

/** `signs JWTs in services/auth/src/jwt.ts:12` */
function issuing(repo: Repo, head: ServiceHead): string {
  const [first] = findSigns(openSurvey(repo, head));
  return first === undefined
    ? 'has the login route, so it issues tokens'
    : `signs JWTs in ${first.path}:${String(first.line)}`;
}

function installed({ services }: S2sRecord, { dir }: ServiceHead): readonly string[] {
  const runs = Object.keys(services[dir] ?? {});
  return runs.length === 0 ? [] : [`has ${runs.join(', ')}`];
}
