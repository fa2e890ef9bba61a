import { findGenerator, listGenerators } from '../generator/registry.ts';
import { flagOf, globalFlags } from '../generator/options.ts';
import type { Question, Questions } from '../model/generator.ts';
import type { Repo } from '../model/repo.ts';
import { openRepo } from '../repo/repo.ts';
import { findRoot } from '../repo/disk.ts';
import { surveyHeads } from '../repo/services.ts';

/** Shells that `s2s completion <shell>` has a script for. */
export const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

const scripts: Readonly<Record<Shell, string>> = {
  bash: `_s2s() {
  local IFS=$'\\n'
  COMPREPLY=($(s2s complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -F _s2s s2s plop-pack-s2s
`,
  zsh: `#compdef s2s plop-pack-s2s
_s2s() {
  local -a found
  found=("\${(@f)$(s2s complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -- $found
}
compdef _s2s s2s plop-pack-s2s
`,
  fish: `complete -c s2s -f -a '(s2s complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
complete -c plop-pack-s2s -f -a '(s2s complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
};

/** The script to source in a shell; undefined for a shell that we do not know. */
export function completionScript(shell: string | undefined): string | undefined {
  return shells.find((one) => one === shell) && scripts[shell as Shell];
}

/**
 * What the last of the words can become. Must answer while somebody waits for a key: reads manifests and nothing else,
 * and never loads the parser.
 */
export async function complete(
  words: readonly string[],
  workingDirectory: string,
): Promise<readonly string[]> {
  const last = words.at(-1) ?? '';
  const ids = listGenerators();
  const id = words.slice(0, -1).find((word) => ids.includes(word));
  const generator = id === undefined ? undefined : await findGenerator(id);
  if (generator === undefined) return [...ids, 'completion'].filter((one) => one.startsWith(last));
  const questions: Questions = { ...globalFlags, ...generator.questions };
  const [, inline] = /^--target=(.*)$/.exec(last) ?? [];
  const flag = words.at(-2);
  if (flag === '--target' || inline !== undefined || flag === '--auth')
    return services(inline ?? last, workingDirectory).map((one) =>
      inline === undefined ? one : `--target=${one}`,
    );
  const asked = Object.entries(questions).find(([key]) => `--${flagOf(key)}` === flag);
  const values = asked === undefined ? [] : await closedValues(asked[1]);
  if (values.length > 0) return values.filter((one) => one.startsWith(last));
  const flags = Object.entries(questions).map(([key, { type }]) =>
    key === 'format' && type === 'boolean' ? '--no-format' : `--${flagOf(key)}`,
  );
  return flags.filter((one) => one.startsWith(last) && !words.slice(0, -1).includes(one));
}

/** `user,bil` → `user,billing-service`: several are given with commas. */
function services(typed: string, workingDirectory: string): readonly string[] {
  const comma = typed.lastIndexOf(',') + 1;
  const [before, part] = [typed.slice(0, comma), typed.slice(comma)];
  const names = surveyHeads(openRepo(findRoot(workingDirectory, undefined))).map(({ name }) => name);
  const taken = before.split(',');
  return names.filter((name) => name.includes(part) && !taken.includes(name)).map((name) => before + name);
}

/** Closed choices are the same in every repo. */
async function closedValues({ choices, closed }: Question): Promise<readonly string[]> {
  if (closed !== true || choices === undefined) return [];
  const found = typeof choices === 'function' ? await choices({ repo: noRepo, heads: [] }, {}) : choices;
  return found.map(({ value }) => value);
}

const noRepo: Repo = {
  root: '',
  get origin() {
    return noRepo;
  },
  read: () => undefined,
  list: () => [],
  since: () => noRepo,
};
