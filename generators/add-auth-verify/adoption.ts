import type { Adoption } from '../_engine/model/generator.ts';

export const adoption: Adoption = {
  role: 'verify-route',
  after: [],
  answers: () => ['redis', 'memory', 'none'].map((blacklist) => ({ blacklist })),
  read: { path: /\.post<[^(]{0,200}\(\s{0,99}['"]([^'"]{1,300})['"]/ },
};
