/** A script of package.json that starts the service, as `node <flags> <entry>`. */
export interface StartScript {
  /** What its runtime is given before the entry: loaders and preloads, in their order. */
  readonly flags: readonly string[];
  /** As the script names it: `src/server.ts`, `dist/server.js`. */
  readonly entry: string;
}

const starting = /^(?:start|dev|serve|develop|watch)(?::[\w:-]+)?$/;
/** Flags of Node that take the next word; others stand for themselves or have `=`. */
const withValue = /^(?:--import|--require|-r|--loader|--experimental-loader|--conditions|-C)$/;
const kept =
  /^(?:--import|--require|-r|--loader|--conditions|-C|--experimental-[\w-]+|--env-file-if-exists)(?:=|$)/;
const loader =
  /^(?:tsx|ts-node|tsconfig-paths|@swc-node|@swc|esbuild-register|esbuild-runner|@esbuild-kit|jiti|amaro)(?:\/|$)/;
const stripping = /^--experimental-(?:strip|transform)-types$/;
/** What runs TypeScript by a name of its own, as flags of Node. */
const runners: Readonly<Record<string, readonly string[]>> = {
  node: [],
  nodemon: [],
  tsx: ['--import', 'tsx'],
  'ts-node': ['-r', 'ts-node/register'],
  'ts-node-dev': ['-r', 'ts-node/register'],
  tsnd: ['-r', 'ts-node/register'],
};

/** The scripts that start a service by a file, `start` before others. */
export function startScripts(scripts: Readonly<Record<string, string>>): readonly StartScript[] {
  return Object.entries(scripts)
    .filter(([name]) => starting.test(name))
    .sort(([a], [b]) => Number(b === 'start') - Number(a === 'start'))
    .flatMap(([, script]) => script.split(/&&|;/).flatMap(parseStart));
}

/** The first that starts TypeScript as it is. */
export function typeScriptStart(scripts: Readonly<Record<string, string>>): StartScript | undefined {
  return startScripts(scripts).find(({ entry }) => /\.[cm]?ts$/.test(entry));
}

/** Of its flags those that make Node run TypeScript; undefined where Node does without. */
export function loaderFlags({ flags }: StartScript): readonly string[] | undefined {
  const found = flags.flatMap((flag, index) => {
    if (withValue.test(flags[index - 1] ?? '')) return [];
    const next = withValue.test(flag) ? flags[index + 1] : undefined;
    const isLoader = loader.test(next ?? flag.split('=')[1] ?? '') || stripping.test(flag);
    return isLoader ? [flag, ...(next === undefined ? [] : [next])] : [];
  });
  return found.length === 0 ? undefined : found;
}

/** `cross-env PORT=1 node -r dotenv/config --watch src/server.ts`, `nodemon --exec "tsx src/server.ts"`, `tsx watch …`. */
function parseStart(script: string): readonly StartScript[] {
  const inner = /\bnodemon\b.*?(?:--exec|-x)\s+(?:"([^"]+)"|'([^']+)'|(.+))$/.exec(script);
  const line =
    inner === null ? script : `${inner[1] ?? inner[2] ?? inner[3] ?? ''} ${afterQuotes(script, inner)}`;
  const words = line.replaceAll(/["']/g, '').trim().split(/\s+/);
  const at = words.findIndex((word) => Object.hasOwn(runners, word));
  if (at < 0) return [];
  const flags = [...(runners[words[at] ?? ''] ?? [])];
  for (let index = at + 1; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const value = withValue.test(word) ? words[index + 1] : undefined;
    if (value !== undefined) index += 1;
    if (word.startsWith('-')) {
      if (kept.test(word)) flags.push(word, ...(value === undefined ? [] : [value]));
    } else if (/^[^*]+\.[cm]?[jt]s$/.test(word)) return [{ flags, entry: word.replace(/^\.\//, '') }];
    else if (word !== 'watch' && word !== 'run') return [];
  }
  return [];
}

function afterQuotes(script: string, { index, 0: matched }: RegExpExecArray): string {
  return script.slice(index + matched.length);
}
