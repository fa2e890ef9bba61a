import { findGenerator, listGenerators } from './catalog.ts';
import { open, show } from './door.ts';
import { packVersion } from './version.ts';

/** The bin `s2s`: `s2s <generator> [flags]`, with flags before or after the generator's name. Gives the exit code. */
export async function runCli(argv: readonly string[]): Promise<number> {
  const ids = listGenerators();
  const index = argv.findIndex((arg) => ids.includes(arg));
  const id = argv[index];
  if (id === undefined) return runWithoutGenerator(argv);
  const opened = await open({
    id,
    argv: [...argv.slice(0, index), ...argv.slice(index + 1)],
    command: `npx plop-pack-s2s ${id}`,
    workingDirectory: process.cwd(),
    interactive: process.stdin.isTTY && process.stdout.isTTY,
  });
  if (typeof opened === 'string') {
    process.stdout.write(opened);
    return 0;
  }
  const outcome = opened.commit === undefined ? opened.outcome : await opened.commit();
  return show(outcome, opened);
}

async function runWithoutGenerator(argv: readonly string[]): Promise<number> {
  if (argv.includes('--version')) {
    process.stdout.write(`${packVersion}\n`);
    return 0;
  }
  const help = argv.includes('--help') || argv.includes('-h');
  const name = argv.find((arg) => !arg.startsWith('-'));
  const lines = name === undefined || help ? [] : [`There is no generator ${JSON.stringify(name)}.`, ''];
  const stream = help ? process.stdout : process.stderr;
  stream.write([...lines, ...(await overview()), ''].join('\n'));
  return help ? 0 : 2;
}

/** What there is in this repository, and what can be done about it. */
async function overview(): Promise<readonly string[]> {
  const { surveyOverview } = await import('./overview.ts');
  const generators = await Promise.all(
    listGenerators().map(async (id) => `  ${id.padEnd(22)} ${(await findGenerator(id))?.summary ?? ''}`),
  );
  return [
    ...surveyOverview(process.cwd()),
    '',
    'Usage: s2s <generator> [flags]   (s2s <generator> --help for its flags)',
    '',
    ...generators,
  ];
}
