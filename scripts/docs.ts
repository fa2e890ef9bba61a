import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { projectRoot } from '../test/helpers/project-root.ts';
import { renderDocs } from './docs/render-docs.ts';

for (const [path, text] of await renderDocs()) {
  writeFileSync(join(projectRoot, path), text);
  console.log(path);
}
