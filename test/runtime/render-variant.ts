import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { renderModule, renderTest } from '../../generators/_engine/render/render.ts';
import type { Style, TestingFact } from '../../generators/_engine/model/code-facts.ts';
import type { BreakerTestView } from '../../generators/add-circuit-breaker/view.ts';
import type { ClientTestView } from '../../generators/add-service-client/view.ts';
import { projectRoot } from '../helpers/project-root.ts';

/** What can be asked of the runtime templates. */
export interface Variant {
  readonly window: boolean;
  readonly backoff: boolean;
  readonly retry: boolean;
  readonly transport: 'undici' | 'fetch';
  /** Absent: nothing is published. */
  readonly diagnostics?: boolean;
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

/** All files are side by side. */
const inPlace = {
  './circuit-breaker.ts': './circuit-breaker.ts',
  '../add-circuit-breaker/circuit-breaker.ts': './circuit-breaker.ts',
  './call-deadline.ts': './call-deadline.ts',
  './client-observer.ts': './client-observer.ts',
  './http-transport.undici.ts': './http-transport.ts',
  './retry-policy.ts': './retry-policy.ts',
  './service-client-error.ts': './service-client-error.ts',
  './service-request.ts': './service-request.ts',
};

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
}: Variant): readonly (readonly [string, string])[] {
  const breaker: BreakerTestView = {
    breakerImport: './circuit-breaker.ts',
    windowImport: './outcome-window.ts',
    openTimeImport: './open-time.ts',
  };
  const client: ClientTestView = {
    retry,
    imports: [
      "import { type RequestOptions, ServiceClient, ServiceClientError, type ServiceClientOptions } from './service-client.ts';",
      "import { type Answer, hangUp, json, silence, StubServer } from './test-kit.ts';",
    ],
    clientImport: './service-client.ts',
    diagnosticsImport: './service-diagnostics.ts',
  };
  const defaultObserver = diagnostics ? './service-diagnostics.ts' : './client-observer.ts';
  const own = (name: string, template = name): readonly [string, string] => {
    const specifiers =
      name === 'service-client' ? { ...inPlace, './client-observer.ts': defaultObserver } : inPlace;
    return [`${name}.ts`, renderModule(`add-service-client/${template}.ts`, specifiers, style)];
  };
  const breakerModules = [
    'circuit-breaker',
    ...(window ? ['outcome-window'] : []),
    ...(backoff ? ['open-time'] : []),
  ];
  const breakerFiles = breakerModules.flatMap((name) => {
    const module = renderModule(`add-circuit-breaker/${name}.ts`, inPlace, style);
    const test = renderTest(`add-circuit-breaker/${name}.test.ts.hbs`, breaker, style, testing);
    return [[`${name}.ts`, module] as const, [`${name}.test.ts`, test] as const];
  });
  return [
    ...breakerFiles,
    ['test-kit.ts', renderModule('_shared/test-kit.ts', {}, style)],
    own('http-transport', `http-transport.${transport}`),
    own('retry-policy', retry ? 'retry-policy' : 'retry-policy.none'),
    ...(diagnostics ? [own('service-diagnostics')] : []),
    ...[
      'call-deadline',
      'client-observer',
      'request-context',
      'service-client-error',
      'service-request',
      'service-client',
    ].map((name) => own(name)),
    ...['service-client', ...(diagnostics ? ['service-diagnostics'] : [])].map((name) => {
      const text = renderTest(`add-service-client/${name}.test.ts.hbs`, client, style, testing);
      return [`${name}.test.ts`, text] as const;
    }),
  ];
}
