import { loaderFlags, loadsCommonJs, typeScriptStart } from './tooling.ts';
import { dirnameRel, relativeRel, type RelPath } from '../model/paths.ts';
import type { Service } from '../model/service.ts';
import { printKey, printString } from '../syntax/print.ts';

/** How a service is started from its folder without a build, as arguments of `node` in TypeScript. */
export interface StartCommand {
  /** Arguments of `node` alone that let it run TypeScript: string literals. */
  readonly runner: readonly string[];
  readonly args: string;
  /** Lines of the program that `args` run, for an app that does not listen by itself. */
  readonly script?: readonly string[];
  /** What its own code starts it with, as object entries. */
  readonly env: readonly string[];
  /** A port that its code sets; 0 where the environment does. */
  readonly port: string;
}

/** Undefined when no file listens and none exports what could. The test knows it as `as`. */
export function findStartCommand(
  service: Service,
  as: 'auth' | 'consumer' | 'callee',
): StartCommand | undefined {
  const { app, dir, manifest, tooling } = service;
  // A preload of the script may be what the service does not start without.
  const scripted = typeScriptStart(manifest.scripts);
  const flags = scripted !== undefined && loaderFlags(scripted) !== undefined ? scripted.flags : undefined;
  const runner = (flags ?? tooling.runTypeScript ?? ['--import', 'tsx']).map((word) => printString(word));
  const below = (path: string): string => path.slice(dir === '' ? 0 : dir.length + 1);
  const autoload: readonly string[] = app.autoload.length > 0 ? ["FASTIFY_AUTOLOAD_TYPESCRIPT: '1'"] : [];
  if (app.entry !== undefined) {
    const { defaultPort, hostEnv, portEnv } = app.listen;
    if (portEnv === undefined && defaultPort === undefined) return undefined;
    return {
      runner,
      args: [...runner, ...entryArgs(below(app.entry), flags ?? tooling.runTypeScript, as)].join(', '),
      env: [
        ...(portEnv === undefined ? [] : [`${printKey(portEnv)}: String(${as}Port)`]),
        ...(hostEnv === undefined ? [] : [`${printKey(hostEnv)}: '127.0.0.1'`]),
        ...autoload,
      ],
      port: portEnv === undefined ? String(defaultPort) : '0',
    };
  }
  const script = bootScript(service, below(app.file));
  if (script === undefined) return undefined;
  const isModule = service.modules.system === 'esm' ? ["'--input-type=module'"] : [];
  return {
    runner,
    args: [...runner, ...isModule, "'--eval'", `${as.toUpperCase()}_SCRIPT`].join(', '),
    script,
    env: [`PORT: String(${as}Port)`, ...autoload],
    port: '0',
  };
}

/**
 * The test loads a clock into a consumer by `--import`. Node then takes its entry for a module, which a loader for
 * CommonJS such as `-r ts-node/register` does not see: this loads the entry as Node does without that flag.
 */
function entryArgs(
  entry: string,
  runner: readonly string[] | undefined,
  as: 'auth' | 'consumer' | 'callee',
): readonly string[] {
  if (as !== 'consumer' || runner === undefined || !loadsCommonJs(runner)) return [printString(entry)];
  const path = `require('node:path').resolve(${printString(entry)})`;
  return ["'--eval'", printString(`require('node:module')._load(${path}, null, true)`)];
}

/** Starts an app that does not listen by itself, as fastify-cli would. */
function bootScript({ app, modules }: Service, file: string): readonly string[] | undefined {
  const { importable } = app;
  if (importable === undefined || importable.requiredParameters.length > 0) return undefined;
  const isModule = modules.system === 'esm';
  const isDefault = importable.export === 'default';
  const name = isDefault ? 'app' : importable.name;
  const from = printString(`./${file}`);
  const load = isModule
    ? [`import ${isDefault ? name : `{ ${name} }`} from ${from};`]
    : [`const { ${isDefault ? `default: ${name}` : name} } = require(${from});`];
  const listen = "listen({ port: Number(process.env.PORT), host: '127.0.0.1' })";
  switch (importable.shape) {
    case 'instance':
      return [...load, `${name}.${listen};`];
    case 'factory':
      return [...load, `Promise.resolve(${name}()).then((server) => server.${listen});`];
    case 'plugin': {
      const fastify = isModule ? "import fastify from 'fastify';" : "const fastify = require('fastify');";
      return [
        fastify,
        ...load,
        'const server = fastify({ logger: true });',
        `server.register(${name});`,
        `server.${listen};`,
      ];
    }
  }
}

/** The import that a test of the service needs for a {@link folderExpression}; [] for none. */
export function folderImports({ modules }: Service): readonly string[] {
  return modules.system === 'esm' ? [] : ["import { resolve } from 'node:path';"];
}

/** A folder of the repo as a test of the service names it: as an absolute path or a URL. */
export function folderExpression({ modules }: Service, test: RelPath, dir: RelPath): string {
  const path = printString(folderReference(modules, relativeRel(dirnameRel(test), dir)));
  return modules.system === 'esm' ? `new URL(${path}, import.meta.url)` : `resolve(__dirname, ${path})`;
}

/** A URL reads some signs in another way than a path: `%`, `?` and `#` are its own. */
function folderReference({ system }: Service['modules'], path: string): string {
  return system === 'esm' ? path.replace(/[%?#]/g, encodeURIComponent) : path;
}
