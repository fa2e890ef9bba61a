import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runInNewContext } from 'node:vm';

import { expect, it, onTestFinished } from 'vitest';

import { findStartCommand } from '../../../generators/_engine/facts/start-command.ts';
import { manifest, serviceOf } from './service-of.ts';

const server =
  "import Fastify from 'fastify';\nconst app = Fastify();\napp.listen({ port: Number(process.env.PORT ?? 3000) });\n";

function argsOf(dev: string, as: 'auth' | 'consumer'): readonly string[] {
  const files = { 'package.json': manifest({}, { scripts: { dev } }), 'src/server.ts': server };
  const { args = '' } = findStartCommand(serviceOf(files), as) ?? {};
  return [...(runInNewContext(`[${args}]`) as readonly string[])];
}

/** The hook of a loader for `require()`, for files with one type; a service that says how it was started. */
const service = {
  'package.json': '{}',
  'node_modules/ts-node/register/transpile-only.js': `require.extensions['.ts'] = (module, path) => {
  const text = require('node:fs').readFileSync(path, 'utf8');
  module._compile(text.replace(': number', ''), path);
};
`,
  'src/port.ts': 'exports.port = 1;\n',
  'src/server.ts': `const { port }: number = require('./port');
console.log(require.main === module, port, globalThis.clock);
`,
};

it('starts a consumer by a loader for require() with the clock of the test', () => {
  const folder = mkdtempSync(join(tmpdir(), 's2s-start-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  for (const [path, text] of Object.entries(service)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const args = argsOf('tsnd --files --respawn src/server.ts', 'consumer');
  const clock = ['--import', 'data:text/javascript,globalThis.clock=2'];
  const output = execFileSync(process.execPath, [...clock, ...args], { cwd: folder, encoding: 'utf8' });
  expect(output).toBe('true 1 2\n');
});

it('starts all others by their entry', () => {
  const tsNode = ['-r', 'ts-node/register/transpile-only', 'src/server.ts'];
  expect(argsOf('tsnd --files src/server.ts', 'auth')).toEqual(tsNode);
  const both = ['-r', 'dotenv/config', '--import', 'tsx', 'src/server.ts'];
  expect(argsOf('node -r dotenv/config --import tsx src/server.ts', 'consumer')).toEqual(both);
});
