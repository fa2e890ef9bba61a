import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { testCase as ownSigner } from '../cases/add-auth-verify/own-signer/case.ts';
import type { Case } from '../helpers/case.ts';
import { materialize } from '../helpers/materialize.ts';
import { runCommand } from '../helpers/run-command.ts';
import { runServiceTests } from '../helpers/run-service-tests.ts';

const service = 'services/auth-service';
const inline: Case = { fixture: 'npm-workspaces', args: [] };
const roots: string[] = [];

afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true, force: true });
});

/** What the runner prints about the generated test of the route; empty where it passes. */
async function failureOf(name: string, arranged: Case, flags: readonly string[]): Promise<string> {
  const root = materialize(`.wrong-claims-${name}`, arranged);
  roots.push(root);
  const args = ['--blacklist', 'memory', '--no-format', ...flags];
  await runCommand({ generator: 'add-auth-verify', args }, root);
  const { failure } = await runServiceTests('vitest', join(root, service), ['test/auth-verify.test.ts'], '');
  return failure;
}

describe('the generated test of the verify route', { timeout: 300_000 }, () => {
  it('passes with what the code says', async () => {
    expect(await failureOf('right', ownSigner, [])).toBe('');
  });

  it.each([
    ['claim', ownSigner, ['--user-claim', 'login']],
    ['algorithm', ownSigner, ['--algorithm', 'HS512']],
    ['claim-of-inline-sign', inline, ['--user-claim', 'login']],
  ] as const)('fails with a wrong %s', async (name, arranged, flags) => {
    expect(await failureOf(name, arranged, flags)).toMatch(/identifies the user of a login/);
  });
});
