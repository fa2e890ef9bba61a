import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import { arrangeCase } from '../test/helpers/arrange-case.ts';
import { updateExpected } from '../test/helpers/expected-changes.ts';
import { findCases } from '../test/helpers/find-cases.ts';
import { goldenFile, updateGolden } from '../test/helpers/goldens.ts';
import { projectRoot } from '../test/helpers/project-root.ts';
import { describeRefusal } from '../test/helpers/run-command.ts';
import { scaffold } from './new/scaffold.ts';

/** `npm run new -- add-greeting`: a folder, a template and a case that passes, to be changed into what is wanted. */
async function main(id: string | undefined): Promise<void> {
  if (id === undefined || !/^[a-z][a-z0-9]*(-[a-z0-9]+)+$/.test(id)) {
    throw new Error('Name the generator in kebab-case, a verb first: npm run new -- add-greeting');
  }
  const files = [...scaffold(id)];
  const there = files.map(([path]) => path).filter((path) => existsSync(join(projectRoot, path)));
  if (there.length > 0) throw new Error(`${there.join(', ')} exists: choose another name`);
  for (const [path, text] of files) {
    mkdirSync(dirname(join(projectRoot, path)), { recursive: true });
    writeFileSync(join(projectRoot, path), text);
    console.log(`+ ${path}`);
  }
  for (const path of await writeExpected(id)) console.log(`+ ${path}`);
  console.log(`\nNext: npx vitest run --project cases -t ${id}, then npm run docs.`);
}

/** Runs the new generator in its case. Gives the paths of what is kept of it, below the project. */
async function writeExpected(id: string): Promise<readonly string[]> {
  const found = (await findCases()).find(({ generator }) => generator === id);
  if (found === undefined) throw new Error(`The case of ${id} is not found`);
  const arranged = await arrangeCase(found);
  if (!arranged.planned.ok) throw new Error(describeRefusal(arranged.planned));
  const rendered = [...arranged.rendered.values()];
  for (const { template, view } of rendered) updateGolden(template, view);
  updateExpected(arranged);
  const goldens = rendered.map(({ template }) => relative(projectRoot, goldenFile(template)));
  return [...goldens, `test/cases/${id}/npm-workspaces/generated.txt`];
}

await main(process.argv[2]);
