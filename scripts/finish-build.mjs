// What tsc does not do: the bin's own file, the templates beside the compiled code, and no types that nobody can import.
import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const bin = `#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error('E_NODE_VERSION: Node ' + process.versions.node + ' is too old, and nothing has changed: run the command with Node 20.19 or newer.');
  process.exit(3);
}

const { runCli } = await import('./generators/_engine/cli/cli.js');
process.exitCode = await runCli(process.argv.slice(2)).catch((error) => {
  console.error(error);
  return 1;
});
`;

writeFileSync('dist/cli.js', bin);
chmodSync('dist/cli.js', 0o755);
for (const name of ['typescript', 'lib-files'])
  cpSync(`generators/_engine/syntax/${name}.cjs`, `dist/generators/_engine/syntax/${name}.cjs`);
cpSync('templates', 'dist/templates', { recursive: true });

const published = new Set();
const publish = (file) => {
  if (published.has(file)) return;
  published.add(file);
  for (const [, to] of readFileSync(file, 'utf8').matchAll(/ from '(\.[^']+)\.ts'/g)) {
    publish(join(dirname(file), `${to}.d.ts`));
  }
};
publish(join('dist', 'plopfile.d.ts'));
for (const name of readdirSync('dist', { recursive: true })) {
  const file = join('dist', name);
  if (file.endsWith('.d.ts') && !published.has(file)) rmSync(file);
}
