import type { ImportWant } from '../../model/import-want.ts';
import type { RelPath } from '../../model/paths.ts';
import type { Repo } from '../../model/repo.ts';
import type { ServiceHead } from '../../model/service.ts';
import { ts } from '../../syntax/tree.ts';
import { unwrap } from '../../syntax/expressions.ts';
import { importsOf } from '../../syntax/imports.ts';
import { importWant } from '../../program/outside-reads.ts';
import { openSurvey, type Survey } from '../../program/survey.ts';

/** What a service has for Prometheus. */
export interface MetricsFact {
  /** A registry of its own, as another file writes it; absent: prom-client's default one. */
  readonly registry?: Readonly<{ expression: string; imports: readonly ImportWant[] }>;
  /** A file that makes a registry which no other file can import. */
  readonly hidden?: RelPath;
}

/** Finds `export const registry = new Registry()`, `new client.Registry()`; fastify-metrics has the default registry. */
export function surveyMetrics(repo: Repo, head: ServiceHead): MetricsFact {
  const survey = openSurvey(repo, head);
  let hidden: RelPath | undefined;
  for (const file of survey.mentioning(/\bnew\s+(?:\w+\.)?Registry\b/)) {
    for (const statement of survey.tree(file).statements) {
      if (!ts.isVariableStatement(statement)) continue;
      for (const { initializer, name } of statement.declarationList.declarations) {
        if (initializer === undefined || !ts.isIdentifier(name)) continue;
        if (!makesRegistry(survey, unwrap(initializer), file)) continue;
        const want = importWant(survey, name, file);
        if (want !== undefined) return { registry: { expression: name.text, imports: [want] } };
        hidden ??= file;
      }
    }
  }
  return hidden === undefined ? {} : { hidden };
}

function makesRegistry(survey: Survey, node: ts.Expression, file: RelPath): boolean {
  if (!ts.isNewExpression(node)) return false;
  const callee = unwrap(node.expression);
  const root = ts.isPropertyAccessExpression(callee) ? unwrap(callee.expression) : callee;
  return ts.isIdentifier(root) && importsOf(survey.tree(file)).get(root.text)?.from === 'prom-client';
}
