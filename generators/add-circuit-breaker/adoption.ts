import type { Adoption } from '../_engine/model/generator.ts';

export const adoption: Adoption = { role: 'circuit-breaker', after: [], answers: () => [{}] };
