import { declareDependencies, fastifyPlugin } from '../_engine/edit/ensure-dependency.ts';
import { registerPlugin } from '../_engine/edit/register-plugin.ts';
import { createTestKit, testKitImport } from '../_engine/edit/test-kit.ts';
import { importLines, importSpecifier, placeFile, testFileFor } from '../_engine/facts/style/place-file.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { renderModule, renderTest } from '../_engine/render/render.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import type { RequestContextTestView } from './view.ts';

const name = 'request-context';

function requestContextFile(service: Service): RelPath {
  return placeFile(service, 'plugins', name);
}

/** Whether the part is there; a file of that name may be the service's own. */
export function hasRequestContext(repo: Repo, service: Service): boolean {
  return repo.read(requestContextFile(service))?.includes('CallContext') === true;
}

/** The plugin that gives calls the context of their request, registered before the auth middleware, and its test. */
export function planRequestContext(draft: Draft, service: Service, request: RelPath, client: RelPath): void {
  const file = requestContextFile(service);
  const specifiers = { './service-request.ts': importSpecifier(service, file, request) };
  const text = renderModule('add-service-client/request-context.ts', specifiers, service.style);
  draft.create(file, 'service-client', text);
  registerPlugin(draft, service, {
    file,
    plugin: 'requestContext',
    before: ['authMiddleware', 'rateLimit'],
  });
  declareDependencies(draft, service, fastifyPlugin(service));
  if (service.testing.runner === 'none') return;
  const test = testFileFor(service, file, name);
  createTestKit(draft, service, test);
  const view: RequestContextTestView = {
    imports: importLines(service, test, [
      { from: 'fastify', default: 'Fastify', names: ['type FastifyInstance'] },
      { from: file, default: 'requestContext', names: ['currentContext'] },
      { from: client, names: ['ServiceClient', 'type ServiceClientOptions'] },
      testKitImport(service, test, 'json', 'silence', 'StubServer'),
    ]),
  };
  const template = 'add-service-client/request-context.test.ts.hbs';
  draft.create(test, 'unit-test', renderTest(template, view, service.style, service.testing));
}
