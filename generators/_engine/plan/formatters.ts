import { joinRel, type RelPath } from '../model/paths.ts';

/** Texts by path. */
export type Texts = Readonly<Record<string, string>>;

/** Texts that one package's formatter is to format. */
interface Inputs {
  readonly dir: RelPath;
  readonly inputs: Texts;
}

/** Takes each package's own Prettier, and finds its configuration from the path of the file. */
const prettierProgram = `
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { root, groups } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
async function formatGroup({ dir, inputs }) {
  const prettier = createRequire(join(root, dir, 'package.json'))('prettier');
  process.chdir(join(root, dir));
  const outputs = {};
  for (const [path, text] of Object.entries(inputs)) {
    const file = join(root, path);
    const { ignored } = await prettier.getFileInfo(file, { ignorePath: join(root, '.prettierignore') });
    if (ignored) continue;
    const config = await prettier.resolveConfig(file, { editorconfig: true });
    const options = { ...config, filepath: file };
    // Some call chains come out differently the second time, and a check looks at what came out.
    outputs[path] = await prettier.format(await prettier.format(text, options), options);
  }
  return { outputs };
}
(async () => {
  const results = [];
  for (const group of groups)
    results.push(await formatGroup(group).catch((error) => ({ error: error.message })));
  process.stdout.write(JSON.stringify(results));
})();
`;

type PrettierResult = Readonly<{ outputs: Texts } | { error: string }>;

/** For each group what its Prettier makes of the texts, or a sentence that says why it could not. */
export async function runPrettier(
  root: string,
  groups: readonly Inputs[],
): Promise<readonly (Texts | string)[]> {
  const { execa } = await import('execa');
  const wanted = groups.map(({ dir, inputs }) => ({ dir, inputs }));
  const { failed, stderr, stdout } = await execa(process.execPath, ['-e', prettierProgram], {
    cwd: root,
    input: JSON.stringify({ root, groups: wanted }),
    reject: false,
    timeout: 60_000 * groups.length,
  });
  const results = failed ? groups.map(() => ({ error: stderr })) : (JSON.parse(stdout) as PrettierResult[]);
  return results.map((result) =>
    'outputs' in result
      ? result.outputs
      : `Prettier could not format the new code (${firstLine(result.error)}): install it and run it.`,
  );
}

/** For each group what Biome makes of the texts, or a sentence that says why it could not. */
export async function runBiome(
  root: string,
  groups: readonly Inputs[],
): Promise<readonly (Texts | string)[]> {
  const results: (Texts | string)[] = [];
  for (const group of groups) results.push(await runBiomeOn(root, group));
  return results;
}

async function runBiomeOn(root: string, { dir, inputs }: Inputs): Promise<Texts | string> {
  const localDir = `${root}/${joinRel(dir)}`;
  const outputs: Record<string, string> = {};
  for (const [path, input] of Object.entries(inputs)) {
    let text = input;
    // As with Prettier, some call chains come out differently the second time.
    for (let pass = 0; pass < 2; pass += 1) {
      const result = await biome(root, localDir, path, text);
      if (result.code === 'ENOENT')
        return 'Biome could not format the new code (it is not installed): install it and run it.';
      if (result.failed)
        return `Biome could not format the new code (${firstLine(result.stderr)}): run it by hand.`;
      text = result.stdout;
    }
    outputs[path] = text;
  }
  return outputs;
}

async function biome(root: string, localDir: string, path: string, input: string) {
  const { execa } = await import('execa');
  return execa('biome', ['format', `--stdin-file-path=${path}`], {
    cwd: root,
    preferLocal: true,
    localDir,
    input,
    reject: false,
    stripFinalNewline: false,
    timeout: 60_000,
  });
}

function firstLine(text: string): string {
  return (
    text
      .split('\n')
      .find((line) => line.trim() !== '')
      ?.trim() ?? 'no reason given'
  );
}
