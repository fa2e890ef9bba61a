import type { ImportWant } from '../_engine/model/code-facts.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Service } from '../_engine/model/service.ts';
import { declareDependencies, fastifyPlugin } from '../_engine/edit/ensure-dependency.ts';
import { createTestKit, testKitImport } from '../_engine/edit/test-kit.ts';
import { testingFor } from '../_engine/facts/tooling.ts';
import { renderTest } from '../_engine/render/render.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import { importLines, testFileFor } from '../_engine/facts/style/place-file.ts';
import { usualVerifyPath } from './names.ts';
import type { MiddlewareTestView } from './view.ts';

/** The test of authentication.ts in the package that services share, and what both need there. */
export function createAuthenticationTest(draft: Draft, service: Service, file: RelPath): void {
  const { layout, manifest, style } = service;
  // Its types, and the application of the test.
  const fastify = {
    name: 'fastify',
    range: manifest.dependencies['fastify'] ?? '^5.0.0',
    section: 'devDependencies',
  } as const;
  declareDependencies(draft, layout.shared ?? service, fastify);
  const test = testFileFor(service, file, 'auth-middleware');
  const testing = testingFor(draft.repo, service, test);
  if (testing.runner === 'none') return;
  const plugin = { ...fastifyPlugin(service), section: 'devDependencies' } as const;
  declareDependencies(draft, layout.shared ?? service, plugin);
  createTestKit(draft, service, test);
  const view = authenticationTestView(service, file, test);
  const text = renderTest('add-auth-middleware/auth-middleware.test.ts.hbs', view, style, testing);
  draft.create(test, 'unit-test', text);
}

/** The view of the test of what services share, in `test`: with the usual names. */
function authenticationTestView(service: Service, file: RelPath, test: RelPath): MiddlewareTestView {
  return {
    imports: importLines(service, test, [
      { from: 'fastify-plugin', default: 'fp' },
      { from: file, names: ['type Authentication', 'connectAuthService'] },
      kitImport(service, test),
    ]),
    optionsType: "Authentication['options']",
    setUp: sampleMiddleware,
    isolation: "serviceSecret: ''",
    standIns: [],
    path: usualVerifyPath,
    urlVariable: 'AUTH_SERVICE_URL',
    userMember: 'user',
    correlationMember: 'correlationId',
    decorator: 'authenticate',
  };
}

const sampleMiddleware = `
declare module 'fastify' {
  interface FastifyInstance {
    authenticate: Authentication['authenticate'];
    authServiceClient: Authentication['client'];
  }
  interface FastifyRequest {
    user: Authentication['user'];
    correlationId: string;
  }
}

/** As a service has it. */
const authMiddleware = fp<Authentication['options']>(async (app, options) => {
  await connectAuthService(app, { baseUrl: auth.origin, ...options });
});`.split('\n');

export function kitImport(service: Service, test: RelPath): ImportWant {
  return testKitImport(service, test, 'type Answer', 'hangUp', 'json', 'silence', 'StubServer');
}
