import type { ImportWant } from '../_engine/model/code-facts.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Service } from '../_engine/model/service.ts';
import { importLines, testFileFor } from '../_engine/facts/style/place-file.ts';
import { usesNodeRedis } from '../_engine/edit/redis-connection.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import { renderTest } from '../_engine/render/render.ts';
import type { VerifyFiles } from './files.ts';
import { usesMemory } from './modules.ts';
import type { Blacklist, DenylistTestView } from './view.ts';

/** The tests of the denylist and of each store that it has. */
export function planDenylistTests(
  draft: Draft,
  service: Service,
  files: VerifyFiles,
  blacklist: Blacklist,
): void {
  const { style, testing } = service;
  if (testing.runner === 'none' || blacklist === 'none') return;
  const expiry = usesNodeRedis(service) ? '{ EX: 60 }' : "'EX', 60";
  const create = (file: RelPath, name: string, wants: readonly ImportWant[]): void => {
    const test = testFileFor(service, file, name);
    const view: DenylistTestView = { imports: importLines(service, test, wants), expiry };
    draft.create(test, 'unit-test', renderTest(`add-auth-verify/${name}.test.ts.hbs`, view, style, testing));
  };
  create(files.blacklist, 'token-blacklist', [
    { from: files.blacklist, names: ['type BlacklistStore', 'TokenBlacklist'] },
    { from: files.tokenKey, names: ['decodePart'] },
  ]);
  if (usesMemory(service, blacklist))
    create(files.memory, 'memory-blacklist-store', [{ from: files.memory, names: ['createMemoryStore'] }]);
  if (blacklist === 'redis')
    create(files.redis, 'redis-blacklist-store', [{ from: files.redis, names: ['createRedisStore'] }]);
}
