import { surveyTarget } from '../_engine/facts/app/service.ts';
import type { NamedShapes, Shape, ShapeMember, TypedRoute } from '../_engine/facts/route-types/shape.ts';
import { placeFile } from '../_engine/facts/style/place-file.ts';
import type { Contract } from '../_engine/model/generator.ts';
import { ignoreRefusal } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Finding } from '../_engine/model/plan.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { openSurvey } from '../_engine/program/survey.ts';
import { callsIn } from '../_engine/syntax/calls.ts';
import { lineOf } from '../_engine/syntax/tree.ts';
import { type Callee, findCallee } from './callee.ts';
import { type Incompatibility, incompatibilities } from './compatibility.ts';
import { fieldsOf } from './field-uses.ts';
import { bodyOf, paramsOf, patternOf, queryOf } from './methods.ts';
import { readClient, type WrittenClient, type WrittenMethod } from './written-client.ts';

/** What the caller in a folder uses of its callees and does not get any more. */
export async function checkContract(repo: Repo, target: RelPath, to: readonly string[]): Promise<Contract> {
  const service = surveyTarget(repo, { target });
  const checked = await Promise.all(to.map((wanted) => checkCallee(repo, service, wanted)));
  return {
    findings: checked.flatMap((one) => one.findings),
    settled: checked.flatMap((one) => one.settled),
  };
}

async function checkCallee(repo: Repo, service: Service, wanted: string): Promise<Contract> {
  const callee = await findCallee(repo, service, wanted).catch(ignoreRefusal);
  // The run itself is refused then, which is found where it is planned again.
  if (callee === undefined) return { findings: [], settled: [] };
  const file = placeFile(service, 'plugins', `${callee.name}-client`);
  const text = repo.read(file);
  if (text === undefined) return { findings: [], settled: [] };
  const client = readClient(file, text);
  const breaks = client.methods.flatMap((method) => breaksOf(method, client, callee));
  const findings = breaks.flatMap((one) => findingsOf(repo, service, file, callee, one));
  const isSame = client.methods.every((method) => isUnchanged(method, client, callee));
  return { findings, settled: isSame ? [] : [file] };
}

/** `part` undefined: the route is gone. */
interface Break {
  readonly method: WrittenMethod;
  readonly route: TypedRoute | undefined;
  readonly part?: 'answer' | 'params' | 'query' | 'body';
  readonly found?: Incompatibility;
}

function routeOf({ route: wanted }: WrittenMethod, { routes }: Callee): TypedRoute | undefined {
  return routes.find(({ route: { method, url } }) => `${method} ${patternOf(url)}` === wanted);
}

function breaksOf(method: WrittenMethod, client: WrittenClient, callee: Callee): readonly Break[] {
  const route = routeOf(method, callee);
  if (route === undefined) return [{ method, route }];
  const now = { shape: route.answer, types: callee.types };
  const answers = incompatibilities(now, { shape: method.answer, types: client.types }, true);
  const inputs = incompatibilities(
    { shape: objectOf(method.inputs), types: client.types },
    { shape: objectOf(inputsOf(route, callee.types)), types: callee.types },
    false,
  );
  return [
    ...answers.map((found): Break => ({ method, route, part: 'answer', found })),
    ...inputs.map((found): Break => {
      const [part = ''] = found.field.split(/[.[]/);
      return { method, route, part: part as 'params', found };
    }),
  ];
}

function objectOf(members: readonly ShapeMember[]): Shape {
  return { kind: 'object', members };
}

/** What a route takes, as the methods of clients have it. */
function inputsOf(route: TypedRoute, types: NamedShapes): readonly ShapeMember[] {
  const [params, query, body] = [paramsOf(route, types), queryOf(route, types).members, bodyOf(route)];
  return [
    ...(params.length === 0 ? [] : [{ name: 'params', shape: objectOf(params), optional: false }]),
    ...(query.length === 0
      ? []
      : [{ name: 'query', shape: objectOf(query), optional: query.every((one) => one.optional) }]),
    ...(body === undefined ? [] : [{ name: 'body', shape: body, optional: body.kind === 'unknown' }]),
  ];
}

/** Whether the callee says of a route what it said: what differs then in the file is of the template. */
function isUnchanged(method: WrittenMethod, client: WrittenClient, callee: Callee): boolean {
  const route = routeOf(method, callee);
  if (route === undefined) return false;
  const before = {
    answer: { shape: method.answer, types: client.types },
    inputs: { shape: objectOf(method.inputs), types: client.types },
  };
  const now = {
    answer: { shape: route.answer, types: callee.types },
    inputs: { shape: objectOf(inputsOf(route, callee.types)), types: callee.types },
  };
  return (['answer', 'inputs'] as const).every((key) => {
    const both = [
      incompatibilities(before[key], now[key], true),
      incompatibilities(now[key], before[key], true),
    ];
    return both.every((found) => found.length === 0);
  });
}

/** One for each place of the caller that uses what is broken. */
function findingsOf(
  repo: Repo,
  service: Service,
  file: RelPath,
  { label }: Callee,
  { found, method, part, route }: Break,
): readonly Finding[] {
  const uses = usesOf(repo, service, file, method.name).filter(
    ({ fields }) => part !== 'answer' || fields.some((field) => meets(field, found?.field ?? '')),
  );
  const [what] = route === undefined ? [] : [`${route.route.path}:${String(route.route.line)}`];
  const reason = reasonOf(label, method, part, found);
  return uses.map(({ line, path }) => ({
    state: 'broken',
    path,
    line,
    message: `${method.name}(): ${reason}${what === undefined ? '' : ` (${what})`}.`,
  }));
}

function reasonOf(
  label: string,
  { route }: WrittenMethod,
  part: Break['part'],
  found: Incompatibility | undefined,
): string {
  if (found === undefined) return `${label} has no ${route} any more`;
  const field = found.field === '' ? 'its answer' : found.field;
  if (part !== 'answer')
    return found.reason === 'required'
      ? `${label} requires ${field} now`
      : `${label} takes another type of ${field}`;
  switch (found.reason) {
    case 'gone':
      return `${label} does not answer with ${field} any more`;
    case 'optional':
      return `${label} may leave out ${field} now`;
    default:
      return `${label} answers with another type of ${field}`;
  }
}

/** Whether a field that is read is a broken one, or has one below it or above. */
function meets(used: string, broken: string): boolean {
  const isBelow = (a: string, b: string): boolean =>
    a === '' || a === b || b.startsWith(`${a}.`) || b.startsWith(`${a}[`);
  return isBelow(used, broken) || isBelow(broken, used);
}

interface MethodUse {
  readonly path: RelPath;
  readonly line: number;
  readonly fields: readonly string[];
}

/** The calls of a method by its name in the caller's own files. */
function usesOf(repo: Repo, service: Service, own: RelPath, name: string): readonly MethodUse[] {
  const survey = openSurvey(repo, service);
  const files = survey.filesMatching(new RegExp(`\\.${name}\\(`)).filter((path) => path !== own);
  return files.flatMap((path) => {
    const tree = survey.tree(path);
    return callsIn(tree, name).map((call) => ({
      path,
      line: lineOf(tree, call.getStart()),
      fields: fieldsOf(call),
    }));
  });
}
