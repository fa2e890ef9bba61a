import type { NodePlopAPI } from 'plop';

import { findGenerator, listGenerators } from '../generator/registry.ts';
import { open, type Opened, show } from './command.ts';
import { isInteractive, tolerateClosedPipe } from './terminal.ts';

/** Flags of plop itself: it has read them already, and ours do not know them. */
const plopFlags = new Set([
  '--plopfile',
  '--dest',
  '--preload',
  '--progress',
  '--no-progress',
  '--show-type-names',
]);
const plopValueFlags = new Set(['--plopfile', '--dest', '--preload']);

/**
 * Registers every generator with plop. `prompts` is a function, because plop's own reading of flags mixes up their
 * values; it decides. The one action writes: all or nothing.
 */
export async function registerGenerators(plop: NodePlopAPI): Promise<void> {
  for (const id of listGenerators()) {
    const generator = await findGenerator(id);
    plop.setGenerator(id, {
      description: generator?.summary ?? '',
      prompts: async () => ({ opened: await openOrExit(plop, id) }),
      actions: [async (answers) => commitOrExit((answers as { readonly opened: Opened }).opened)],
    });
  }
}

async function openOrExit(plop: NodePlopAPI, id: string): Promise<Opened> {
  tolerateClosedPipe(process.stdout, process.stderr);
  const argv = process.argv.slice(2);
  const { name, flags } = splitName(id, argv);
  const opened = await open({
    id,
    argv: flags,
    command: `npx plop ${name}`,
    workingDirectory: process.cwd(),
    root: rootOf(plop, argv),
    interactive: isInteractive(process),
  });
  if (typeof opened === 'string') {
    process.stdout.write(opened);
    process.exit(0);
  }
  // plop knows no outcome but "failed" and would print the message a second time.
  if (opened.commit === undefined) process.exit(await show(opened.outcome, opened));
  return opened;
}

async function commitOrExit(opened: Opened): Promise<string> {
  if (opened.commit === undefined) return '';
  const outcome = await opened.commit();
  const code = await show(outcome, { ...opened, diff: '' });
  if (code !== 0) process.exit(code);
  return `${String(outcome.changes.length)} files`;
}

/**
 * The name that was typed, and the flags after it. A plopfile that loads the pack may give a generator another name, of
 * several words too (`plop.load(pack, {}, { generators: { 'add-s2s': 'add auth' } })`): its words stand before the flags.
 */
function splitName(id: string, argv: readonly string[]): { name: string; flags: readonly string[] } {
  const index = argv.indexOf(id);
  if (index >= 0) return { name: id, flags: withoutPlopFlags(argv.slice(index + 1)) };
  const rest = withoutPlopFlags(argv);
  const firstFlag = rest.findIndex((arg) => arg.startsWith('-'));
  const words = firstFlag < 0 ? rest : rest.slice(0, firstFlag);
  return { name: words.length === 0 ? id : words.join(' '), flags: rest.slice(words.length) };
}

/** `--dest` wins; with neither it nor `--cwd` the root is found from where the plopfile's destination is. */
function rootOf(plop: NodePlopAPI, argv: readonly string[]): string | undefined {
  const hasDest = argv.some((arg) => arg === '--dest' || arg.startsWith('--dest='));
  const hasCwd = argv.some((arg) => arg === '--cwd' || arg.startsWith('--cwd='));
  return hasDest || !hasCwd ? plop.getDestBasePath() : undefined;
}

function withoutPlopFlags(argv: readonly string[]): readonly string[] {
  return argv.filter((arg, index) => {
    const before = argv[index - 1];
    const isValue = before !== undefined && plopValueFlags.has(before);
    return !isValue && !plopFlags.has(arg.split('=')[0] ?? arg);
  });
}
