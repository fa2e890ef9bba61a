import { clientAnswers } from '../_engine/facts/calls/installed-client.ts';
import type { Adoption } from '../_engine/model/generator.ts';

export const adoption: Adoption = {
  role: 'service-client',
  after: ['add-circuit-breaker'],
  answers: (repo, dir) => [clientAnswers(repo, dir)],
};
