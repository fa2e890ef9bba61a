import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { testCase as ownSigner } from '../cases/add-auth-verify/own-signer/case.ts';
import type { Case } from '../helpers/case.ts';
import { materialize } from '../helpers/materialize.ts';
import { planCommand, runCommand } from '../helpers/run-command.ts';
import { runServiceTests } from '../helpers/run-service-tests.ts';

const service = 'services/auth-service';
const inline: Case = { fixture: 'npm-workspaces', args: [] };
/** As `inline`, with other claims at the sign call of its route. */
const signing = (claims: string): Case => ({
  ...inline,
  files: {
    [`${service}/src/routes/auth.routes.ts`]: (text) =>
      text.replace('{ sub: user.id, email: user.email, tenantId: user.tenantId }', claims),
  },
});
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
    ['claim-in-an-object', signing('{ user: { id: user.id } }'), ['--user-claim', 'user.login']],
    ['claim-of-a-spread-type', signing('{ ...user }'), ['--user-claim', 'login']],
  ] as const)('fails with a wrong %s', async (name, arranged, flags) => {
    expect(await failureOf(name, arranged, flags)).toMatch(/identifies the user of a login/);
  });

  it('is said to prove nothing about a claim that the sign call does not show', async () => {
    const hidden = signing('{ ...(JSON.parse(JSON.stringify(user)) as object) }');
    const root = materialize('.wrong-claims-hidden', hidden);
    roots.push(root);
    const args = ['--blacklist', 'memory', '--no-format', '--user-claim', 'login'];
    const planned = await planCommand({ generator: 'add-auth-verify', args }, root);
    const notes = planned.ok ? planned.notes.join('\n') : JSON.stringify(planned.obstacles);
    expect(notes).toMatch(/does not show the claim login, so they cannot tell/);
  });
});
