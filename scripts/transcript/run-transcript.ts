import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { execa } from 'execa';

import { builtOlderPack } from '../../test/helpers/built-older-pack.ts';
import { childEnvironment } from '../../test/helpers/child-environment.ts';
import { openRepoCopy } from '../../test/helpers/open-repo-copy.ts';

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
  const root = await openRepoCopy('transcript', 'npm-workspaces');
  const { older, today } = await builtOlderPack('cheaper-breaker');
  const shown: string[] = [];
  try {
    for (const [index, line] of lines.entries()) {
      const output = await runLine(line, root, index === 0 ? older : today);
      shown.push(`$ ${line}`, ...(output === '' ? [] : [output]));
    }
  } finally {
    for (const folder of [root, join(older, '..'), join(today, '..')])
      rmSync(folder, { recursive: true, force: true });
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
