import type { Adoption, AnswersTo } from '../_engine/model/generator.ts';
import { generator as authMiddleware } from '../add-auth-middleware/index.ts';
import { generator as serviceClient } from '../add-service-client/index.ts';
import { joinRel, type RelPath } from '../_engine/model/paths.ts';
import type { Plan } from '../_engine/model/plan.ts';
import { RefusalError } from '../_engine/model/obstacle.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { declareDependencies, fastifyPlugin } from '../_engine/edit/ensure-dependency.ts';
import { ensurePublicRoute } from '../_engine/edit/register-plugin.ts';
import { importSpecifier, placeFile, testFileFor } from '../_engine/facts/style/place-file.ts';
import { findDefaultImport, registerPlugin } from '../_engine/edit/register-plugin.ts';
import { type Draft, openDraft } from '../_engine/repo/draft.ts';
import { planDiagnostics } from '../_engine/plan/plan-diagnostics.ts';
import { render, renderModule, renderTest, renderText } from '../_engine/render/render.ts';
import { clientAnswers, findClient } from '../_engine/facts/calls/installed-client.ts';
import { type MetricsFact, surveyMetrics } from '../_engine/facts/observability.ts';
import { openSources } from '../_engine/program/survey.ts';
import { detectStyle } from '../_engine/facts/style/style.ts';
import { surveyTarget } from '../_engine/facts/app/service.ts';
import { findMonitoringFolder } from './monitoring-folder.ts';
import { renderDashboard } from './dashboard.ts';
import type { MetricsTestView } from './view.ts';
import { findGuard, type MetricsFiles, metricsView } from './views.ts';

export type MetricsAnswers = AnswersTo<typeof serviceClient.questions> & { readonly monitoring: string };

/** The plugin that counts, registered; what it listens to; its tests; dashboard and rules, once for the repo. */
export async function planMetrics(answers: MetricsAnswers, repo: Repo): Promise<Plan> {
  const service = surveyTarget(repo, answers);
  const metrics = placeFile(service, 'plugins', 'service-metrics');
  const view = { ...surveyMetrics(repo, service), endpoint: !hasEndpoint(service, metrics) };
  const guard = view.endpoint ? findGuard(service) : undefined;
  if (guard !== undefined) throw new RefusalError(guard);

  const draft = openDraft(repo);
  const utility = (name: string): RelPath => placeFile(service, 'utils', name);
  const files = {
    metrics,
    clients: utility('client-metrics'),
    diagnostics: placeFile(service, 'shared', 'service-diagnostics'),
  };
  renderMetrics(draft, service, files, view);
  register(draft, service, metrics);
  // The route that was just planned is one of those that the middleware leaves open.
  await planDiagnostics(draft, service, answers, [serviceClient, authMiddleware]);
  if (view.endpoint && !draft.failed) openRoute(draft, service);
  if (!draft.failed) renderMetricsTest(draft, service, files, view.endpoint);
  if (view.hidden !== undefined) draft.note(hiddenRegistry(view.hidden));
  planMonitoring(draft, answers.monitoring);
  return draft.finish();
}

function renderMetrics(
  draft: Draft,
  service: Service,
  files: MetricsFiles,
  found: MetricsFact & { readonly endpoint: boolean },
): void {
  const { clients, diagnostics, metrics } = files;
  const { style } = service;
  const specifiers = {
    '../add-service-client/service-diagnostics.ts': importSpecifier(service, clients, diagnostics),
  };
  draft.create(clients, 'metrics', renderModule('add-s2s-metrics/client-metrics.ts', specifiers, style));
  const view = metricsView(service, files, found);
  draft.create(metrics, 'metrics', render('add-s2s-metrics/service-metrics.ts.hbs', view, style));
}

/** A route for Prometheus that somebody else has made. */
function hasEndpoint({ manifest, routes }: Service, own: RelPath): boolean {
  if (manifest.dependencies['fastify-metrics'] !== undefined) return true;
  const found = routes.flatMap((plugin) => plugin.routes);
  return found.some(({ path, url }) => url === '/metrics' && path !== own);
}

function register(draft: Draft, service: Service, metrics: RelPath): void {
  const client = { name: 'prom-client', range: '^15.1.3', section: 'dependencies' } as const;
  declareDependencies(draft, service, fastifyPlugin(service), client);
  registerPlugin(draft, service, { file: metrics, plugin: 'serviceMetrics' });
}

/** Where every route requires a token, Prometheus has none to give. */
function openRoute(draft: Draft, service: Service): void {
  const { file } = service.app;
  const [middleware] = openSources(draft.repo, service).filesMatching(
    /\binterface AuthMiddlewareOptions\b|\bawait connectAuthService\(/,
  );
  // The import may have been renamed.
  if (middleware === undefined || findDefaultImport(draft.repo, service, file, middleware) === undefined)
    return;
  draft.patch(file, 'registration', (text) => ensurePublicRoute(text, 'GET /metrics', detectStyle([text])));
}

function renderMetricsTest(
  draft: Draft,
  service: Service,
  { diagnostics, metrics }: MetricsFiles,
  endpoint: boolean,
): void {
  const { style, testing } = service;
  const client = findClient(draft.repo, service);
  if (testing.runner === 'none' || client === undefined) return;
  const test = testFileFor(service, metrics, 'service-metrics');
  const view: MetricsTestView = {
    metricsImport: importSpecifier(service, test, metrics),
    clientImport: importSpecifier(service, test, client.path),
    diagnosticsImport: importSpecifier(service, test, diagnostics),
    endpoint,
    retry: !(client.variant?.['without'] as readonly string[] | undefined)?.includes('retry'),
  };
  const template = 'add-s2s-metrics/service-metrics.test.ts.hbs';
  draft.create(test, 'unit-test', renderTest(template, view, style, testing));
}

function planMonitoring(draft: Draft, folder: string): void {
  if (folder === 'none') return;
  const file = (name: string): RelPath => joinRel(folder, name);
  draft.create(file('grafana-dashboard.json'), 'monitoring', renderDashboard());
  draft.create(
    file('prometheus-rules.yml'),
    'monitoring',
    renderText('add-s2s-metrics/prometheus-rules.yml.hbs', {}),
  );
  draft.note(
    `Give ${file('prometheus-rules.yml')} to Prometheus (rule_files) and import ${file('grafana-dashboard.json')} in Grafana.`,
  );
}

function hiddenRegistry(path: RelPath): string {
  return `${path} creates a registry that other files cannot import: the metrics use prom-client's default registry, unless you pass it to serviceMetrics as the option registry.`;
}

export const adoption: Adoption = {
  role: 'metrics',
  after: ['add-auth-middleware'],
  answers: (repo, dir) => {
    const client = clientAnswers(repo, dir);
    const folders = new Set([findMonitoringFolder(repo), 'monitoring', 'none']);
    return [...folders].map((monitoring) => ({ ...client, monitoring }));
  },
};
