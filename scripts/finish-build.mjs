// What tsc does not do: the bin's own file, and the templates beside the compiled code.
import { chmodSync, cpSync, writeFileSync } from 'node:fs';

const bin = `#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error('E_NODE_VERSION: Node ' + process.versions.node + ' is too old: s2s needs 20.19 or newer.');
  process.exit(3);
}

const { runCli } = await import('./generators/_engine/cli.js');
process.exitCode = await runCli(process.argv.slice(2)).catch((error) => {
  console.error(error);
  return 1;
});
`;

writeFileSync('dist/cli.js', bin);
chmodSync('dist/cli.js', 0o755);
cpSync('templates', 'dist/templates', { recursive: true });
