import { describe, expect, it } from 'vitest';

import { findServiceCalls } from '../../../../generators/_engine/facts/calls/service-calls.ts';
import { openSurvey } from '../../../../generators/_engine/program/survey.ts';
import { surveyHeads } from '../../../../generators/_engine/repo/services.ts';
import { memoryRepo } from '../../repo/memory-repo.ts';
import { manifest } from '../service-of.ts';

const makes =
  "import { ServiceClient } from './service-client.js';\nexport function connectAuthService(app, options) { return new ServiceClient(options); }\n";
const fetches =
  'export function connectAuthService(app, { baseUrl }) { return fetch(`${baseUrl}/auth/verify`); }\n';

/** How the URL of the auth service is called, by a middleware that imports so from `utils/authentication.ts`. */
function viaOf(importLine: string, connect: string, authentication: string): string | undefined {
  const repo = memoryRepo({
    'package.json': manifest({ '@acme/s2s': '0.0.0' }),
    'src/app.ts': "import Fastify from 'fastify';\nconst app = Fastify();\napp.listen({ port: 1 });\n",
    'src/utils/authentication.ts': authentication,
    'src/utils/index.ts': "export * from './authentication.js';\n",
    'packages/s2s/package.json': JSON.stringify({
      name: '@acme/s2s',
      description: 'What the services of this repository share to call each other.',
      exports: { './*': './dist/*.js' },
    }),
    'packages/s2s/src/authentication.ts': authentication,
    'src/auth.middleware.ts': `${importLine}\nexport default async (app) => { await ${connect}(app, { baseUrl: process.env.AUTH_SERVICE_URL }); };\n`,
  });
  const [head] = surveyHeads(repo);
  if (head === undefined) throw new Error('no service');
  return findServiceCalls(openSurvey(repo, head)).find(({ env }) => env === 'AUTH_SERVICE_URL')?.via;
}

describe('the URL of the auth service is that of a client where our function makes one of it', () => {
  const from = "from './utils/authentication.js'";
  const shared = "from '@acme/s2s/authentication'";

  it.each([
    ['our function', 'client', `import { connectAuthService } ${from};`, 'connectAuthService', makes],
    ['by another name', 'client', `import { connectAuthService as connect } ${from};`, 'connect', makes],
    [
      'through a barrel',
      'client',
      "import { connectAuthService } from './utils/index.js';",
      'connectAuthService',
      makes,
    ],
    [
      'one of a shared package',
      'client',
      `import { connectAuthService } ${shared};`,
      'connectAuthService',
      makes,
    ],
    [
      'one named alike there',
      'url',
      `import { connectAuthService } ${shared};`,
      'connectAuthService',
      fetches,
    ],
    [
      'out of that package',
      'url',
      "import { connectAuthService } from '@acme/s2s/../../x';",
      'connectAuthService',
      makes,
    ],
    ['one named alike', 'url', `import { connectAuthService } ${from};`, 'connectAuthService', fetches],
    [
      'one of a package',
      'url',
      "import { connectAuthService } from 'auth-kit';",
      'connectAuthService',
      makes,
    ],
    [
      'another one called so here',
      'url',
      `import { other as connectAuthService } ${from};`,
      'connectAuthService',
      makes,
    ],
  ])('%s: %s', (_what, via, importLine, connect, authentication) => {
    expect(viaOf(importLine, connect, authentication)).toBe(via);
  });
});
