import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';

import { applyChanges, type TextChange } from '../../generators/_engine/model/text-change.ts';
import type { RegistrationWant } from '../../generators/_engine/edit/registration-scopes.ts';
import { ensureImport } from '../../generators/_engine/edit/ensure-import.ts';
import { ensureRegistration } from '../../generators/_engine/edit/ensure-registration.ts';
import { proveEdit } from '../../generators/_engine/plan/prove.ts';
import { detectStyle } from '../../generators/_engine/facts/style/style.ts';
import { serviceOf } from '../engine/facts/service-of.ts';
import { printApp } from './print-app.ts';
import { randomApp } from './random-app.ts';
import { undone } from './undone.ts';

const apps = process.env['S2S_DEEP'] === '1' ? 10_000 : 800;

/** The text with the changes; proves them, and that they can be taken back. */
function changed(base: string, changes: readonly TextChange[]): string {
  const next = applyChanges(base, changes);
  expect(proveEdit('src/app.ts', base, next, changes)).toBeUndefined();
  expect(undone(base, changes)).toBe(base);
  for (const { start, end } of changes) expect(end).toBe(start);
  return next;
}

describe('imports and registrations in random services', () => {
  it(`only insert, in their place, once, over ${String(apps)} services`, { timeout: 600_000 }, () => {
    fc.assert(
      fc.property(randomApp, fc.constantFrom('routes', 'before-routes'), (random, position) => {
        const files = printApp(random);
        const { app, routes } = serviceOf(files);
        const base = files['src/app.ts'] ?? '';
        const style = detectStyle([base]);
        const plugin = 'oursOfThePack';
        const routePlugins = routes.map(({ name }) => name);
        const want: RegistrationWant = { app, plugin, position, routePlugins };
        const source = { from: './plugins/ours.js', default: plugin };

        const imported = changed(base, ensureImport(base, source, style));
        const registered = changed(imported, ensureRegistration(imported, want, style));
        expect(ensureImport(registered, source, style)).toEqual([]);
        expect(ensureRegistration(registered, want, style)).toEqual([]);

        const call = registered.indexOf(`register(${plugin}`);
        for (const { kind, name } of routes) {
          // What a loop registers stands in a list of its own, and an inline plugin has no name.
          if (kind === 'inline' || random.form === 'loop in a class' || !name.endsWith('Routes')) continue;
          const isAfter = registered.lastIndexOf(name) > call;
          expect(isAfter, `${name} in ${registered}`).toBe(position === 'before-routes');
        }
        expect(serviceOf({ ...files, 'src/app.ts': registered }).app).toEqual(app);
      }),
      { numRuns: apps, seed: inject('seed') },
    );
  });
});
