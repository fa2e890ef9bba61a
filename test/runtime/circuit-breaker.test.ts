import { readdirSync } from 'node:fs';

import { describe } from 'vitest';

import { renderVariant, variants } from './render-variant.ts';

const breakerTest = /^(circuit-breaker|outcome-window|open-time)\.test\.ts$/;

/** The unit tests that users get, run here on each variant of the breaker. */
for (const name of ['core', 'window', 'backoff', 'full']) {
  const variant = variants[name];
  if (variant === undefined) throw new Error(`no variant ${name}`);
  const folder = renderVariant(`breaker-${name}`, variant);
  describe(name, async () => {
    for (const file of readdirSync(folder).filter((name) => breakerTest.test(name)))
      await import(new URL(file, folder).href);
  });
}
