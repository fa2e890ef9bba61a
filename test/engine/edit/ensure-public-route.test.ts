import { describe, expect, it } from 'vitest';

import { ensurePublicRoute } from '../../../generators/_engine/edit/register-plugin.ts';
import { edited, style } from './edited.ts';

const opened = (base: string): string =>
  edited(base, 'app.ts', (text) => ensurePublicRoute(text, '/metrics', style));

describe('ensurePublicRoute', () => {
  it.each([
    [
      "app.register(a, { publicRoutes: ['/health'] });\n",
      "app.register(a, { publicRoutes: ['/health', '/metrics'] });\n",
    ],
    ['app.register(a, { publicRoutes: [] });\n', "app.register(a, { publicRoutes: ['/metrics'] });\n"],
    [
      "const o = {\n  publicRoutes: [\n    '/health', // for the probe\n    '/docs/*',\n  ],\n};\n",
      "const o = {\n  publicRoutes: [\n    '/health', // for the probe\n    '/docs/*',\n    '/metrics',\n  ],\n};\n",
    ],
  ])('adds the URL to the list: %s', (base, wanted) => {
    expect(opened(base)).toBe(wanted);
  });

  it.each([
    "app.register(a, { publicRoutes: ['/metrics', '/health'] });\n",
    'app.register(a);\n',
    'app.register(a, { publicRoutes: routes });\n',
  ])('leaves alone: %s', (base) => {
    expect(opened(base)).toBe(base);
  });
});
