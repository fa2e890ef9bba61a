import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { declareVariables, readVariable } from '../_engine/edit/declare-variables.ts';
import { declareDependencies } from '../_engine/edit/ensure-dependency.ts';
import { importLines, importSpecifier, placeFile } from '../_engine/facts/style/place-file.ts';
import { createRedisLifecycle, redisConnection } from '../_engine/edit/redis-connection.ts';
import { printString } from '../_engine/syntax/print.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import { render, renderModule } from '../_engine/render/render.ts';
import { createLogConnection, revocationChannel } from './publisher.ts';
import type { SubscriberView } from './view.ts';

/**
 * What listens, and what it needs to reach Redis; the middleware is wired to it where the file is there. Without `auth`,
 * which is then in another repository, the environment names the channel.
 */
export async function planSubscriber(
  draft: Draft,
  consumer: Service,
  auth: Service | undefined,
): Promise<void> {
  const inUtils = (name: string): RelPath => placeFile(consumer, 'utils', name);
  const view = subscriberView(draft.repo, consumer, auth);
  const { style } = consumer;
  draft.create(inUtils('token-key'), 'revocation', renderModule('add-auth-verify/token-key.ts', {}, style));
  const text = render('add-s2s-revocation/revocation-subscriber.ts.hbs', view, style);
  const log = inUtils('revocation-log');
  const specifiers = {
    './log-connection.ioredis.ts': importSpecifier(consumer, log, createLogConnection(draft, consumer)),
  };
  draft.create(log, 'revocation', renderModule('add-s2s-revocation/revocation-log.ts', specifiers, style));
  createRedisLifecycle(draft, consumer, 'revocation');
  draft.create(inUtils('revocation-subscriber'), 'revocation', text);
  if (consumer.redis.library === 'none') {
    const ioredis = { name: 'ioredis', range: '^5.4.0', section: 'dependencies' } as const;
    declareDependencies(draft, consumer, ioredis);
  }
  const names = [
    ...(consumer.redis.client === undefined ? ['REDIS_URL'] : []),
    ...(auth === undefined ? ['REVOCATION_CHANNEL'] : []),
  ];
  const variables = names.map((name) => ({ name, value: '', type: 'string' as const }));
  if (variables.length > 0) await declareVariables(draft, consumer, variables);
}

function subscriberView(repo: Repo, consumer: Service, auth: Service | undefined): SubscriberView {
  const subscriber = placeFile(consumer, 'utils', 'revocation-subscriber');
  const log = placeFile(consumer, 'utils', 'revocation-log');
  const connection = placeFile(consumer, 'utils', 'log-connection');
  const redis = redisConnection(consumer, true, {
    use: 'revoked tokens',
    options: 'FAIL_FAST',
    settings: 'disableOfflineQueue: true',
    names: ['FAIL_FAST'],
  });
  const names = ['followRevocations', 'type RevocationListener', 'type RevocationLogOptions'];
  const variable = readVariable(consumer, 'REVOCATION_CHANNEL');
  const wants = [
    { from: 'fastify', names: ['FastifyInstance'], typeOnly: true },
    ...redis.imports,
    ...(auth === undefined ? variable.imports : []),
    { from: connection, names: ['logConnection'] },
    { from: log, names },
  ];
  return {
    ...redis,
    imports: importLines(consumer, subscriber, wants),
    channel: auth === undefined ? variable.expression : printString(revocationChannel(repo, auth)),
    channelMayMiss: auth === undefined,
  };
}
