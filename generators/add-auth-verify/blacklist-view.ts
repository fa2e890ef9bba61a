import type { Repo, Service } from '../_engine/contract.ts';
import { importSpecifier } from '../_engine/edit/place-file.ts';
import { usesNodeRedis } from '../_engine/edit/redis-connection.ts';
import { redisScope } from '../_engine/survey/redis-scope.ts';
import type { Blacklist, BlacklistView } from './view.ts';
import type { VerifyFiles } from './views.ts';

export function blacklistView(
  repo: Repo,
  service: Service,
  files: VerifyFiles,
  blacklist: Blacklist,
): BlacklistView {
  return {
    verifierImport: importSpecifier(service, files.blacklist, files.verifier),
    tokenKeyImport: importSpecifier(service, files.blacklist, files.tokenKey),
    scope: redisScope(repo, service),
    redis: blacklist === 'redis',
    nodeRedis: usesNodeRedis(service),
  };
}
