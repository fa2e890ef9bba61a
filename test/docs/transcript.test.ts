import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { putTranscript } from '../../scripts/transcript/put-transcript.ts';
import { runCallTranscript, runTranscript } from '../../scripts/transcript/run-transcript.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { isDeep } from '../helpers/sampled.ts';

async function expectTranscript(name: string, run: () => Promise<string>): Promise<void> {
  const page = readFileSync(join(projectRoot, name), 'utf8');
  expect(putTranscript(page, await run())).toBe(page);
}

it('has the transcript in docs/safety.md that a run gives (npm run transcript writes it)', async () => {
  await expectTranscript('docs/safety.md', runTranscript);
});

if (isDeep)
  it('has the transcript in docs/typed-calls.md that a run gives', async () => {
    await expectTranscript('docs/typed-calls.md', runCallTranscript);
  });
