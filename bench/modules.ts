import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

import ts from 'typescript';

import { renderVariant, variants } from '../test/runtime/render-variant.ts';

/** The generated client as the benches use it. */
interface BenchedClient {
  post(path: string, body: unknown, options?: object): Promise<{ readonly data: unknown }>;
  close(): Promise<void>;
}

export interface ClientModule {
  readonly ServiceClient: new (options: object) => BenchedClient;
}

/** Renders a variant of the templates, compiles it as a service's build would, and loads one of its modules. */
export async function loadRendered<Module>(variant: string, module: string): Promise<Module> {
  const wanted = variants[variant];
  if (wanted === undefined) throw new Error(`There is no variant ${variant}`);
  const folder = renderVariant(`bench-${variant}`, wanted);
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.includes('.test.'))) {
    const source = readFileSync(new URL(file, folder), 'utf8');
    writeFileSync(new URL(file.replace(/\.ts$/, '.js'), folder), compile(source));
  }
  return (await import(new URL(`${module}.js`, folder).href)) as Module;
}

/** TypeScript to what a service runs. */
export function compile(source: string): string {
  return ts.transpileModule(source, { compilerOptions }).outputText;
}

const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
};
