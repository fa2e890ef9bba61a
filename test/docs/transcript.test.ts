import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { putTranscript } from '../../scripts/transcript/put-transcript.ts';
import { runTranscript } from '../../scripts/transcript/run-transcript.ts';
import { projectRoot } from '../helpers/project-root.ts';

it('has the transcript in docs/safety.md that a run gives (npm run transcript writes it)', async () => {
  const page = readFileSync(join(projectRoot, 'docs/safety.md'), 'utf8');
  expect(putTranscript(page, await runTranscript())).toBe(page);
});
