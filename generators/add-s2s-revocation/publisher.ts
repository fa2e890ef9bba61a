import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { importSpecifier, placeFile, testFileFor } from '../_engine/facts/style/place-file.ts';
import { usesNodeRedis } from '../_engine/edit/redis-connection.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import { render, renderModule, renderTest } from '../_engine/render/render.ts';
import { redisScope } from '../_engine/facts/redis.ts';
import type { PublisherTestView, PublisherView } from './view.ts';

/** Messages of two products on one Redis stay apart. */
export function revocationChannel(repo: Repo, auth: Service): string {
  return `token-revocations:${redisScope(repo, auth)}`;
}

/** Both sides speak to Redis through it; gives where it is. */
export function createLogConnection(draft: Draft, service: Service): RelPath {
  const path = placeFile(service, 'utils', 'log-connection');
  const variant = usesNodeRedis(service) ? 'node-redis' : 'ioredis';
  const text = renderModule(`add-s2s-revocation/log-connection.${variant}.ts`, {}, service.style);
  draft.create(path, 'revocation', text);
  return path;
}

/** What publishes, and its tests; the verify route is wired to it where the file is there. */
export function planPublisher(draft: Draft, auth: Service): void {
  const { style, testing } = auth;
  const inUtils = (name: string): RelPath => placeFile(auth, 'utils', name);
  const [publisher, blacklist] = [inUtils('revocation-publisher'), inUtils('token-blacklist')];
  const channel = revocationChannel(draft.repo, auth);
  const connection = createLogConnection(draft, auth);
  const view: PublisherView = {
    channel,
    blacklistImport: importSpecifier(auth, publisher, blacklist),
    connectionImport: importSpecifier(auth, publisher, connection),
    replyImport: importSpecifier(auth, publisher, inUtils('redis-reply')),
  };
  const text = render('add-s2s-revocation/revocation-publisher.ts.hbs', view, style);
  draft.create(publisher, 'revocation', text);
  if (testing.runner === 'none') return;
  const test = testFileFor(auth, publisher, 'revocation-publisher');
  const testView: PublisherTestView = {
    channel,
    blacklistImport: importSpecifier(auth, test, blacklist),
    publisherImport: importSpecifier(auth, test, publisher),
  };
  const template = 'add-s2s-revocation/revocation-publisher.test.ts.hbs';
  draft.create(test, 'unit-test', renderTest(template, testView, style, testing));
}
