import { describe, expect, it } from 'vitest';

import { loaderFlags, startScripts, typeScriptStart } from '../../../generators/_engine/facts/tooling.ts';
import { sdkView } from '../../../generators/add-s2s-tracing/views.ts';
import { findStartCommand } from '../../../generators/_engine/facts/start-command.ts';
import { toRel } from '../../../generators/_engine/model/paths.ts';
import { manifest, serviceOf } from './service-of.ts';

const server =
  "import Fastify from 'fastify';\nconst app = Fastify();\napp.listen({ port: Number(process.env.PORT ?? 3000) });\n";
const service = (scripts: Readonly<Record<string, string>>) =>
  serviceOf({ 'package.json': manifest({}, { scripts }), 'src/server.ts': server });

describe('startScripts', () => {
  it.each<readonly [string, readonly string[], string]>([
    ['tsx watch src/server.ts', ['--import', 'tsx'], 'src/server.ts'],
    ['tsx watch --env-file=.env ./src/server.ts', ['--import', 'tsx'], 'src/server.ts'],
    [
      'node --env-file=.env --import ./src/instrument.ts --import tsx --watch src/server.ts',
      ['--import', './src/instrument.ts', '--import', 'tsx'],
      'src/server.ts',
    ],
    [
      'cross-env NODE_ENV=development ts-node -r tsconfig-paths/register src/server.ts',
      ['-r', 'ts-node/register/transpile-only', '-r', 'tsconfig-paths/register'],
      'src/server.ts',
    ],
    ['tsnd --files --respawn src/server.ts', ['-r', 'ts-node/register/transpile-only'], 'src/server.ts'],
    ['node -r ts-node/register src/server.ts', ['-r', 'ts-node/register'], 'src/server.ts'],
    ['npm run build && node --enable-source-maps dist/server.js', [], 'dist/server.js'],
    ['nodemon --watch src --exec "tsx src/server.ts"', ['--import', 'tsx'], 'src/server.ts'],
    ["nodemon -x 'node --import tsx' src/server.ts", ['--import', 'tsx'], 'src/server.ts'],
    ['node --experimental-strip-types src/server.ts', ['--experimental-strip-types'], 'src/server.ts'],
  ])('reads %s', (script, flags, entry) => {
    expect(startScripts({ dev: script })).toEqual([{ flags, entry }]);
  });

  it.each(['fastify start -l info dist/app.js', 'turbo run dev', 'tsc -p .', 'node --test test/*.test.ts'])(
    'takes %s for none',
    (script) => {
      expect(startScripts({ start: script })).toEqual([]);
    },
  );

  it('tells loaders from what else is loaded before', () => {
    const script = typeScriptStart({
      start: 'node dist/a.js',
      dev: 'node --import ./src/x.ts --import=tsx src/a.ts',
    });
    expect(script?.entry).toBe('src/a.ts');
    expect(script && loaderFlags(script)).toEqual(['--import=tsx']);
  });
});

describe('a service', () => {
  it('runs TypeScript as its own script does, whatever else is installed', () => {
    const { tooling } = service({ dev: 'node -r @swc-node/register -r ./src/env.ts src/server.ts' });
    expect(tooling.runTypeScript).toEqual(['-r', '@swc-node/register']);
  });

  it('is started with the preloads of its script', () => {
    const scripts = { dev: 'node --import ./src/instrument.ts --import tsx --watch src/server.ts' };
    expect(findStartCommand(service(scripts), 'consumer')?.args).toBe(
      "'--import', './src/instrument.ts', '--import', 'tsx', 'src/server.ts'",
    );
  });

  it.each([
    [
      'node --enable-source-maps dist/src/server.js',
      'node --import ./dist/src/tracing.js ./dist/src/server.js',
    ],
    ['node build/server.js', 'node --import ./build/tracing.js ./build/server.js'],
    [
      'node -r dotenv/config dist/server.js',
      'node -r dotenv/config --import ./dist/tracing.js ./dist/server.js',
    ],
    ['node bundle.js', 'node --import ./dist/tracing.js ./dist/server.js'],
  ])('is started with its tracing as %s starts what was built', (start, command) => {
    expect(sdkView(service({ start }), toRel('src/tracing.ts')).command).toBe(command);
  });

  it('is started with its tracing as its script starts the source', () => {
    const scripts = { dev: 'node -r dotenv/config --import tsx src/server.ts', start: 'node dist/server.js' };
    expect(sdkView(service(scripts), toRel('src/tracing.ts')).command).toBe(
      'node -r dotenv/config --import tsx --import ./src/tracing.ts src/server.ts',
    );
  });
});
