import { clientAnswers } from '../_engine/facts/calls/installed-client.ts';
import type { Adoption } from '../_engine/model/generator.ts';

export const adoption: Adoption = {
  role: 'metrics',
  after: ['add-auth-middleware'],
  answers: (repo, dir) => {
    const client = clientAnswers(repo, dir);
    return ['monitoring', 'none'].map((monitoring) => ({ ...client, monitoring }));
  },
};
