import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { render, renderModule } from '../generators/_engine/render/render.ts';
import type { MiddlewareView } from '../generators/add-auth-middleware/view.ts';
import { projectRoot } from '../test/helpers/project-root.ts';
import { compile, loadRendered } from './modules.ts';

const style = {
  quote: "'",
  semicolons: true,
  indent: '  ',
  eol: '\n',
  trailingCommas: true,
  finalNewline: true,
} as const;

/** Renders the auth middleware beside a ServiceClient, with a claim cache or without; gives the compiled file. */
export async function renderMiddleware(cache: boolean): Promise<string> {
  await loadRendered('core', 'service-client');
  const folder = join(projectRoot, '.rendered', 'bench-core');
  const view: MiddlewareView = {
    imports: [
      "import fp from 'fastify-plugin';",
      "import { connectAuthService } from './authentication.ts';",
      "import { guardRoutes } from './route-guard.ts';",
      ...(cache ? ["import { ClaimCache } from './claim-cache.ts';"] : []),
    ],
    types: [],
    userType: '',
    optionsType: "Authentication['options']",
    autoloaded: [],
    preparations: [
      "const baseUrl = options.baseUrl ?? process.env['AUTH_SERVICE_URL'] ?? '';",
      cache
        ? 'const cache = options.cache ?? new ClaimCache({ ttlMs: options.cacheTtl ?? 60_000 });'
        : 'const { cache } = options;',
    ],
    settings: 'baseUrl, cache',
    names: '',
    result: 'const { authenticate } = ',
    guard: ['guardRoutes(app, options.publicRoutes ?? [], authenticate);'],
    dependencies: '',
    pluginName: 'auth-middleware',
    userMember: 'user',
    correlationMember: 'correlationId',
    decorator: 'authenticate',
  };
  const file = join(folder, cache ? 'auth-cached.js' : 'auth.js');
  for (const name of ['claim-cache', 'route-guard']) {
    const module = renderModule(`add-auth-middleware/${name}.ts`, {}, style);
    writeFileSync(join(folder, `${name}.js`), compile(module));
  }
  const client = {
    '../add-service-client/service-client.ts': './service-client.js',
    './key-set.ts': './key-set.js',
  };
  for (const name of ['authentication', 'key-set', 'local-verifier']) {
    const module = renderModule(`add-auth-middleware/${name}.ts`, client, style);
    writeFileSync(join(folder, `${name}.js`), compile(module));
  }
  writeFileSync(file, compile(render('add-auth-middleware/auth-middleware.ts.hbs', view, style)));
  return file;
}
