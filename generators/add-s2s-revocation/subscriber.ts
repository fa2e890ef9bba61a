import type { Service } from '../_engine/contract.ts';
import { declareVariables } from '../_engine/edit/declare-variables.ts';
import { ensureDependency } from '../_engine/edit/ensure-dependency.ts';
import { importLines } from '../_engine/edit/import-lines.ts';
import { placeFile } from '../_engine/edit/place-file.ts';
import { redisConnection } from '../_engine/edit/redis-connection.ts';
import type { Draft } from '../_engine/plan.ts';
import { render } from '../_engine/render.ts';
import { fromCatalog } from '../_engine/survey/from-catalog.ts';
import type { SubscriberView } from './view.ts';

/** What listens, and what it needs to reach Redis; the middleware is wired to it where the file is there. */
export async function planSubscriber(draft: Draft, consumer: Service): Promise<void> {
  const subscriber = placeFile(consumer, 'utils', 'revocation-subscriber');
  const view = subscriberView(consumer);
  const text = render('add-s2s-revocation/revocation-subscriber.ts.hbs', view, consumer.style);
  draft.create(subscriber, 'revocation', text);
  if (consumer.redis.library === 'none') {
    const ioredis = { name: 'ioredis', range: '^5.4.0', section: 'dependencies' } as const;
    draft.patch(consumer.manifest.path, 'manifest', (base) =>
      ensureDependency(base, fromCatalog(draft.repo, consumer, ioredis)),
    );
  }
  if (view.redisOwn)
    await declareVariables(draft, consumer, [{ name: 'REDIS_URL', value: '', type: 'string' }]);
}

function subscriberView(consumer: Service): SubscriberView {
  const subscriber = placeFile(consumer, 'utils', 'revocation-subscriber');
  const redis = redisConnection(consumer, true, {
    use: 'revoked tokens',
    options: 'SUBSCRIBER',
    settings: 'pingInterval: 10_000',
  });
  const wants = [{ from: 'fastify', names: ['FastifyInstance'], typeOnly: true }, ...redis.imports];
  return { ...redis, imports: importLines(consumer, subscriber, wants) };
}
