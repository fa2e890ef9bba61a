import { describe } from 'vitest';

import { describeClientParts } from './parts/client-parts.ts';
import { renderVariant, variants } from './render-variant.ts';

/** The client's tests that users get, and what they leave out, run here on each variant. */
for (const name of [
  'core',
  'without-retry',
  'fetch',
  'fetch-without-retry',
  'diagnostics',
  'diagnostics-without-retry',
]) {
  const variant = variants[name];
  if (variant === undefined) throw new Error(`no variant ${name}`);
  const folder = renderVariant(`client-${name}`, variant);
  describe(name, async () => {
    await import(new URL('service-client.test.ts', folder).href);
    describeClientParts((path) => import(new URL(path.replace('utils/', ''), folder).href), variant.retry);
    if (variant.diagnostics === true) await import(new URL('service-diagnostics.test.ts', folder).href);
  });
}
