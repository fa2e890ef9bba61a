import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Installed for the bench alone, into its temporary folder. */
const packages = ['hygen@6.2.11', 'sv@0.17.1', 'nx@22.7.0', 'plop@4.0.5'];

/** How a peer does its most trivial work; `args` are for node, `folder` is where. */
export interface Peer {
  readonly name: string;
  readonly folder: string;
  readonly args: readonly string[];
}

/** Installs the peers below a folder and gives each something small to generate. */
export function preparePeers(root: string): readonly Peer[] {
  writeTree(root, { 'package.json': '{ "name": "peers", "private": true, "type": "commonjs" }' });
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--silent', ...packages], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const bin = (path: string): string => join(root, 'node_modules', path);
  return [
    { name: 'plop, one template', folder: plop(root), args: [bin('plop/bin/plop.js'), 'file', 'made'] },
    { name: 'hygen, one template', folder: hygen(root), args: [bin('hygen/dist/bin.js'), 'file', 'new'] },
    {
      name: 'sv add prettier',
      folder: svelte(root),
      args: [bin('sv/dist/bin.mjs'), 'add', 'prettier', '--no-install', '--no-git-check'],
    },
    {
      name: 'nx g, one file',
      folder: nx(root),
      args: [bin('nx/dist/bin/nx.js'), 'g', 'tools:file', '--dry-run'],
    },
  ];
}

function plop(root: string): string {
  return writeTree(join(root, 'plop'), {
    'plopfile.mjs': `export default (plop) => {
  plop.setGenerator('file', {
    prompts: [{ type: 'input', name: 'name', message: 'name' }],
    actions: [{ type: 'add', path: '{{name}}.ts', template: 'export const {{name}} = 1;', force: true }],
  });
};
`,
  });
}

function hygen(root: string): string {
  return writeTree(join(root, 'hygen'), {
    '_templates/file/new/file.ejs.t': '---\nto: made.ts\nforce: true\n---\nexport const made = 1;\n',
  });
}

function svelte(root: string): string {
  return writeTree(join(root, 'svelte'), {
    'package.json':
      '{ "name": "app", "private": true, "type": "module", "devDependencies": { "svelte": "^5.0.0" } }',
    'svelte.config.js': 'export default {};\n',
    'vite.config.js': 'export default {};\n',
    'src/app.html': '<html></html>\n',
  });
}

function nx(root: string): string {
  const folder = writeTree(join(root, 'nx'), {
    'nx.json': '{ "useDaemonProcess": false, "neverConnectToCloud": true, "analytics": false }',
    'package.json': '{ "name": "app", "private": true, "workspaces": ["tools"] }',
    'tools/package.json': '{ "name": "tools", "version": "1.0.0", "generators": "./generators.json" }',
    'tools/generators.json':
      '{ "generators": { "file": { "factory": "./file.js", "schema": "./schema.json" } } }',
    'tools/schema.json':
      '{ "$schema": "https://json-schema.org/schema", "$id": "file", "type": "object", "properties": {} }',
    'tools/file.js': "module.exports = (tree) => tree.write('made.ts', 'export const made = 1;\\n');\n",
  });
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent'], { cwd: folder });
  return folder;
}

function writeTree(root: string, files: Readonly<Record<string, string>>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}
