import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { childEnvironment } from '../helpers/child-environment.ts';
import { runBin } from '../helpers/doors.ts';
import { ensureCommands } from '../helpers/ensure-command.ts';
import { openRepoCopy } from '../helpers/open-repo-copy.ts';
import { projectRoot } from '../helpers/project-root.ts';

const name = 'doors-screen';
const cli = join(projectRoot, 'dist/cli.js');
const escape = '\u001B[';
let root = '';
let bin = '';

beforeAll(async () => {
  root = await openRepoCopy(name, 'npm-workspaces');
  bin = mkdtempSync(join(tmpdir(), 's2s-bin-'));
  symlinkSync(cli, join(bin, 's2s'));
  await ensureCommands({ bash: 'bash', zsh: 'zsh', fish: 'fish' });
}, 300_000);
afterAll(() => {
  rmSync(join(projectRoot, '.cases', name), { recursive: true, force: true });
  rmSync(bin, { recursive: true, force: true });
});

function environment(more: Readonly<Record<string, string>> = {}): Record<string, string | undefined> {
  const own = childEnvironment({ TERM: 'xterm-256color', HOME: bin, ...more });
  return { ...own, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
}

/** Runs a command line on a real terminal, types `keys` when it shows `after`, and gives all that it showed. */
async function onTerminal(
  command: string,
  more: Readonly<Record<string, string>> = {},
  { after = '', keys = '' } = {},
): Promise<string> {
  const child = execa('script', ['-qfec', command, '/dev/null'], {
    cwd: root,
    stdin: 'pipe',
    extendEnv: false,
    env: environment(more),
    reject: false,
    timeout: 30_000,
  });
  let shown = '';
  let isTyped = keys === '';
  child.stdout.on('data', (data: Buffer) => {
    shown += data.toString();
    if (isTyped || !shown.includes(after)) return;
    isTyped = true;
    child.stdin.write(keys);
  });
  await child;
  return shown;
}

async function inShell(shell: string, program: string): Promise<readonly string[]> {
  const { stdout } = await execa(shell, ['-c', program], { cwd: root, extendEnv: false, env: environment() });
  return stdout.split('\n').filter((line) => line !== '');
}

describe('completion', () => {
  it.each([
    ['add-service-client --target us', ['user-service']],
    ['add-service-client --target user-service,bil', ['user-service,billing-service']],
    ['add-s2s --black', ['--blacklist']],
    ['s2s-graph --format s', ['svg']],
    ['add-au', ['add-auth-middleware', 'add-auth-verify']],
  ])('of %s is the same in bash and fish', async (typed, wanted) => {
    const words = typed.split(' ').map((word) => `'${word}'`);
    const bash = `source <(s2s completion bash); COMP_WORDS=(s2s ${words.join(' ')}); COMP_CWORD=${String(words.length)}; _s2s; printf '%s\\n' "\${COMPREPLY[@]}"`;
    expect(await inShell('bash', bash)).toEqual(wanted);
    expect(await inShell('fish', `s2s completion fish | source; complete -C 's2s ${typed}'`)).toEqual(wanted);
  });

  it('completes what is typed into a zsh', async () => {
    writeFileSync(
      join(bin, '.zshrc'),
      'autoload -Uz compinit; compinit -u; PS1="ready> "; source <(s2s completion zsh)\n',
    );
    const line =
      's2s add-service-client --target us\t--dry-run --json | grep -c "circuit-breaker.ts" >found.txt; exit\n';
    await onTerminal('zsh -i', {}, { after: 'ready>', keys: line });
    const { stdout } = await execa('cat', ['found.txt'], { cwd: root });
    expect(stdout).toBe('1');
  });

  it('names the shells that it knows', async () => {
    const run = await runBin(root, 'completion', 'tcsh');
    expect(run).toMatchObject({ exitCode: 2, stderr: 'Name a shell: s2s completion bash|zsh|fish\n' });
  });
});

describe('what is shown', () => {
  const preview = `node ${cli} add-circuit-breaker --target user --dry-run --no-format`;

  it('has colours on a terminal, and none with NO_COLOR', async () => {
    const shown = await onTerminal(preview);
    expect(shown).toContain(`${escape}32m+`);
    expect(shown).toContain(`${escape}1mdiff --git`);
    expect(await onTerminal(preview, { NO_COLOR: '1' })).not.toContain(escape);
  });

  it.each([
    ['a pipe', {}, false],
    ['a pipe in CI', { CI: 'true' }, false],
    ['a pipe with FORCE_COLOR', { FORCE_COLOR: '1' }, true],
    ['NO_COLOR over FORCE_COLOR', { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  ])('follows %s', async (_, more, coloured) => {
    const args = [cli, 'add-circuit-breaker', '--target', 'user', '--dry-run', '--no-format'];
    const { stdout } = await execa('node', args, {
      cwd: root,
      extendEnv: false,
      env: environment(more),
      stdin: 'ignore',
    });
    expect(stdout.includes(escape)).toBe(coloured);
  });

  it('asks nobody on the terminal of a CI run', async () => {
    const shown = await onTerminal(`node ${cli} add-service-client`, { CI: 'true', NO_COLOR: '1' });
    expect(shown).toContain('--target is missing');
  });

  it('asks in the words of the user, and changes nothing at Ctrl-C', async () => {
    const shown = await onTerminal(`node ${cli} add-service-client`, {}, { after: 'submit', keys: '\u0003' });
    expect(shown).toContain('Which services should change?');
    expect(shown).toContain('Cancelled: nothing was changed.');
  });

  it('shows the code of a place that is in the way', async () => {
    const file = 'services/billing-service/src/app.ts';
    const whole = await execa('cat', [file], { cwd: root, stripFinalNewline: false });
    writeFileSync(join(root, file), 'import Fastify from "fastify";\nconst broken = ;\n');
    const { stdout } = await runBin(root, 'add-circuit-breaker', '--target', 'billing');
    writeFileSync(join(root, file), whole.stdout);
    expect(stdout).toContain('    > 2 | const broken = ;\n');
    expect(stdout).toContain('    → Correct the file');
  });

  it('tells the services found and what is known of them', async () => {
    const { stderr } = await runBin(root);
    expect(stderr).toContain('signs JWTs in services/auth-service/src/routes/auth.routes.ts:31');
  });
});
