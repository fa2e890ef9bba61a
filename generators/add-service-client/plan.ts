import { generator as circuitBreaker } from '../add-circuit-breaker/index.ts';
import type { Adoption, Answers, RunAnswers } from '../_engine/model/generator.ts';
import { type Obstacle, RefusalError } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Plan } from '../_engine/model/plan.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { declareDependencies } from '../_engine/edit/ensure-dependency.ts';
import { createTestKit, testKitImport } from '../_engine/edit/test-kit.ts';
import { importLines, importSpecifier, placeFile, testFileFor } from '../_engine/facts/style/place-file.ts';
import { type Draft, openDraft } from '../_engine/repo/draft.ts';
import { renderModule, renderTest } from '../_engine/render/render.ts';
import {
  clientAnswers,
  findClient,
  findInstalled,
  foreignClient,
} from '../_engine/facts/calls/installed-client.ts';
import { testingFor } from '../_engine/facts/tooling.ts';
import { surveyTarget } from '../_engine/facts/app/service.ts';
import { hasRequestContext, planRequestContext } from './request-context.ts';
import { type Transport, transportNote } from './transport.ts';
import type { ClientTestView } from './view.ts';

/** The files of the client below the service's utilities, by what they hold. */
const parts = {
  observer: 'client-observer',
  error: 'service-client-error',
  deadline: 'call-deadline',
  transport: 'http-transport',
  retry: 'retry-policy',
  request: 'service-request',
  diagnostics: 'service-diagnostics',
  client: 'service-client',
} as const;

/** The first major version whose dispatch handlers are those that the client has. */
const OLDEST_UNDICI = 7;

export interface ClientAnswers extends RunAnswers {
  readonly with: readonly ('window' | 'backoff' | 'diagnostics' | 'context')[];
  readonly without: readonly 'retry'[];
  readonly transport: Transport;
}

/** The client and its tests, with undici as a dependency unless fetch carries the calls; the breaker if missing. */
export async function planServiceClient(answers: ClientAnswers, repo: Repo): Promise<Plan> {
  const client = surveyTarget(repo, answers, false);
  // A part that is there stays: each run adds to those before.
  const context = answers.with.includes('context') || hasRequestContext(repo, client);
  const service = context ? surveyTarget(repo, answers) : client;
  const { transport } = answers;
  if (transport === 'undici' && service.isOlder('undici', OLDEST_UNDICI))
    throw new RefusalError(oldUndici(service));
  const draft = openDraft(repo);
  const note = transportNote(repo, service, transport);
  if (note !== undefined) draft.note(note);
  const breaker = await planBreaker(draft, service, answers, repo);
  const retry = !answers.without.includes('retry');
  const diagnostics =
    answers.with.includes('diagnostics') ||
    repo.read(placeFile(service, 'shared', parts.diagnostics)) !== undefined;
  renderClient(draft, service, breaker, { retry, diagnostics, transport });
  if (context)
    planRequestContext(
      draft,
      service,
      placeFile(service, 'shared', parts.request),
      placeFile(service, 'shared', parts.client),
    );
  if (transport === 'undici') {
    const undici = { name: 'undici', range: '^7.16.0', section: 'dependencies' } as const;
    declareDependencies(draft, service.layout.shared ?? service, undici);
  }
  return draft.finish();
}

/** Brings the breaker if there is none, and plans our own again; its file. */
async function planBreaker(
  draft: Draft,
  service: Service,
  answers: ClientAnswers,
  repo: Repo,
): Promise<RelPath> {
  const own = placeFile(service, 'shared', 'circuit-breaker');
  // What services share imports nothing of one of them.
  const isShared = service.layout.shared !== undefined;
  const installed = isShared ? undefined : findInstalled(repo, service, 'CircuitBreaker');
  // Our own breaker is planned again: it takes parts that were not asked for before, or turns out unchanged.
  if (installed === undefined || installed === own)
    await draft.include(
      circuitBreaker.plan(
        { ...answers, with: answers.with.filter((part) => part !== 'diagnostics' && part !== 'context') },
        draft.repo,
      ),
    );
  return installed ?? own;
}

/** Of the client that is there, as the variant that it is. @throws RefusalError E_FILE_EXISTS when it was not generated */
export function answersForDiagnostics(repo: Repo, service: Service, given: Answers): Answers {
  const client = findClient(repo, service);
  if (client !== undefined && client.variant === undefined)
    throw new RefusalError(foreignClient(client.path, 'does not publish its calls'));
  return { ...given, ...client?.variant };
}

function oldUndici({ name, manifest }: Service): Obstacle {
  return {
    code: 'E_OLD_DEPENDENCY',
    at: { path: manifest.path },
    message: `${name} depends on undici ${manifest.dependencies['undici'] ?? ''}, but the client requires undici ${String(OLDEST_UNDICI)} or later.`,
    remedy: 'Update it to ^7.16.0, or use fetch: --transport fetch.',
  };
}

interface ClientChoices {
  readonly retry: boolean;
  readonly diagnostics: boolean;
  readonly transport: ClientAnswers['transport'];
}

function renderClient(
  draft: Draft,
  service: Service,
  breaker: RelPath,
  { retry, diagnostics, transport }: ClientChoices,
): void {
  const place = (part: keyof typeof parts): RelPath => placeFile(service, 'shared', parts[part]);
  // They lie side by side, so what one writes to import another is what all write.
  const specifier = (file: RelPath): string => importSpecifier(service, place('client'), file);
  const templates = { ...parts, transport: `${parts.transport}.${transport}`, retry: retryTemplate(retry) };
  const specifiers = {
    '../add-circuit-breaker/circuit-breaker.ts': specifier(breaker),
    './call-deadline.ts': specifier(place('deadline')),
    './client-observer.ts': specifier(place('observer')),
    './http-transport.undici.ts': specifier(place('transport')),
    './retry-policy.ts': specifier(place('retry')),
    './service-client-error.ts': specifier(place('error')),
    './service-request.ts': specifier(place('request')),
  };
  // Who is told of calls by default: the part that publishes them exports it under the same name.
  const observer = { './client-observer.ts': specifier(place(diagnostics ? 'diagnostics' : 'observer')) };
  for (const part of Object.keys(parts) as (keyof typeof parts)[]) {
    if (part === 'diagnostics' && !diagnostics) continue;
    const imports = part === 'client' ? { ...specifiers, ...observer } : specifiers;
    const text = renderModule(`add-service-client/${templates[part]}.ts`, imports, service.style);
    draft.create(place(part), 'service-client', text);
  }
  for (const part of diagnostics ? (['client', 'diagnostics'] as const) : (['client'] as const))
    renderClientTest(draft, service, place, part, retry);
}

function retryTemplate(retry: boolean): string {
  return retry ? parts.retry : `${parts.retry}.none`;
}

function renderClientTest(
  draft: Draft,
  service: Service,
  place: (part: keyof typeof parts) => RelPath,
  part: 'client' | 'diagnostics',
  retry: boolean,
): void {
  const test = testFileFor(service, place(part), parts[part]);
  const testing = testingFor(draft.repo, service, test);
  if (testing.runner === 'none') return;
  createTestKit(draft, service, test);
  const view: ClientTestView = {
    retry,
    imports: importLines(service, test, [
      { from: place('client'), names: clientNames },
      testKitImport(service, test, 'type Answer', 'hangUp', 'json', 'silence', 'StubServer'),
    ]),
    clientImport: importSpecifier(service, test, place('client')),
    diagnosticsImport: importSpecifier(service, test, place('diagnostics')),
  };
  const template = `add-service-client/${parts[part]}.test.ts.hbs`;
  draft.create(test, 'unit-test', renderTest(template, view, service.style, testing));
}

const clientNames = [
  'type RequestOptions',
  'ServiceClient',
  'ServiceClientError',
  'type ServiceClientOptions',
];

export const adoption: Adoption = {
  role: 'service-client',
  after: ['add-circuit-breaker'],
  answers: (repo, dir) => [clientAnswers(repo, dir)],
};
