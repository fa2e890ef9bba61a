import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { projectRoot } from '../test/helpers/project-root.ts';
import { putTranscript } from './transcript/put-transcript.ts';
import { runTranscript } from './transcript/run-transcript.ts';

const page = join(projectRoot, 'docs/safety.md');
writeFileSync(page, putTranscript(readFileSync(page, 'utf8'), await runTranscript()));
console.log(page);
