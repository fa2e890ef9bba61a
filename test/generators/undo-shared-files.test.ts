import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { deleteGeneratedRepo, GeneratedRepo } from '../helpers/generated-repo.ts';
import { changedFiles } from '../helpers/tree.ts';

const user = 'services/user-service';
const middleware = `${user}/src/middleware/auth.middleware.ts`;
const undoMetrics = 's2s-undo --generator add-s2s-metrics';

let repo: GeneratedRepo;
beforeEach(async () => {
  repo = new GeneratedRepo('undo-shared-files');
  await repo.run('add-auth-middleware --target user --protect none');
});
afterEach(() => {
  deleteGeneratedRepo('undo-shared-files');
});

/** Lines of the middleware that the metrics rendered into it. */
function linesOfMetrics(before: string): readonly string[] {
  const known = new Set(before.split('\n'));
  return repo
    .read(middleware)
    .split('\n')
    .filter((line) => line.trim().length > 3 && !known.has(line));
}

describe('undo of a generator that rendered a part into the file of another', () => {
  it('leaves the file as the other renders it, and the record as it was', async () => {
    const before = repo.tree;
    await repo.run('add-s2s-metrics --target user');
    expect(changedFiles(before, repo.tree).has(middleware)).toBe(true);
    await repo.run(undoMetrics);
    expect([...changedFiles(before, repo.tree).keys()]).toEqual([]);
  });

  it('keeps an edit elsewhere in the file', async () => {
    const mine = "const mine = 'kept';\n";
    const before = repo.read(middleware);
    await repo.run('add-s2s-metrics --target user');
    repo.edit(middleware, (text) => text + mine);
    await repo.run(undoMetrics);
    expect(repo.read(middleware)).toBe(before + mine);
    expect(await repo.plan('s2s-status')).toMatchObject({
      findings: [{ state: 'edited', path: middleware }],
    });
    expect(await repo.plan('add-auth-middleware --target user --protect none')).toMatchObject({ edits: [] });
  });

  it('is refused where the part itself was edited, and changes nothing', async () => {
    const before = repo.read(middleware);
    await repo.run('add-s2s-metrics --target user');
    const [line = ''] = linesOfMetrics(before);
    repo.edit(middleware, (text) => text.replace(line, `${line} // mine`));
    const tree = repo.tree;
    const plan = await repo.plan(undoMetrics);
    expect(plan).toMatchObject({ ok: false, obstacles: [{ code: 'E_RECORD' }] });
    expect(repo.tree).toEqual(tree);
  });

  it('goes without the file where the other is undone too', async () => {
    await repo.run('add-s2s-metrics --target user');
    await repo.run('s2s-undo');
    expect([...changedFiles(repo.original, repo.tree).keys()]).toEqual([]);
  });
});
