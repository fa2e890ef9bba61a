/**
 * Counts the answers that `add-service-call` gives a type to, over the routes of public repositories:
 * `npm run corpus:typed -- <folder>`, where <folder>/<owner>/<name> is each repository of the list at its commit with
 * its dependencies installed, and Prisma's client generated where it has one. None of their code is run. Prints every
 * route without a type, and writes the table of docs/typed-calls.md.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { format } from 'prettier';

import { callableRoutes } from '../generators/add-service-call/callee.ts';
import { surveyService } from '../generators/_engine/facts/app/service.ts';
import { readRouteTypes } from '../generators/_engine/facts/route-types/route-reader.ts';
import { hasUnknown } from '../generators/_engine/facts/route-types/shape.ts';
import { attempt } from '../generators/_engine/model/obstacle.ts';
import { openSurvey } from '../generators/_engine/program/survey.ts';
import { openRepo } from '../generators/_engine/repo/repo.ts';
import { surveyHeads } from '../generators/_engine/repo/services.ts';
import { projectRoot } from '../test/helpers/project-root.ts';
import { share, table } from './corpus/tables.ts';

const repositories: readonly string[] = [
  '4rya-git/fastify-auth-service@74811ac13d73f84d461c284359dc27137b523f50',
  'DocksDocks/fastify-oauth-api@f97dac70e435752588264ad02772bfb55920e14c',
  'MarcosJBM/daily-diet-api@d473f7758c39087eee17e569776484e40989b091',
  'OurUncomplicatedTemplates/fastify-prisma-redis-swagger-jwt-template@b1aab04022bffcb76acbb22cc2f737ddd76a5846',
  'Paula85Garcia/supermarket@46a5dda071540caf4467df810ae8f3f390f95a43',
  'SamucaDev/POC-fastify-prisma-jwt@bc43d6253b4735d5c5dc2eff3603a5fde739a41d',
  'StreamSeb/fastify-auth-starter@2418640546c97ed9ef204caeb2c9e5a5c2687e16',
  'chrismlittle123/fastify-api@7d7e9b99bab9650565e8d4610c6146ea7062b050',
  'csokun/fastify-typescript-boilerplate@bc2f0e21b943c3acd2a6c424ed0fd8f2d8e4f5ae',
  'danielm/fastify-prisma-swagger-rest-boilerplate@f4e1cedcb6653fc9cbfcac05fbe50f30df1eaae0',
  'fastify/demo@1f50cc1dc6c22c27da937eb96a0ce048ebab23a9',
  'gablsl/fastify-jwt-api@d7fe7be78994b366a19761904ddf0e7a35b7bf8f',
  'hmake98/fastify-typescript@3e195bf8ed9b5c43999f19bd3785b51c17f69783',
  'izaiasmorais/fastify-clean-architecture@7f75c8ef5bc57f3ed47f357e182850427311b5ab',
  'josedasilva123/lu-task-manager@b13352554623ca7053167b05fa20bf2a15d0ea11',
  'kaboobear/fastify-microservices@91e23f0fb19a5f634502ae016ea4086211f12d48',
  'keiworks/fastify-auth-jwt@5ff4be2f0b6b0f101e924c9d648b5484a4972c6f',
  'marcoturi/fastify-boilerplate@0bcca6669ec36acde54a7b714d20a766d4758891',
  'obeim/fastify-auth-template@1a4de0a1c17a850989cd48f4742e90a1859af850',
  'ovinidev/GymPassApp@ab00485fe6fd9f79e18f4b9343b487bb6f5354f0',
  'sek-consulting/fastify-jwt-starter@0318ca0cc159fb2e63125793d340314206b44a04',
  'sgrabowski/fastify-jwt-auth-service@02dcba3d88a67a0e5b3ec191d24f167b37128640',
  'velvettouch1004/typescript-fastify-auth@46bebce052920c7075a9402109316e2b65bf0f3b',
  'washington-shoji/fastify-api-server-template@4f879ca7fa1af9a7232e005802d7156763bfcaba',
  'yonathan06/fastify-typescript-starter@242d18e7dd4fed6cb4a672089eac37e265de0751',
];

interface Counted {
  readonly services: number;
  /** Text, bytes and streams, for which no client has a method by itself. */
  readonly text: number;
  readonly json: number;
  /** Of these: those whose type is other than `unknown`, and those with no `unknown` inside. */
  readonly typed: number;
  readonly whole: number;
}

function count(root: string): Counted {
  const repo = openRepo(root);
  let sum: Counted = { services: 0, text: 0, json: 0, typed: 0, whole: 0 };
  for (const head of surveyHeads(repo)) {
    const service = attempt(() => surveyService(repo, head, false));
    const routes = service === undefined ? [] : callableRoutes(service);
    if (routes.length === 0) continue;
    const { missing, routes: read, types } = readRouteTypes(openSurvey(repo, head), routes);
    if (missing.length > 0) console.log(`${root}/${head.dir} lacks ${missing.join(', ')}`);
    const json = read.filter(({ isText }) => isText !== true);
    const typed = json.filter(({ answer }) => answer.kind !== 'unknown');
    for (const { route } of json.filter((one) => !typed.includes(one)))
      console.log(`${root} ${route.path}:${String(route.line)} ${route.method} ${route.url}`);
    const whole = typed.filter(({ answer }) => !hasUnknown(answer, types));
    sum = {
      services: sum.services + 1,
      text: sum.text + read.length - json.length,
      json: sum.json + json.length,
      typed: sum.typed + typed.length,
      whole: sum.whole + whole.length,
    };
  }
  return sum;
}

function lineOf(name: string, { json, services, text, typed, whole }: Counted): readonly (string | number)[] {
  return [name, services, json + text, text, json, share(typed, json), share(whole, json)];
}

const folder = resolve(process.argv[2] ?? '.');
const rows = repositories.map((one) => {
  const [name = '', commit = ''] = one.split('@');
  const root = join(folder, name);
  if (!existsSync(root)) throw new Error(`${root} is not there: it has to be ${one}`);
  return { name: `${name} @ ${commit.slice(0, 7)}`, counted: count(root) };
});
const keys = ['services', 'text', 'json', 'typed', 'whole'] as const;
const all = Object.fromEntries(
  keys.map((key) => [key, rows.reduce((sum, { counted }) => sum + counted[key], 0)]),
) as unknown as Counted;
const text = table(
  ['repository', 'services', 'routes', 'text or streams', 'JSON', 'typed', 'typed to the last field'],
  [...rows.map(({ counted, name }) => lineOf(name, counted)), lineOf('all', all)],
);
console.log(text);
const page = join(projectRoot, 'docs/typed-calls.md');
const [start, end] = ['<!-- typed-answers:begin -->', '<!-- typed-answers:end -->'];
const old = readFileSync(page, 'utf8');
const next = `${old.slice(0, old.indexOf(start) + start.length)}\n\n${text}\n\n${old.slice(old.indexOf(end))}`;
writeFileSync(page, await format(next, { parser: 'markdown', printWidth: 120 }));
