import { ensureImport } from '../_engine/edit/ensure-import.ts';
import { unneeded } from '../_engine/edit/unneeded.ts';
import { readVariable } from '../_engine/edit/declare-variables.ts';
import { type BareCall, findBareCalls } from '../_engine/facts/calls/bare-calls.ts';
import { findDestination, idOf } from '../_engine/facts/calls/service-calls.ts';
import { placesOf } from '../_engine/facts/calls/callable-places.ts';
import { importSpecifier, importSpecifierIn, placeFile } from '../_engine/facts/style/place-file.ts';
import { detectStyle } from '../_engine/facts/style/style.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Service } from '../_engine/model/service.ts';
import type { TextChange } from '../_engine/model/text-change.ts';
import { instanceAt, isGlobal, isImport, leave, Left, sameNode } from '../_engine/program/call-scope.ts';
import { type CheckedProgram, openChecked } from '../_engine/program/checked-program.ts';
import { openSurvey, type Survey } from '../_engine/program/survey.ts';
import { renderModule } from '../_engine/render/render.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import { surveyHeads } from '../_engine/repo/services.ts';
import { ts } from '../_engine/syntax/tree.ts';
import { checkUses } from './answer-uses.ts';
import { type CertainBase, matchRoute, readBase, readUrl } from './called-route.ts';
import type { Callee } from './callee.ts';
import { type AdoptedCall, findMisfits } from './misfits.ts';
import type { CallMethod } from './methods.ts';
import { type PlainCall, readPlainCall } from './plain-call.ts';
import { printTypedCall } from './typed-call.ts';

/** A callee as its client in the caller has it. */
export interface CalledClient {
  readonly callee: Callee;
  readonly decorator: string;
  readonly methods: readonly CallMethod[];
  readonly forwardsToken: boolean;
}

const answers = {
  fetch: { file: 'fetch-answer', name: 'answerOf' },
  axios: { file: 'axios-answer', name: 'axiosAnswer' },
} as const;

/**
 * Bare calls of the callees become typed calls, where code around them cannot tell the difference; each other one is
 * named with the reason. `client`: the file of the ServiceClient.
 */
export function adoptCalls(
  draft: Draft,
  service: Service,
  clients: readonly CalledClient[],
  client: RelPath,
): void {
  const survey = openSurvey(draft.repo, service);
  const places = placesOf(draft.repo, surveyHeads(draft.repo));
  const found: AdoptedCall[] = [];
  for (const call of findBareCalls(survey)) {
    const to = findDestination(survey, call, places)?.id;
    const wanted = clients.find(
      ({ callee }) => callee.destination && idOf(callee.destination.head.dir) === to,
    );
    if (wanted === undefined) continue;
    try {
      found.push(adoptedCall(survey, service, call, wanted));
    } catch (error) {
      if (!(error instanceof Left)) throw error;
      draft.note(leftNote(call, wanted.callee.label, error.message));
    }
  }
  if (found.length === 0) return;
  const checked = openChecked(survey);
  const adopt = (into: Draft, calls: readonly AdoptedCall[]): void => {
    for (const path of new Set(calls.map((call) => call.path)))
      adoptIn(into, service, path, changesIn(checked, path, calls));
    for (const by of new Set(calls.map((call) => call.by))) addAnswerFile(into, service, by, client);
  };
  const misfits = findMisfits(draft.repo, service, found, adopt);
  for (const [call, reason] of misfits) draft.note(leftNote(call, call.label, reason));
  const adopted = found.filter((call) => !misfits.has(call));
  adopt(draft, adopted);
  if (adopted.length > 0) draft.note(...adoptedNotes(survey, adopted));
}

/** What adopted calls wait with is there as long as they do. */
export function keepAnswerFiles(draft: Draft, service: Service, client: RelPath): void {
  const survey = openSurvey(draft.repo, service);
  for (const by of ['fetch', 'axios'] as const)
    if (
      survey
        .filesMatching(new RegExp(`\\b${answers[by].name}\\(`))
        .some((path) => !isAnswerFile(service, path))
    )
      addAnswerFile(draft, service, by, client);
}

function isAnswerFile(service: Service, path: RelPath): boolean {
  return Object.values(answers).some(({ file }) => path === placeFile(service, 'utils', file));
}

function leftNote(
  { by, line, path }: Pick<BareCall, 'by' | 'line' | 'path'>,
  label: string,
  reason: string,
): string {
  return `${path}:${String(line)} still calls ${label} by ${by}: ${reason}. Call it by the typed client by hand.`;
}

function adoptedNotes(survey: Survey, adopted: readonly AdoptedCall[]): readonly string[] {
  const places = adopted.map(({ line, path }) => `${path}:${String(line)}`).join(', ');
  const replaced =
    /stubGlobal\(\s*['"`]fetch|(?:globalThis|global)\.fetch\s*=|jest\.mock\(\s*['"`]axios|vi\.mock\(\s*['"`]axios/;
  const tests = survey.tests.filter((path) => replaced.test(survey.text(path)));
  return [
    `Bare calls are typed calls now: ${places}. They have a deadline of 10 s, a circuit and the correlation ID; GET, PUT and DELETE are repeated where the callee is unavailable; values in paths are encoded, and must not be empty.`,
    ...tests.map((path) => `${path} replaces fetch or axios: typed calls do not use them.`),
  ];
}

function adoptedCall(survey: Survey, service: Service, call: BareCall, client: CalledClient): AdoptedCall {
  const { line, path } = call;
  const { callee, decorator, forwardsToken, methods } = client;
  const plain = readPlainCall(call);
  const checked = openChecked(survey);
  const tree = checked.file(path) ?? leave('its file is not part of the program');
  const node = sameNode(tree, call.node);
  assertOwnFetch(survey, checked, node);
  const url = readUrl(plain.url);
  const usual = readVariable(service, callee.variable).expression;
  assertSameUrl(readBase(survey, url, path, usual), callee);
  const { method, params } = matchRoute(methods, plain.method, url.segments);
  if (survey.repo.read(method.route.path)?.includes('.redirect(') === true)
    leave(`${method.route.path} redirects, which the typed client does not follow`);
  if (forwardsToken && !plain.sendsToken)
    leave('it sends no token, and the typed client sends that of the request');
  checkUses(checked, node, plain.by);
  const instance = instanceAt(checked, node);
  const typed = printTypedCall(
    { checked, tree, plain, url, method, params, types: callee.types },
    `${instance}.${decorator}.${method.name}`,
  );
  const text = `${answers[plain.by].name}(${typed})`;
  const goes = [node.expression, ...(url.base === undefined ? [] : [sameNode(tree, url.base)])];
  return { path, line, by: plain.by, node, goes, text, label: callee.label };
}

/** The function that is called is the one of Node.js, or of the package, and nothing of the service changes it. */
function assertOwnFetch(survey: Survey, checked: CheckedProgram, { expression }: ts.CallExpression): void {
  const name = ts.isPropertyAccessExpression(expression) ? expression.expression : expression;
  const isFetch = name === expression;
  const isOwn = ts.isIdentifier(name) && (isFetch ? isGlobal(checked, name) : isImport(checked, name));
  if (!isOwn) leave(`${name.getText()} is not what it is elsewhere`);
  const changed = isFetch
    ? /(?<!(?:const|let|var|[,{(])\s*)\bfetch\s*=(?![=>])|setGlobalDispatcher|['"`]fetch['"`]/
    : /\baxios(?:\.\w+)*\.(?:defaults|interceptors)\b/;
  const [file] = survey.filesMatching(changed);
  if (file !== undefined) leave(`${file} changes what ${name.getText()} does`);
}

/** The typed client calls the same origin, also where the variable is not set. */
function assertSameUrl({ env, url }: CertainBase, { defaultUrl, variable }: Callee): void {
  if (env !== undefined && env !== variable) leave(`it reads ${env}, and the typed client ${variable}`);
  const isSame = (a: string): boolean => URL.canParse(a) && new URL(a).href === new URL(defaultUrl).href;
  if (url !== undefined && !isSame(url)) leave(`it calls ${url}, and the typed client ${defaultUrl}`);
}

/** The changes of a file: each call, and what nobody needs any more. */
function changesIn(
  checked: CheckedProgram,
  path: RelPath,
  adopted: readonly AdoptedCall[],
): readonly AdoptedChange[] {
  const own = adopted.filter((call) => call.path === path);
  const calls = own.map(
    ({ by, node, text }) => ({ by, start: node.getStart(), end: node.end, text, rewrites: true }) as const,
  );
  return [
    ...calls,
    ...unneeded(
      checked,
      own.flatMap(({ goes }) => goes),
    ),
  ];
}

type AdoptedChange = TextChange & { readonly by?: PlainCall['by'] };

function adoptIn(draft: Draft, service: Service, path: RelPath, changes: readonly AdoptedChange[]): void {
  const rewrites = changes.map(({ end, start, text }): TextChange => ({ start, end, text, rewrites: true }));
  draft.patch(path, 'registration', () => rewrites);
  for (const by of new Set(changes.flatMap((change) => change.by ?? []))) {
    const { file, name } = answers[by];
    const target = placeFile(service, 'utils', file);
    draft.patch(path, 'registration', (base) => {
      const from = importSpecifierIn(base, service, path, target);
      return ensureImport(base, { from, names: [name] }, detectStyle([base]));
    });
  }
}

function addAnswerFile(draft: Draft, service: Service, by: PlainCall['by'], client: RelPath): void {
  const file = placeFile(service, 'utils', answers[by].file);
  const specifiers = { '../add-service-client/service-client.ts': importSpecifier(service, file, client) };
  const text = renderModule(`add-service-call/${answers[by].file}.ts`, specifiers, service.style);
  draft.create(file, 'service-call', text);
}
