import { declareDependencies } from '../_engine/edit/ensure-dependency.ts';
import { importLines, importSpecifier, placeFile, testFileFor } from '../_engine/facts/style/place-file.ts';
import type { ImportWant } from '../_engine/model/code-facts.ts';
import type { Obstacle } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Service } from '../_engine/model/service.ts';
import { renderModule, renderTest } from '../_engine/render/render.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import type { ServiceTokensTestView } from './view.ts';

/** What verifies the tokens of services, beside the middleware of the callee. */
export function createCallees(draft: Draft, callee: Service): void {
  const { style } = callee;
  const inShared = (name: string): RelPath => placeFile(callee, 'shared', name);
  const [callers, keySet] = [inShared('service-callers'), inShared('key-set')];
  const client = importSpecifier(callee, callers, inShared('service-client'));
  // They lie side by side.
  const specifiers = {
    '../add-service-client/service-client.ts': client,
    '../add-auth-middleware/key-set.ts': importSpecifier(callee, callers, keySet),
  };
  for (const [file, template] of [
    [keySet, 'add-auth-middleware/key-set.ts'],
    [callers, 'add-service-tokens/service-callers.ts'],
  ] as const)
    draft.create(file, 'auth-middleware', renderModule(template, specifiers, style));
  createTest(draft, callee, callers, 'service-callers', [
    {
      from: 'fastify',
      default: 'Fastify',
      names: ['type FastifyInstance', 'type FastifyPluginAsync', 'type FastifyReply', 'type FastifyRequest'],
    },
    { from: 'fastify-plugin', default: 'fp' },
    { from: callers, names: ['acceptServices'] },
  ]);
  if (callee.isOlder('jose', 5)) draft.obstruct(oldJose(callee));
  // jose 6 is an ES module alone.
  const range = callee.modules.system === 'cjs' ? '^5.10.0' : '^6.0.0';
  declareDependencies(draft, callee.layout.shared ?? callee, {
    name: 'jose',
    range,
    section: 'dependencies',
  });
}

export function createTest(
  draft: Draft,
  service: Service,
  tested: RelPath,
  name: string,
  wants: readonly ImportWant[],
): void {
  const { style, testing } = service;
  if (testing.runner === 'none') return;
  const test = testFileFor(service, tested, name);
  const view: ServiceTokensTestView = { imports: importLines(service, test, wants) };
  draft.create(test, 'unit-test', renderTest(`add-service-tokens/${name}.test.ts.hbs`, view, style, testing));
}

function oldJose({ manifest, name }: Service): Obstacle {
  return {
    code: 'E_OLD_DEPENDENCY',
    at: { path: manifest.path },
    message: `${name} depends on jose ${manifest.dependencies['jose'] ?? ''}, but tokens of services require jose 5 or later.`,
    remedy: 'Update it to ^6.0.0 (^5.10.0 in a CommonJS package) and run the command again.',
  };
}
