import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

import { listGenerators } from '../../generators/_engine/generator/registry.ts';
import { packPackage } from '../helpers/packed.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { readModules } from '../helpers/import-graph.ts';

const manifest = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
};
const templates = readdirSync(join(projectRoot, 'templates'), { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.(hbs|ts)$/.test(path))
  .map((path) => `dist/templates/${path}`);
const compiled = [...readModules('generators')].map(({ path }) => `dist/${path.replace(/\.ts$/, '.js')}`);
/** CommonJS as it is written: what loads a package by require. */
const required = readdirSync(join(projectRoot, 'generators'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.cjs'))
  .map((path) => `generators/${path}`);

const released = existsSync(join(projectRoot, 'released'))
  ? readdirSync(join(projectRoot, 'released')).map((file) => `released/${file}`)
  : [];

describe('what npm pack holds', () => {
  it('is the compiled code, the templates, the types that can be imported and the documents', async () => {
    const { files } = await packPackage();
    const types = files.filter((path) => path.endsWith('.d.ts'));
    expect(files.filter((path) => !types.includes(path))).toEqual(
      [
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'dist/cli.js',
        'dist/plopfile.js',
        'docs/outcome.schema.json',
        'docs/reference.md',
        'package.json',
        ...released,
        ...compiled,
        ...required.map((path) => `dist/${path}`),
        ...templates,
      ].sort(),
    );
    expect(types).toContain('dist/plopfile.d.ts');
    expect(types).toEqual([...reachableTypes('dist/plopfile.d.ts')].sort());
  });

  it('is under two and a quarter megabytes', async () => {
    expect((await packPackage()).unpackedBytes).toBeLessThan(2_250_000);
  });

  it('has what a generator consists of, for each', async () => {
    const { files } = await packPackage();
    for (const id of listGenerators()) expect(files).toContain(`dist/generators/${id}/index.js`);
  });

  it('imports only what it declares', () => {
    const declared = new Set([
      ...Object.keys(manifest.dependencies),
      ...Object.keys(manifest.peerDependencies),
    ]);
    const imported = [...readModules('generators')].flatMap(({ imports }) => imports.map(({ to }) => to));
    const calls = required.flatMap((path) => requiresOf(readFileSync(join(projectRoot, path), 'utf8')));
    const packages = [...imported, ...calls].filter(
      (to) => !to.startsWith('node:') && !to.startsWith('generators/'),
    );
    expect(packages.filter((name) => !declared.has(name))).toEqual([]);
    expect(Object.keys(manifest.dependencies).filter((name) => !packages.includes(name))).toEqual([]);
  });
});

describe('its manifest', () => {
  it('is clean for publint', async () => {
    const { tarball } = await packPackage();
    const data = readFileSync(tarball);
    const { messages, pkg } = await publint({ pack: { tarball: toArrayBuffer(data) }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it('has types that are not wrong, for a package that is ESM alone', async () => {
    const { tarball } = await packPackage();
    const result = await checkPackage(createPackageFromTarballData(readFileSync(tarball)));
    // `require` of ESM works from Node 20.19 on, which is the oldest that we support.
    const problems = result.types === false ? [] : result.problems;
    expect(result.types).not.toBe(false);
    expect(problems.filter(({ kind }) => kind !== 'CJSResolvesToESM')).toEqual([]);
  });
});

function requiresOf(text: string): readonly string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
}

function toArrayBuffer(data: Buffer): ArrayBuffer {
  return new Uint8Array(data).buffer;
}

/** Declaration files that `file` leads to, itself included. */
function reachableTypes(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const { importedFiles } = ts.preProcessFile(readFileSync(join(projectRoot, file), 'utf8'));
  for (const { fileName } of importedFiles.filter(({ fileName }) => fileName.startsWith('.'))) {
    reachableTypes(join(file, '..', fileName.replace(/\.ts$/, '.d.ts')), seen);
  }
  return seen;
}
