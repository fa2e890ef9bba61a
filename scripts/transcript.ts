import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { projectRoot } from '../test/helpers/project-root.ts';
import { putTranscript } from './transcript/put-transcript.ts';
import { runCallTranscript, runTranscript } from './transcript/run-transcript.ts';

for (const [name, run] of [
  ['docs/safety.md', runTranscript],
  ['docs/typed-calls.md', runCallTranscript],
] as const) {
  const page = join(projectRoot, name);
  writeFileSync(page, putTranscript(readFileSync(page, 'utf8'), await run()));
  console.log(page);
}
