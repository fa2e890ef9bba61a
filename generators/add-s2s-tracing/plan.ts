import type { Adoption, AnswersTo } from '../_engine/model/generator.ts';
import { generator as authMiddleware } from '../add-auth-middleware/index.ts';
import { generator as serviceClient } from '../add-service-client/index.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Plan } from '../_engine/model/plan.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import type { DependencyWant } from '../_engine/edit/ensure-dependency.ts';
import { declareDependencies, fastifyPlugin } from '../_engine/edit/ensure-dependency.ts';
import { ensureEnv } from '../_engine/edit/declare-variables.ts';
import { registerPlugin } from '../_engine/edit/register-plugin.ts';
import { importSpecifier, isAutoloaded, placeFile, testFileFor } from '../_engine/facts/style/place-file.ts';

import { type Draft, openDraft } from '../_engine/repo/draft.ts';
import { planDiagnostics } from '../_engine/plan/plan-diagnostics.ts';
import { render, renderModule, renderTest } from '../_engine/render/render.ts';
import { isAuthService } from '../_engine/facts/auth/auth-service.ts';
import { clientAnswers, findClient } from '../_engine/facts/calls/installed-client.ts';
import { surveyOpenTelemetry } from '../_engine/facts/observability.ts';
import { startScripts } from '../_engine/facts/tooling.ts';
import { surveyTarget } from '../_engine/facts/app/service.ts';
import type { TracingTestView } from './view.ts';
import {
  builtCommand,
  sdkView,
  type TracingFiles,
  tracingFiles,
  type TracingParts,
  tracingParts,
  tracingSpecifiers,
  tracingView,
} from './views.ts';

/** The plugin that traces, registered before all that it is to see; what it listens to; an SDK where there is none. */
export async function planTracing(
  answers: AnswersTo<typeof serviceClient.questions>,
  repo: Repo,
): Promise<Plan> {
  const service = surveyTarget(repo, answers);
  const draft = openDraft(repo);
  const files = tracingFiles(service);
  const isOurs = repo.read(files.sdk)?.includes('OTEL_METRICS_EXPORTER') === true;
  const found = surveyOpenTelemetry(repo, service);
  // The auth service verifies tokens itself and calls nobody.
  const parts = tracingParts(found, findClient(repo, service) !== undefined || !isAuthService(repo, service));
  if (parts.calls) await planDiagnostics(draft, service, answers, [serviceClient, authMiddleware]);
  renderTracing(draft, service, files, parts);
  registerPlugin(draft, service, {
    file: files.tracing,
    plugin: 'serviceTracing',
    before: ['authMiddleware', 'serviceMetrics', 'rateLimit'],
  });
  depend(draft, service, '@opentelemetry/api', '~1.9.0');
  declareDependencies(draft, service, fastifyPlugin(service));
  if (!found.sdk || isOurs) planSdk(draft, service, files);
  if (!draft.failed) renderTracingTests(draft, service, files, parts);
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
  const isBuilt = startScripts(service.manifest.scripts).some(({ entry }) => /\.[cm]?js$/.test(entry));
  const built = isBuilt ? [builtCommand(service, sdk)] : [];
  const commands = [...new Set([view.command, ...built])].join(', or ');
  draft.note(`No traces are sent until ${service.name} is started with its tracing: ${commands}`);
}

function renderTracing(draft: Draft, service: Service, files: TracingFiles, parts: TracingParts): void {
  const { style } = service;
  const specifiers = tracingSpecifiers(service, files);
  const module = (file: RelPath, name: string): void => {
    draft.create(file, 'tracing', renderModule(`add-s2s-tracing/${name}.ts`, specifiers, style));
  };
  module(files.requests, parts.requests ? 'request-spans' : 'request-spans.instrumented');
  if (parts.logs) module(files.bindings, 'trace-bindings');
  if (parts.calls) module(files.calls, 'call-spans');
  if (parts.attempts) module(files.attempts, 'attempt-spans');
  if (parts.calls || parts.requests) module(files.conventions, 'span-conventions');
  const view = tracingView(service, files, parts);
  draft.create(files.tracing, 'tracing', render('add-s2s-tracing/service-tracing.ts.hbs', view, style));
}

function renderTracingTests(draft: Draft, service: Service, files: TracingFiles, parts: TracingParts): void {
  const { style, testing } = service;
  if (testing.runner === 'none') return;
  const installed = findClient(draft.repo, service);
  const without = (installed?.variant?.['without'] ?? []) as readonly string[];
  const create = (file: RelPath, name: string, template = name): void => {
    const test = testFileFor(service, file, name);
    const to = (path: RelPath): string => importSpecifier(service, test, path);
    const view: TracingTestView = {
      tracingImport: to(files.tracing),
      bindingsImport: to(files.bindings),
      callsImport: to(files.calls),
      attemptsImport: to(files.attempts),
      clientImport: installed === undefined ? '' : to(installed.path),
      retry: !without.includes('retry'),
    };
    const text = renderTest(`add-s2s-tracing/${template}.test.ts.hbs`, view, style, testing);
    draft.create(test, 'unit-test', text);
  };
  create(
    files.tracing,
    'service-tracing',
    parts.requests ? 'service-tracing' : 'service-tracing.instrumented',
  );
  if (parts.logs) create(files.bindings, 'trace-bindings');
  if (parts.calls) create(files.calls, 'call-spans');
  if (parts.attempts) create(files.attempts, 'attempt-spans');
  depend(draft, service, '@opentelemetry/sdk-trace-node', '^2.12.0', 'devDependencies');
}

export const adoption: Adoption = {
  role: 'tracing',
  after: ['add-auth-middleware'],
  answers: (repo, dir) => [clientAnswers(repo, dir)],
};
