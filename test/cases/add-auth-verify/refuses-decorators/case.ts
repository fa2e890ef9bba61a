import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'decorators',
  args: [],
  refusal: ['E_UNSUPPORTED_FRAMEWORK'],
};
