import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { renderModule } from '../../generators/_engine/render/render.ts';
import { projectRoot } from '../helpers/project-root.ts';

interface Quota {
  readonly max: number;
  readonly timeWindow: number;
}

interface Take {
  readonly retryAfterMs: number;
  readonly remaining: number;
  readonly resetMs: number;
}

export interface TokenBuckets {
  take(key: string, quota: Quota): Take | Promise<Take>;
  give(key: string, quota: Quota): void | Promise<void>;
}

/** The generated module, for a client of ioredis or of `redis`. */
export interface BucketModule {
  readonly createRedisBuckets: (client: unknown, prefix: string) => TokenBuckets;
  readonly createMemoryBuckets: (options?: { clock?: () => number }) => TokenBuckets;
}

const style = {
  quote: "'",
  semicolons: true,
  indent: '  ',
  eol: '\n',
  trailingCommas: true,
  finalNewline: true,
} as const;

/** Renders the buckets for one of the clients, and imports them. */
export async function loadBuckets(client: 'ioredis' | 'redis'): Promise<BucketModule> {
  const folder = join(projectRoot, '.rendered', `token-bucket-${client}`);
  mkdirSync(folder, { recursive: true });
  const specifiers = {
    './redis-script.ioredis.ts': './redis-script.ts',
    './token-bucket.ts': './token-bucket.ts',
  };
  const write = async (name: string, template = name): Promise<object> => {
    const text = renderModule(`add-s2s-rate-limit/${template}.ts`, specifiers, style);
    // Of a machine that stops this process for a moment the tests of the script know nothing.
    const file = join(folder, `${name}.ts`);
    writeFileSync(file, text.replace('TICK_MS = 25;', 'TICK_MS = 2_500;'));
    return (await import(pathToFileURL(file).href)) as object;
  };
  const memory = await write('token-bucket');
  await write('redis-script', `redis-script.${client === 'redis' ? 'node-redis' : 'ioredis'}`);
  return { ...memory, ...(await write('redis-buckets')) } as BucketModule;
}
