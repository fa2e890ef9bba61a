import type { Case } from '../../../helpers/case.ts';

/** A class of that name that has none of the parts. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'user', '--source', 'dns'],
  files: { 'services/user-service/src/clients/service-client.ts': 'export class ServiceClient {}\n' },
  refusal: ['E_FILE_EXISTS'],
};
