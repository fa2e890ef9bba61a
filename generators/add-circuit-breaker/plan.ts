import type { RunAnswers } from '../_engine/model/generator.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Plan } from '../_engine/model/plan.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { ensureSharedPackage } from '../_engine/edit/ensure-shared-package.ts';
import { importSpecifier, placeFile, testFileFor } from '../_engine/facts/style/place-file.ts';
import { type Draft, openDraft } from '../_engine/repo/draft.ts';
import { renderModule, renderTest } from '../_engine/render/render.ts';
import { testingFor } from '../_engine/facts/tooling.ts';
import { surveyTarget } from '../_engine/facts/app/service.ts';
import type { BreakerTestView } from './view.ts';

export interface BreakerAnswers extends RunAnswers {
  readonly with: readonly BreakerPart[];
}

type BreakerPart = 'window' | 'backoff';

interface Part {
  readonly file: string;
  /** What it exports, by which it is recognised. */
  readonly exported: string;
}

const core = 'circuit-breaker';

/** Options of the breaker, each a file beside it. */
const parts: Readonly<Record<BreakerPart, Part>> = {
  window: { file: 'outcome-window', exported: 'failureRate' },
  backoff: { file: 'open-time', exported: 'growingOpenTime' },
};

/** The breaker beside the service's other utilities, the parts that were asked for, and the unit tests of each. */
export function planCircuitBreaker({ with: chosen, ...run }: BreakerAnswers, repo: Repo): Plan {
  const service = surveyTarget(repo, run, false);
  const draft = openDraft(repo);
  ensureSharedPackage(draft, service);
  createModule(draft, service, core);
  for (const [name, { file, exported }] of Object.entries(parts)) {
    // A part that is there is planned again, which also recognises it where nothing is recorded.
    const isThere = repo.read(placeFile(service, 'shared', file))?.includes(exported) === true;
    if (isThere || chosen.some((part) => part === name)) createModule(draft, service, file);
  }
  return draft.finish();
}

function createModule(draft: Draft, service: Service, name: string): void {
  const { style } = service;
  const place = (file: string): RelPath => placeFile(service, 'shared', file);
  const specifiers = { './circuit-breaker.ts': importSpecifier(service, place(name), place(core)) };
  const text = renderModule(`add-circuit-breaker/${name}.ts`, specifiers, style);
  draft.create(place(name), 'circuit-breaker', text);
  const test = testFileFor(service, place(name), name);
  const testing = testingFor(draft.repo, service, test);
  if (testing.runner === 'none') return;
  const view: BreakerTestView = {
    breakerImport: importSpecifier(service, test, place(core)),
    windowImport: importSpecifier(service, test, place('outcome-window')),
    openTimeImport: importSpecifier(service, test, place('open-time')),
  };
  const template = `add-circuit-breaker/${name}.test.ts.hbs`;
  draft.create(test, 'unit-test', renderTest(template, view, style, testing));
}
