import type { Case } from '../../../helpers/case.ts';

/** A class of that name that is not ours publishes nothing that could be traced. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'user'],
  files: {
    'services/user-service/src/http/service-client.ts':
      "export class ServiceClient {\n  readonly kind = 'hand-written';\n}\n",
  },
  refusal: ['E_FILE_EXISTS'],
};
