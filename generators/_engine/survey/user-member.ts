import type { Service } from '../contract.ts';

/** The member of the request that our auth middleware puts the user on; undefined where it is not there. */
export function findUserMember({ decorators, requestMembers }: Service): string | undefined {
  const middleware = decorators.find(({ name }) => name === 'authServiceClient')?.at?.path;
  const own = requestMembers.filter(({ at }) => at !== undefined && at.path === middleware);
  return own.find(({ name }) => !/correlationId$/i.test(name))?.name;
}
