import { generator as serviceClient } from '../add-service-client/index.ts';
import type { Adoption, AnswersTo } from '../_engine/model/generator.ts';
import { RefusalError } from '../_engine/model/obstacle.ts';
import type { Plan } from '../_engine/model/plan.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { placeFile, testFileFor } from '../_engine/facts/style/place-file.ts';
import { type Draft, openDraft } from '../_engine/repo/draft.ts';
import { render, renderModule, renderTest } from '../_engine/render/render.ts';
import {
  clientAnswers,
  findClient,
  findInstalled,
  foreignClient,
} from '../_engine/facts/calls/installed-client.ts';
import { surveyTarget } from '../_engine/facts/app/service.ts';
import { type DiscoveryFiles, discoveryFiles, type FileName, fileNames, wireDiscovery } from './wiring.ts';
import { type Source, sources } from './view.ts';
import { connectView, discoveryTestView, specifiersOf } from './views.ts';

export type DiscoveryAnswers = AnswersTo<typeof serviceClient.questions> & {
  readonly source: readonly Source[];
};

/** The balanced client and the sources that were asked for, beside the ServiceClient; the middleware gets to use it. */
export async function planDiscovery(answers: DiscoveryAnswers, repo: Repo): Promise<Plan> {
  const service = surveyTarget(repo, answers, false);
  const draft = openDraft(repo);
  const client = placeFile(service, 'shared', 'service-client');
  const request = placeFile(service, 'shared', 'service-request');
  const installed = findInstalled(repo, service, 'ServiceClient');
  if (installed === undefined) await draft.include(serviceClient.plan(answers, draft.repo));
  else if (installed !== client || repo.read(request) === undefined)
    throw new RefusalError(foreignClient(installed, 'cannot use several endpoints'));
  if (draft.failed) return draft.finish();

  const files = discoveryFiles(service);
  // A source that is there stays: each run adds to those before.
  const there = sources.filter((source) => repo.read(files[source]) !== undefined);
  const asked = new Set([...answers.source, ...there]);
  renderDiscovery(draft, service, files, asked);
  wireDiscovery(draft, service, files.connect, asked);
  return draft.finish();
}

function renderDiscovery(
  draft: Draft,
  service: Service,
  files: DiscoveryFiles,
  asked: ReadonlySet<Source>,
): void {
  const { style, testing } = service;
  const specifiers = specifiersOf(service, files);
  for (const name of wantedFiles(asked)) {
    const text = renderModule(`add-s2s-discovery/${fileNames[name]}.ts`, specifiers, style);
    draft.create(files[name], 'service-discovery', text);
  }
  const view = connectView(service, files, asked);
  const connect = render('add-s2s-discovery/connect-service.ts.hbs', view, style);
  draft.create(files.connect, 'service-discovery', connect);
  if (testing.runner === 'none') return;
  const without = findClient(draft.repo, service)?.variant?.['without'] as readonly string[] | undefined;
  for (const name of ['balanced', 'connect', ...asked] as const) {
    const test = testFileFor(service, files[name], fileNames[name]);
    const testView = discoveryTestView(service, files, test, without?.includes('retry') !== true);
    const template = `add-s2s-discovery/${fileNames[name]}.test.ts.hbs`;
    draft.create(test, 'unit-test', renderTest(template, testView, style, testing));
  }
}

function wantedFiles(asked: ReadonlySet<Source>): readonly FileName[] {
  return [
    'endpoint',
    'watch',
    'pool',
    'balanced',
    ...(asked.has('dns') || asked.has('srv') ? (['addresses'] as const) : []),
    ...(asked.has('consul') || asked.has('eureka') ? (['registry'] as const) : []),
    ...asked,
  ];
}

export const adoption: Adoption = {
  role: 'service-discovery',
  after: ['add-service-client'],
  // Sources that are there are planned again as well.
  answers: (repo, dir) => sources.map((source) => ({ ...clientAnswers(repo, dir), source: [source] })),
};
