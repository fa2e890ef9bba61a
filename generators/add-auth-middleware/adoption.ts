import { possibleAuthAnswers } from '../_engine/facts/auth/auth-service.ts';
import { clientAnswers } from '../_engine/facts/calls/installed-client.ts';
import type { Adoption } from '../_engine/model/generator.ts';

export const adoption: Adoption = {
  role: 'auth-middleware',
  after: ['add-service-client'],
  // Which routes ask for a token is in the code: nothing is to be added.
  answers: (repo, dir) => {
    const client = { ...clientAnswers(repo, dir), protect: ['none'] };
    return possibleAuthAnswers(repo).flatMap((auth) => [
      { ...client, ...auth, with: [] },
      { ...client, ...auth, with: ['cache'] },
    ]);
  },
  read: {
    path: /\bverifyPath \?\?\s+['"]([^'"]+)['"]/,
    cacheTtl: /\bcacheTtl \?\?\s+([\d_]+)/,
    decorate: /\bdecorateRequest\(\s*['"](\w+)['"],\s*null\b/,
  },
};
