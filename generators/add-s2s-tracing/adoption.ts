import { clientAnswers } from '../_engine/facts/calls/installed-client.ts';
import type { Adoption } from '../_engine/model/generator.ts';

export const adoption: Adoption = {
  role: 'tracing',
  after: ['add-auth-middleware'],
  answers: (repo, dir) => [clientAnswers(repo, dir)],
};
