import type { Adoption, AnswersTo } from '../_engine/model/generator.ts';
import { generator as authMiddleware } from '../add-auth-middleware/index.ts';
import { generator as serviceClient } from '../add-service-client/index.ts';
import type { Plan } from '../_engine/model/plan.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import type { DependencyWant } from '../_engine/model/wants.ts';
import { declareDependencies, fastifyPlugin } from '../_engine/edit/ensure-dependency.ts';
import { ensureEnv } from '../_engine/edit/declare-variables.ts';
import { freePluginName, registerPlugin } from '../_engine/edit/register-plugin.ts';
import { importSpecifier, isAutoloaded, placeFile, testFileFor } from '../_engine/facts/style/place-file.ts';
import { joinRel } from '../_engine/model/paths.ts';
import { type Draft, openDraft } from '../_engine/repo/draft.ts';
import { planDiagnostics } from '../_engine/plan/plan-diagnostics.ts';
import { render, renderTest } from '../_engine/render/render.ts';
import { isAuthService } from '../_engine/facts/auth/auth-service.ts';
import { clientAnswers, findClient } from '../_engine/facts/calls/installed-client.ts';
import { surveyOpenTelemetry } from '../_engine/facts/observability.ts';
import { surveyTarget } from '../_engine/facts/app/service.ts';
import type { TracingTestView, TracingView } from './view.ts';
import { sdkView, type TracingFiles, tracingView } from './views.ts';

/** The plugin that traces, registered before all that it is to see; what it listens to; an SDK where there is none. */
export async function planTracing(
  answers: AnswersTo<typeof serviceClient.questions>,
  repo: Repo,
): Promise<Plan> {
  const service = surveyTarget(repo, answers);
  const draft = openDraft(repo);
  const files: TracingFiles = {
    tracing: placeFile(service, 'plugins', 'service-tracing'),
    diagnostics: placeFile(service, 'utils', 'service-diagnostics'),
    sdk: joinRel(service.layout.sourceDir, 'tracing.ts'),
  };
  const isOurs = repo.read(files.sdk)?.includes('OTEL_METRICS_EXPORTER') === true;
  const found = surveyOpenTelemetry(service);
  // The auth service verifies tokens itself and calls nobody.
  const calls = findClient(repo, service) !== undefined || !isAuthService(repo, service);
  if (calls) await planDiagnostics(draft, service, answers, [serviceClient, authMiddleware]);
  const pluginName = freePluginName(service, files.tracing, 'service-tracing');
  const view = { ...tracingView(service, files, found, calls), pluginName };
  const text = render('add-s2s-tracing/service-tracing.ts.hbs', view, service.style);
  draft.create(files.tracing, 'tracing', text);
  registerPlugin(draft, service, {
    file: files.tracing,
    plugin: 'serviceTracing',
    before: ['authMiddleware', 'serviceMetrics', 'rateLimit'],
  });
  depend(draft, service, '@opentelemetry/api', '~1.9.0');
  declareDependencies(draft, service, fastifyPlugin(service));
  if (!found.sdk || isOurs) planSdk(draft, service, files);
  if (!draft.failed) renderTracingTest(draft, service, files, view);
  if (comesLate(draft, service, files)) draft.note(lateNote);
  return draft.finish();
}

const lateNote =
  'auth-middleware is loaded before service-tracing, by name, and guards every route: its verifications have their own trace, unless you name service-tracing in its dependencies.';

/** An autoloaded guard of all routes has its hook before ours. */
function comesLate({ repo }: Draft, service: Service, { tracing }: TracingFiles): boolean {
  const middleware = repo.read(placeFile(service, 'plugins', 'auth-middleware'));
  return isAutoloaded(service, tracing) && middleware?.includes('autoConfig') === true;
}

function depend(
  draft: Draft,
  service: Service,
  name: string,
  range: string,
  section: DependencyWant['section'] = 'dependencies',
): void {
  declareDependencies(draft, service, { name, range, section });
}

function planSdk(draft: Draft, service: Service, { sdk }: TracingFiles): void {
  const view = sdkView(service, sdk);
  draft.create(sdk, 'tracing', render('add-s2s-tracing/tracing.ts.hbs', view, service.style));
  // From 0.300 on it needs Node.js 22.
  depend(draft, service, '@opentelemetry/sdk-node', '^0.223.0');
  for (const file of service.config.exampleFiles)
    draft.patch(file, 'env', (base) => ensureEnv(base, { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: '' }));
  draft.note(`No traces are sent until ${service.name} is started with its tracing: ${view.command}`);
}

function renderTracingTest(
  draft: Draft,
  service: Service,
  { tracing }: TracingFiles,
  { client, clientSpans, logs, serverSpans, spans }: TracingView,
): void {
  const { style, testing } = service;
  if (testing.runner === 'none') return;
  const test = testFileFor(service, tracing, 'service-tracing');
  const installed = findClient(draft.repo, service);
  const without = (installed?.variant?.['without'] ?? []) as readonly string[];
  const view: TracingTestView = {
    tracingImport: importSpecifier(service, test, tracing),
    clientImport: installed === undefined ? '' : importSpecifier(service, test, installed.path),
    client,
    clientSpans,
    serverSpans,
    logs,
    spans,
    retry: !without.includes('retry'),
  };
  const template = 'add-s2s-tracing/service-tracing.test.ts.hbs';
  draft.create(test, 'unit-test', renderTest(template, view, style, testing));
  depend(draft, service, '@opentelemetry/sdk-trace-node', '^2.12.0', 'devDependencies');
}

export const adoption: Adoption = {
  role: 'tracing',
  after: ['add-auth-middleware'],
  answers: (repo, dir) => [clientAnswers(repo, dir)],
};
