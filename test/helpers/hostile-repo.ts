import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { open } from '../../generators/_engine/cli/command.ts';
import { exitCodeOf, type Outcome } from '../../generators/_engine/cli/outcome.ts';

/** Stands in every file that no repository brings along; must never be printed. */
export const secret = 'hunter2-do-not-print';

/** What a command line came to, in this process: by the corridor that both doors share. */
export interface HostileRun {
  readonly exit: number;
  readonly outcome: Outcome;
  /** Everything that could be printed. */
  readonly text: string;
}

/** A small service in a git repository with a user's own files in it, which somebody else may commit to. */
export class HostileRepo {
  readonly #outside = realpathSync(mkdtempSync(join(tmpdir(), 's2s-hostile-')));
  readonly root = join(this.#outside, 'repo');

  constructor() {
    this.write(
      'package.json',
      JSON.stringify({ name: 'svc', type: 'module', dependencies: { fastify: '^5.0.0' } }),
    );
    this.write(
      'src/app.ts',
      "import Fastify from 'fastify';\n\nexport function buildApp() {\n  const app = Fastify();\n  return app;\n}\n",
    );
    this.write('.env.example', 'PORT=3000\n');
    this.write('.gitignore', '.env\nsrc/ignored.ts\n');
    this.git('init', '--quiet');
    for (const path of ['.env', 'src/ignored.ts', 'src/untracked.ts', '../outside/file.ts', '.git/evil.ts'])
      this.write(path, `export const value = '${secret}';\n`);
  }

  get outside(): string {
    return join(this.#outside, 'outside');
  }

  write(path: string, text: string | Uint8Array): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  /** Commits what the attacker brings: everything but the user's own files. */
  commit(): void {
    this.git('add', '--all', '--', '.', ':!src/untracked.ts');
    const identity = [
      '-c',
      'user.name=evil',
      '-c',
      'user.email=evil@localhost',
      '-c',
      'commit.gpgsign=false',
    ];
    this.git(...identity, 'commit', '--quiet', '--message', 'Harmless');
  }

  git(...args: readonly string[]): void {
    execFileSync('git', args, { cwd: this.root, stdio: 'ignore' });
  }

  /** Every file in and around the repository, git's own too: kind, mode and bytes. */
  get everything(): ReadonlyMap<string, string> {
    const names = readdirSync(this.#outside, { recursive: true, encoding: 'utf8' }).sort();
    return new Map(names.map((name) => [name, stateOf(join(this.#outside, name))]));
  }

  async run(line: string): Promise<HostileRun> {
    const [id = '', ...argv] = line.split(' ');
    const opened = await open({
      id,
      argv: id === 's2s-graph' ? argv : [...argv, '--no-format', '--yes', '--allow-dirty'],
      command: `npx s2s ${id}`,
      workingDirectory: this.root,
      root: this.root,
      interactive: false,
    });
    if (typeof opened === 'string') throw new Error(opened);
    const outcome = opened.commit === undefined ? opened.outcome : await opened.commit();
    return { exit: exitCodeOf(outcome), outcome, text: `${opened.diff}${JSON.stringify(outcome)}` };
  }

  close(): void {
    rmSync(this.#outside, { recursive: true, force: true });
  }
}

function stateOf(path: string): string {
  const found = lstatSync(path);
  const mode = found.mode.toString(8);
  if (found.isSymbolicLink()) return `link to ${readlinkSync(path)}`;
  const isLong = found.size > 1_000_000;
  return found.isFile() ? `${mode} ${isLong ? String(found.size) : readFileSync(path, 'latin1')}` : mode;
}
