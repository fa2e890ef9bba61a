import type { ImportWant } from '../model/code-facts.ts';
import { basenameRel, dirnameRel, joinRel, type RelPath } from '../model/paths.ts';
import type { Service } from '../model/service.ts';
import type { Draft } from '../repo/draft.ts';
import { isIn } from '../repo/shared-packages.ts';
import { renderModule } from '../render/render.ts';

/** Plans the file of stub servers that the tests beside `test` share. Each generator whose tests import it plans it. */
export function createTestKit(draft: Draft, service: Service, test: RelPath): void {
  draft.create(
    testKitFile(service, test),
    'unit-test',
    renderModule('_shared/test-kit.ts', {}, service.style),
  );
}

/** What the test imports of the kit. */
export function testKitImport(
  service: Pick<Service, 'layout'>,
  test: RelPath,
  ...names: readonly string[]
): ImportWant {
  return { from: testKitFile(service, test), names };
}

/**
 * In the folder of the tests. Where tests lie beside their sources or in `__tests__`, in which Jest takes each file for
 * a test, it is in a folder `test` of its own.
 */
function testKitFile({ layout }: Pick<Service, 'layout'>, test: RelPath): RelPath {
  const { dir, place } = layout.tests;
  if (isIn(layout.shared, test)) return joinRel(dirnameRel(test), 'test-kit.ts');
  if (basenameRel(dir) === '__tests__') return joinRel(dirnameRel(dir), 'test/test-kit.ts');
  return joinRel(dir, place === 'beside' ? 'test/test-kit.ts' : 'test-kit.ts');
}
