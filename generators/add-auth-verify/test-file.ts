import type { Service } from '../_engine/contract.ts';
import type { Draft } from '../_engine/plan.ts';
import type { Blacklist } from './view.ts';
import type { VerifyFiles } from './views.ts';

/** The tests of the route. */
export function planVerifyTest(
  _draft: Draft,
  _service: Service,
  _files: VerifyFiles,
  _path: string,
  _blacklist: Blacklist,
): void {
  return undefined;
}
