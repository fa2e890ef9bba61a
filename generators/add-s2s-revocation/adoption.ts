import { possibleAuthAnswers } from '../_engine/facts/auth/auth-service.ts';
import type { Adoption } from '../_engine/model/generator.ts';

export const adoption: Adoption = {
  role: 'revocation',
  after: ['add-auth-verify', 'add-auth-middleware'],
  answers: (repo) => [...possibleAuthAnswers(repo), { auth: 'none' }],
};
