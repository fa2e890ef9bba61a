import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { execa } from 'execa';

import { builtOlderPack } from '../../test/helpers/built-older-pack.ts';
import { childEnvironment } from '../../test/helpers/child-environment.ts';
import { openRepoCopy } from '../../test/helpers/open-repo-copy.ts';
import { projectRoot } from '../../test/helpers/project-root.ts';

const breaker = 'services/user-service/src/utils/circuit-breaker.ts';
const app = 'services/user-service/src/app.ts';

/** What is typed, in order; the first command is of the older pack. */
const lines = [
  'npx s2s add-s2s --target user --protect usersRoutes',
  "git add --all && git commit --quiet --message 'Call other services'",
  `sed -i 's/failureThreshold ?? 5/failureThreshold ?? 9/' ${breaker}`,
  `sed -i "s#import authMiddleware#import './metrics.js';\\nimport authMiddleware#" ${app}`,
  "echo 'export {};' > services/user-service/src/metrics.ts",
  "git add --all && git commit --quiet --message 'Edit by hand'",
  'npx s2s s2s-upgrade',
  'npx s2s s2s-status; echo $?',
  'npx s2s s2s-undo',
  'npx s2s s2s-undo --force',
  'git diff --stat HEAD~2',
];

/** Runs every line in a shell, on a copy of a fixture, with the built bin; gives what a terminal would show. */
export async function runTranscript(): Promise<string> {
  const { older, today } = await builtOlderPack('cheaper-breaker');
  try {
    return await show('transcript', lines, (index) => (index === 0 ? older : today));
  } finally {
    for (const dist of [older, today]) rmSync(join(dist, '..'), { recursive: true, force: true });
  }
}

const userRoutes = 'services/user-service/src/routes';
const billing = 'services/billing-service/src';

const typedCall = `cat > ${userRoutes}/cents.routes.ts <<'END'
import type { FastifyInstance } from 'fastify';

export async function centsRoutes(app: FastifyInstance): Promise<void> {
  app.get('/cents', async () => {
    const invoice = await app.billing.getInvoice({ params: { id: 'inv_1' } });
    return invoice.amountCents;
  });
}
END`;

/** Two calls of another service by hand: the plain shape, and one whose answer is read as text. */
const bareCalls = `cat > ${userRoutes}/accounts.routes.ts <<'END'
import type { FastifyInstance } from 'fastify';

const billingUrl = process.env['BILLING_SERVICE_URL'] ?? 'http://localhost:3003';

export async function accountsRoutes(app: FastifyInstance): Promise<void> {
  app.get<{ Params: { id: string } }>('/:id', async (request, reply) => {
    const response = await fetch(\`\${billingUrl}/invoices/\${encodeURIComponent(request.params.id)}\`);
    if (response.status === 404) return reply.code(404).send(await response.json());
    if (!response.ok) throw new Error('No billing');
    const invoice = (await response.json()) as { amountCents: number };
    return { cents: invoice.amountCents };
  });

  app.get('/export', async () => (await fetch(billingUrl + '/invoices')).text());
}
END`;

const callLines = [
  'npx s2s add-service-call --target user --to billing',
  'cat services/user-service/src/plugins/billing-client.ts',
  typedCall,
  "git add --all && git commit --quiet --message 'Call the invoices'",
  `sed -i 's/amountCents/cents/' ${billing}/invoices/invoice-store.ts ${billing}/routes/invoices.routes.ts`,
  'npx s2s s2s-status; echo $?',
  `git checkout --quiet ${billing}`,
  bareCalls,
  "git add --all && git commit --quiet --message 'Call billing by hand'",
  'npx s2s add-service-call --target user --to billing --adopt',
  `git diff ${userRoutes}`,
];

/** The same of typed calls: a client, a change of its callee that breaks a caller, and bare calls that it takes over. */
export function runCallTranscript(): Promise<string> {
  return show('call-transcript', callLines, () => join(projectRoot, 'dist'));
}

async function show(
  name: string,
  typed: readonly string[],
  distOf: (index: number) => string,
): Promise<string> {
  const root = await openRepoCopy(name, 'npm-workspaces');
  const shown: string[] = [];
  try {
    for (const [index, line] of typed.entries()) {
      const output = await runLine(line, root, distOf(index));
      shown.push(`$ ${line}`, ...(output === '' ? [] : [output]));
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  return shown.join('\n').replaceAll(root, '/repo');
}

async function runLine(line: string, root: string, dist: string): Promise<string> {
  const npx = 'npx() { shift; "$NODE" "$CLI" "$@"; }';
  const names = Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap((who) => [
      [`GIT_${who}_NAME`, 'test'],
      [`GIT_${who}_EMAIL`, 'test@localhost'],
    ]),
  );
  const env = { ...names, NODE: process.execPath, CLI: join(dist, 'cli.js'), NO_COLOR: '1' };
  const { all } = await execa('sh', ['-c', `${npx}\n${line}`], {
    cwd: root,
    all: true,
    reject: false,
    stdin: 'ignore',
    extendEnv: false,
    env: childEnvironment(env),
  });
  return all
    .split('\n')
    .map((text) => text.trimEnd())
    .join('\n')
    .trimEnd();
}
