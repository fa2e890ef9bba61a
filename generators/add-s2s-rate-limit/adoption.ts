import type { Adoption } from '../_engine/model/generator.ts';

export const adoption: Adoption = {
  role: 'rate-limit',
  after: ['add-auth-verify', 'add-auth-middleware'],
  answers: () => [{ store: 'redis' }, { store: 'memory' }],
  read: { path: /\blimitVerifications\(\s*['"]([^'"]+)['"]/ },
};
