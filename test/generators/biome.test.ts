import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { deleteGeneratedRepo, GeneratedRepo } from '../helpers/generated-repo.ts';
import { runCommand } from '../helpers/run-command.ts';

/** Where Biome 1 breaks a call chain, and joins it again when it sees it the next time. */
const settings = {
  formatter: { indentStyle: 'tab', lineWidth: 80 },
  javascript: { formatter: { semicolons: 'asNeeded', trailingCommas: 'none' } },
};

let repo: GeneratedRepo;
beforeAll(() => {
  repo = new GeneratedRepo('biome');
  repo.remove('.prettierrc.json');
  repo.write('biome.json', JSON.stringify(settings));
});
afterAll(() => {
  deleteGeneratedRepo('biome');
});

it('formats new code by the Biome of the repo, so that its check finds nothing', async () => {
  const { edits, notes } = await runCommand(
    { generator: 'add-s2s-tracing', args: ['--target', 'user'] },
    repo.root,
  );
  expect(notes.filter((note) => note.includes('Biome'))).toEqual([]);
  const created = edits.filter(({ kind, path }) => kind === 'create' && path.endsWith('.ts'));
  expect(created.length).toBeGreaterThan(10);
  const { stdout, stderr } = await execa('biome', ['format', ...created.map(({ path }) => path)], {
    cwd: repo.root,
    preferLocal: true,
    reject: false,
  });
  expect(stdout).toMatch(new RegExp(`Checked ${String(created.length)} files`));
  expect(stderr).toBe('');
});
