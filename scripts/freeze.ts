/** Freezes the renderer of this version, templates and all, for later versions to rebuild what it has generated. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { brotliCompressSync } from 'node:zlib';

import { build, type Plugin } from 'esbuild';

import { loadReleased } from '../generators/_engine/plan/released.ts';
import { projectRoot } from '../test/helpers/project-root.ts';
import { hashesOnFixtures } from '../test/helpers/released-hashes.ts';

/** Bundles the pack below `root`, source or compiled, into `<folder>/<version>.cjs.br`. Gives the path of the file. */
export async function freezePack(
  root: string,
  folder: string,
  manifestPath = join(root, 'package.json'),
): Promise<string> {
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8')) as {
    version: string;
    dependencies: Record<string, string>;
  };
  const plan = join(root, 'generators/_engine/plan');
  const { outputFiles } = await build({
    entryPoints: [
      existsSync(join(plan, 'render-run.ts')) ? join(plan, 'render-run.ts') : join(plan, 'render-run.js'),
    ],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20.19',
    format: 'cjs',
    external: Object.keys(manifest.dependencies).flatMap((name) => [name, `${name}/*`]),
    plugins: [withoutDisk(root, manifest.version)],
    logLevel: 'warning',
  });
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${manifest.version}.cjs.br`);
  writeFileSync(path, brotliCompressSync(code));
  return path;
}

/** The modules that read the package's own files get them at once. */
function withoutDisk(root: string, version: string): Plugin {
  const modules: Readonly<Record<string, () => string>> = {
    'render/template-files': () => templateFiles(join(root, 'templates')),
    'generator/registry': () => registry(join(root, 'generators')),
    'record/version': () =>
      `export const packVersion = ${JSON.stringify(version)}; export const packageUrl = undefined;`,
  };
  return {
    name: 'without-disk',
    setup: (bundle) => {
      for (const [name, contents] of Object.entries(modules))
        bundle.onLoad({ filter: new RegExp(`/_engine/${name}\\.[jt]s$`) }, () => {
          return { contents: contents(), loader: 'js', resolveDir: join(root, 'generators') };
        });
    },
  };
}

function templateFiles(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const texts = files.map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return [path.slice(folder.length + 1).replaceAll('\\', '/'), readFileSync(path, 'utf8')] as const;
  });
  return `const texts = ${JSON.stringify(Object.fromEntries(texts))};
export const readTemplate = (template) => texts[template];
export const listTemplates = (folder) =>
  Object.keys(texts).filter((path) => path.startsWith(folder + '/')).map((path) => path.slice(folder.length + 1));`;
}

function registry(folder: string): string {
  const ids = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('_'))
    .map(({ name }) => name)
    .sort();
  const index = (id: string): string =>
    existsSync(join(folder, id, 'index.ts')) ? `./${id}/index.ts` : `./${id}/index.js`;
  const entries = ids.map((id) => `${JSON.stringify(id)}: () => import(${JSON.stringify(index(id))})`);
  return `const modules = { ${entries.join(', ')} };
export const listGenerators = () => Object.keys(modules);
export const findGenerator = async (id) =>
  Object.hasOwn(modules, id) ? (await modules[id]()).generator : undefined;`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = await freezePack(projectRoot, join(projectRoot, 'released'));
  const hashes = await hashesOnFixtures(loadReleased(pathToFileURL(path)).renderRecorded);
  const folder = join(projectRoot, 'test/released');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, `${basename(path, '.cjs.br')}.json`),
    `${JSON.stringify(hashes, undefined, 2)}\n`,
  );
  console.log(path);
}
