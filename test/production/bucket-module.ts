import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { render } from '../../generators/_engine/render/render.ts';
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

/** Renders token-bucket.ts for one of the clients, and imports it. */
export async function loadBuckets(client: 'ioredis' | 'redis'): Promise<BucketModule> {
  const folder = join(projectRoot, '.rendered', `token-bucket-${client}`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'token-bucket.ts');
  const view = { redis: true, nodeRedis: client === 'redis' };
  const text = render('add-s2s-rate-limit/token-bucket.ts.hbs', view, style);
  // Of a machine that stops this process for a moment the tests of the script know nothing.
  writeFileSync(file, text.replace('TICK_MS = 25;', 'TICK_MS = 2_500;'));
  return (await import(pathToFileURL(file).href)) as BucketModule;
}
