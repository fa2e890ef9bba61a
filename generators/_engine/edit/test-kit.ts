import type { ImportWant } from '../model/code-facts.ts';
import { basenameRel, dirnameRel, joinRel, type RelPath } from '../model/paths.ts';
import type { Service } from '../model/service.ts';
import type { Draft } from '../repo/draft.ts';
import { renderModule } from '../render/render.ts';

/** Plans the file of stub servers that the tests of a service share. Each generator whose tests import it plans it. */
export function createTestKit(draft: Draft, service: Service): void {
  draft.create(testKitFile(service), 'unit-test', renderModule('_shared/test-kit.ts', {}, service.style));
}

/** What a test imports of the kit. */
export function testKitImport(service: Pick<Service, 'layout'>, ...names: readonly string[]): ImportWant {
  return { from: testKitFile(service), names };
}

/**
 * In the folder of the tests. Where tests lie beside their sources or in `__tests__`, in which Jest takes each file for
 * a test, it is in a folder `test` of its own.
 */
function testKitFile({ layout }: Pick<Service, 'layout'>): RelPath {
  const { dir, place } = layout.tests;
  if (basenameRel(dir) === '__tests__') return joinRel(dirnameRel(dir), 'test/test-kit.ts');
  return joinRel(dir, place === 'beside' ? 'test/test-kit.ts' : 'test-kit.ts');
}
