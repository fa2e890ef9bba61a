import { parseArgs } from 'node:util';

import { findGenerator, listGenerators } from '../generator/registry.ts';
import type { Obstacle } from '../model/obstacle.ts';
import { packVersion } from '../record/version.ts';
import { open, show, unknownGenerator } from './command.ts';
import { refused } from './outcome.ts';
import { isInteractive, tolerateClosedPipe } from './terminal.ts';

/** The bin `s2s`: `s2s <generator> [flags]`, with flags before or after the generator's name. Gives the exit code. */
export async function runCli(argv: readonly string[]): Promise<number> {
  tolerateClosedPipe(process.stdout, process.stderr);
  if (argv[0] === 'completion' || argv[0] === 'complete') return runCompletion(argv);
  try {
    return await run(argv);
  } catch (error) {
    // What the prompts throw at Ctrl-C.
    if (!(error instanceof Error && error.name === 'ExitPromptError')) throw error;
    process.stderr.write('\nCancelled: nothing was changed.\n');
    return 130;
  }
}

/** `s2s completion <shell>` prints the script for it, which calls `s2s complete -- <words>`. */
async function runCompletion([command, ...words]: readonly string[]): Promise<number> {
  const { complete, completionScript, shells } = await import('./completion.ts');
  if (command === 'complete') {
    const given = words[0] === '--' ? words.slice(1) : words;
    const found = await complete(given, process.cwd());
    process.stdout.write(found.map((one) => `${one}\n`).join(''));
    return 0;
  }
  const script = completionScript(words[0]);
  if (script !== undefined) process.stdout.write(script);
  else process.stderr.write(`Name a shell: s2s completion ${shells.join('|')}\n`);
  return script === undefined ? 2 : 0;
}

async function run(argv: readonly string[]): Promise<number> {
  const ids = listGenerators();
  const index = argv.findIndex((arg) => ids.includes(arg));
  const id = argv[index];
  if (id === undefined) return runWithoutGenerator(argv);
  const opened = await open({
    id,
    argv: [...argv.slice(0, index), ...argv.slice(index + 1)],
    command: `npx plop-pack-s2s ${id}`,
    workingDirectory: process.cwd(),
    interactive: isInteractive(process),
  });
  if (typeof opened === 'string') {
    process.stdout.write(opened);
    return 0;
  }
  const outcome = opened.commit === undefined ? opened.outcome : await opened.commit();
  return show(outcome, opened);
}

/** Tells what there is and what can be done about it: asked for with --help, else it is what is wrong (exit 2). */
async function runWithoutGenerator(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: {
      cwd: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
    },
    strict: false,
    allowPositionals: true,
  });
  if (values.version === true) {
    process.stdout.write(`${packVersion}\n`);
    return 0;
  }
  const [name] = positionals;
  const reason = name === undefined ? noGenerator() : unknownGenerator(name);
  if (values.json === true) {
    const outcome = refused({ generator: name ?? '', command: 'npx plop-pack-s2s' }, [reason]);
    return show(outcome, { json: true, diff: '' });
  }
  const help = values.help === true;
  const cwd = typeof values.cwd === 'string' ? values.cwd : undefined;
  const lines = help ? [] : [reason.message, reason.remedy, ''];
  const stream = help ? process.stdout : process.stderr;
  stream.write([...lines, ...(await overview(cwd)), ''].join('\n'));
  return help ? 0 : 2;
}

/** What there is in the repository, and what can be done about it. */
async function overview(cwd: string | undefined): Promise<readonly string[]> {
  const { surveyOverview } = await import('./overview.ts');
  const generators = await Promise.all(
    listGenerators().map(async (id) => `  ${id.padEnd(22)} ${(await findGenerator(id))?.summary ?? ''}`),
  );
  return [
    ...surveyOverview(process.cwd(), cwd),
    '',
    'Usage: s2s <generator> [flags]   (s2s <generator> --help for its flags)',
    '',
    ...generators,
  ];
}

function noGenerator(): Obstacle {
  const remedy = `Name one of ${listGenerators().join(', ')}.`;
  return { code: 'E_USAGE', message: 'The generator is missing.', remedy };
}
