import type { ImportWant } from '../model/code-facts.ts';
import type { RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import type { ServiceHead } from '../model/service.ts';
import { exportedWant } from '../program/outside-reads.ts';
import { openSurvey, type Survey } from '../program/survey.ts';
import { siblingsOf } from './app/siblings.ts';
import { unwrap } from '../syntax/expressions.ts';
import { importedBy, topLevelVariables } from '../syntax/symbols.ts';
import { findNode, ts } from '../syntax/tree.ts';

/** What a service has for Prometheus. */
export interface MetricsFact {
  /** A registry of its own, as another file writes it; absent: prom-client's default one. */
  readonly registry?: Readonly<{ expression: string; imports: readonly ImportWant[] }>;
  /** A file that makes a registry which no other file can import, for example in a plugin. */
  readonly hidden?: RelPath;
}

const registryText = /\bnew\s+(?:\w+\.)?Registry\b/;

/** Finds `export const registry = new Registry()`, `new client.Registry()`; fastify-metrics has the default registry. */
export function surveyMetrics(repo: Repo, head: ServiceHead): MetricsFact {
  const survey = openSurvey(repo, head);
  let hidden: RelPath | undefined;
  for (const file of survey.filesMatching(registryText)) {
    for (const { initializer, name } of topLevelVariables(survey.tree(file))) {
      if (initializer === undefined || !ts.isIdentifier(name)) continue;
      if (!makesRegistry(unwrap(initializer))) continue;
      const want = exportedWant(survey, name.text, file);
      if (want !== undefined) return { registry: { expression: name.text, imports: [want] } };
      hidden ??= file;
    }
  }
  const inside = survey.filesMatching(registryText).find((file) => {
    return findNode(survey.tree(file), makesRegistry) !== undefined;
  });
  const elsewhere = hidden ?? inside ?? siblingsOf(survey).flatMap(registriesIn)[0];
  return elsewhere === undefined ? {} : { hidden: elsewhere };
}

/** Files of a package of the repo that make one: how a service would import it is not known. */
function registriesIn(sibling: Survey): readonly RelPath[] {
  return sibling.filesMatching(registryText).filter((file) => sibling.text(file).includes('prom-client'));
}

function makesRegistry(node: ts.Node): boolean {
  return ts.isNewExpression(node) && importedBy(node.expression)?.from === 'prom-client';
}

/** Which parts of OpenTelemetry a service has by its dependencies, and by those of packages of the repo that it uses. */
export interface OpenTelemetryFact {
  /** Something sets up an SDK. */
  readonly sdk: boolean;
  /** Something makes spans of requests that come in, of what undici or fetch sends, and puts traces into log lines. */
  readonly server: boolean;
  readonly client: boolean;
  readonly logs: boolean;
}

const every =
  /^@opentelemetry\/auto-instrumentations-node$|^@sentry\/(node|node-core)$|^dd-trace$|^newrelic$/;
const sdk = /^@opentelemetry\/sdk-(node|trace-node|trace-base)$|^@azure\/monitor-opentelemetry$/;
const server = /^@fastify\/otel$|^@opentelemetry\/instrumentation-(http|fastify)$/;
const client = /^@opentelemetry\/instrumentation-undici$/;
const logs = /^@opentelemetry\/instrumentation-pino$/;

export function surveyOpenTelemetry(repo: Repo, head: ServiceHead): OpenTelemetryFact {
  const siblings = siblingsOf(openSurvey(repo, head)).map((one) => one.head);
  const names = [head, ...siblings].flatMap(({ manifest }) => Object.keys(manifest.dependencies));
  const has = (...patterns: readonly RegExp[]): boolean =>
    names.some((name) => patterns.some((pattern) => pattern.test(name)));
  return {
    sdk: has(every, sdk),
    server: has(every, server),
    client: has(every, client),
    logs: has(every, logs),
  };
}
