import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { importSpecifier } from '../_engine/facts/style/place-file.ts';
import { usesNodeRedis } from '../_engine/edit/redis-connection.ts';
import { printString } from '../_engine/syntax/print.ts';
import { redisScope } from '../_engine/facts/redis.ts';
import type { VerifyFiles } from './files.ts';
import type { TokenPolicy } from './token-policy.ts';
import type { Blacklist, BlacklistView } from './view.ts';

export function blacklistView(
  repo: Repo,
  service: Service,
  files: VerifyFiles,
  blacklist: Blacklist,
  { cookies }: TokenPolicy,
): BlacklistView {
  const read = cookies.map(
    ({ name, signed }) => `${signed ? 'signedCookieOf' : 'cookieOf'}(request, ${printString(name)})`,
  );
  return {
    verifierImport: importSpecifier(service, files.blacklist, files.verifier),
    tokenKeyImport: importSpecifier(service, files.blacklist, files.tokenKey),
    scope: redisScope(repo, service),
    redis: blacklist === 'redis',
    nodeRedis: usesNodeRedis(service),
    cookies: read.join(', ') || false,
    signedCookies: cookies.some(({ signed }) => signed),
  };
}
