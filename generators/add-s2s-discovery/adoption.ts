import { clientAnswers } from '../_engine/facts/calls/installed-client.ts';
import type { Adoption } from '../_engine/model/generator.ts';
import { sources } from './view.ts';

export const adoption: Adoption = {
  role: 'service-discovery',
  after: ['add-service-client'],
  // Sources that are there are planned again as well.
  answers: (repo, dir) => sources.map((source) => ({ ...clientAnswers(repo, dir), source: [source] })),
};
