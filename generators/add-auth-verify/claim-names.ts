import type { Service } from '../_engine/model/service.ts';
import { printStrings } from '../_engine/syntax/print.ts';
import type { VerifyView } from './view.ts';

const userIdClaims = ['sub', 'userId', 'user_id', 'id'];
const tenantIdClaims = ['tenantId', 'tenant_id', 'tenant', 'orgId', 'org_id', 'org'];

/** The names that the user and the tenant go by in tokens: those that the service signs come first. */
export function claimNames({ claims }: Service['jwt']): Pick<VerifyView, 'userIdClaims' | 'tenantIdClaims'> {
  const list = (usual: readonly string[]): string => {
    const first = claims.filter((name) => usual.includes(name));
    const rest = usual.filter((name) => !first.includes(name));
    return printStrings([...first, ...rest]);
  };
  return { userIdClaims: list(userIdClaims), tenantIdClaims: list(tenantIdClaims) };
}
