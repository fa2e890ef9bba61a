import type { Service } from '../../model/service.ts';
import { isIdentifier } from '../../syntax/print.ts';

/** The member of the request that our auth middleware puts the user on; undefined where it is not there. */
export function findUserMember({ decorators, requestDecorations }: Service): string | undefined {
  const middleware = decorators.find(({ name }) => name === 'authServiceClient')?.at?.path;
  const own = requestDecorations.filter(({ at }) => at !== undefined && at.path === middleware);
  // It goes into generated code after a dot: a name of another kind is not ours.
  return own.find(({ name }) => isIdentifier(name) && !/correlationId$/i.test(name))?.name;
}
