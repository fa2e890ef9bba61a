import type { ImportWant, Repo, Service } from '../_engine/contract.ts';
import { importLines } from '../_engine/edit/import-lines.ts';
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
  const wants: ImportWant[] = [
    { from: 'fastify', names: ['FastifyRequest'], typeOnly: true },
    { from: files.tokenKey, names: ['tokenKey'] },
    { from: files.verifier, names: ['decodeClaims', 'type TokenClaims', 'TokenError'] },
  ];
  return {
    imports: importLines(service, files.blacklist, wants),
    scope: redisScope(repo, service),
    redis: blacklist === 'redis',
    nodeRedis: usesNodeRedis(service),
  };
}
