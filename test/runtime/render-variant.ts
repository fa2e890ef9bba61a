import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { render, renderTest } from '../../generators/_engine/render/render.ts';
import type { Style, TestingFact } from '../../generators/_engine/model/code-facts.ts';
import type { BreakerTestView } from '../../generators/add-circuit-breaker/view.ts';
import type { ClientTestView, ClientView } from '../../generators/add-service-client/view.ts';
import { projectRoot } from '../helpers/project-root.ts';

/** What can be asked of the runtime templates. */
export interface Variant {
  readonly window: boolean;
  readonly backoff: boolean;
  readonly retry: boolean;
  readonly transport: 'undici' | 'fetch';
  /** Absent: nothing is published. */
  readonly diagnostics?: boolean;
  /** Absent: the compiler's library is ES2022 or later. */
  readonly errorCause?: boolean;
}

export const coreVariant: Variant = { window: false, backoff: false, retry: true, transport: 'undici' };

/** Every variant with a name for its folder. */
export const variants: Readonly<Record<string, Variant>> = {
  core: coreVariant,
  window: { ...coreVariant, window: true },
  backoff: { ...coreVariant, backoff: true },
  full: { ...coreVariant, window: true, backoff: true },
  'without-retry': { ...coreVariant, retry: false },
  fetch: { ...coreVariant, transport: 'fetch' },
  diagnostics: { ...coreVariant, diagnostics: true },
  'diagnostics-without-retry': { ...coreVariant, diagnostics: true, retry: false },
  'old-library': { ...coreVariant, errorCause: false },
  'fetch-without-retry': { ...coreVariant, retry: false, transport: 'fetch' },
};

const style: Style = {
  quote: "'",
  semicolons: true,
  indent: '  ',
  eol: '\n',
  trailingCommas: true,
  finalNewline: true,
};
const testing: TestingFact = { runner: 'vitest', globals: false, command: '' };

/**
 * Renders breaker, client and their tests into `.rendered/<folder>`, side by side as a service would have them.
 * @returns the URL of the folder, with a slash at its end
 */
export function renderVariant(folder: string, variant: Variant): URL {
  const dir = join(projectRoot, '.rendered', folder);
  mkdirSync(dir, { recursive: true });
  for (const [file, text] of renderFiles(variant)) writeFileSync(join(dir, file), text);
  return pathToFileURL(`${dir}/`);
}

function renderFiles({
  window,
  backoff,
  retry,
  transport,
  diagnostics = false,
  errorCause = true,
}: Variant): readonly (readonly [string, string])[] {
  const breaker: BreakerTestView = {
    window,
    backoff,
    windowImport: './outcome-window.ts',
    breakerImport: './circuit-breaker.ts',
  };
  const client: ClientView & ClientTestView = {
    retry,
    diagnostics,
    errorCause,
    breakerImport: './circuit-breaker.ts',
    deadlineImport: './call-deadline.ts',
    transportImport: './http-transport.ts',
    retryImport: './retry-policy.ts',
    errorImport: './service-client-error.ts',
    requestImport: './service-request.ts',
    diagnosticsImport: './service-diagnostics.ts',
    clientImport: './service-client.ts',
  };
  const own = (name: string): readonly [string, string] => {
    return [`${name}.ts`, render(`add-service-client/${name}.ts.hbs`, client, style)];
  };
  const breakerFiles = ['circuit-breaker', ...(window ? ['outcome-window'] : [])].map((name) => {
    return [`${name}.ts`, render(`add-circuit-breaker/${name}.ts.hbs`, breaker, style)] as const;
  });
  return [
    ...breakerFiles,
    [
      'circuit-breaker.test.ts',
      renderTest('add-circuit-breaker/circuit-breaker.test.ts.hbs', breaker, style, testing),
    ],
    ['http-transport.ts', render(`add-service-client/http-transport.${transport}.ts.hbs`, client, style)],
    ...(retry ? [own('retry-policy')] : []),
    ...(diagnostics ? [own('service-diagnostics')] : []),
    ...['call-deadline', 'service-client-error', 'service-request', 'service-client'].map(own),
    ...['service-client', ...(diagnostics ? ['service-diagnostics'] : [])].map((name) => {
      const text = renderTest(`add-service-client/${name}.test.ts.hbs`, client, style, testing);
      return [`${name}.test.ts`, text] as const;
    }),
  ];
}
