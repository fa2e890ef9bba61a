import { describe } from 'vitest';

import { renderVariant, variants } from './render-variant.ts';

/** The unit tests that users get, run here on each variant of the breaker. */
for (const name of ['core', 'window', 'backoff', 'full']) {
  const variant = variants[name];
  if (variant === undefined) throw new Error(`no variant ${name}`);
  const folder = renderVariant(`breaker-${name}`, variant);
  describe(name, async () => {
    await import(new URL('circuit-breaker.test.ts', folder).href);
  });
}
