import type { RunAnswers } from '../_engine/model/generator.ts';
import type { Plan } from '../_engine/model/plan.ts';
import type { Refusal } from '../_engine/model/refusal.ts';
import type { Repo } from '../_engine/model/repo.ts';
import { importSpecifier, placeFile, testFileFor } from '../_engine/facts/style/place-file.ts';
import { openDraft } from '../_engine/repo/draft.ts';
import { render, renderTest } from '../_engine/render/render.ts';
import { surveyTarget } from '../_engine/facts/app/service.ts';
import type { BreakerTestView, BreakerView } from './view.ts';

export interface BreakerAnswers extends RunAnswers {
  readonly with: readonly ('window' | 'backoff')[];
}

/** The breaker beside the service's other utilities, its window when asked for, and its unit tests. */
export function planCircuitBreaker(answers: BreakerAnswers, repo: Repo): Plan | Refusal {
  const service = surveyTarget(repo, answers, false);
  if ('ok' in service) return service;
  const { with: parts } = answers;
  const breaker = placeFile(service, 'utils', 'circuit-breaker');
  const existing = repo.read(breaker) ?? '';
  const window = placeFile(service, 'utils', 'outcome-window');
  const test = testFileFor(service, breaker, 'circuit-breaker');
  const view: BreakerView = {
    // A part that is there stays: each run adds to those before.
    window: parts.includes('window') || existing.includes('OutcomeWindow'),
    backoff: parts.includes('backoff') || existing.includes('BackoffOptions'),
    windowImport: importSpecifier(service, breaker, window),
  };
  const testView: BreakerTestView = { ...view, breakerImport: importSpecifier(service, test, breaker) };

  const draft = openDraft(repo);
  const { style, testing } = service;
  draft.create(breaker, 'circuit-breaker', render('add-circuit-breaker/circuit-breaker.ts.hbs', view, style));
  if (view.window) {
    draft.create(window, 'circuit-breaker', render('add-circuit-breaker/outcome-window.ts.hbs', view, style));
  }
  if (testing.runner !== 'none') {
    const text = renderTest('add-circuit-breaker/circuit-breaker.test.ts.hbs', testView, style, testing);
    draft.create(test, 'unit-test', text);
  }
  return draft.finish();
}
