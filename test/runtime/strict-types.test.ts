import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';
import { describe, expect, it } from 'vitest';

import { sampled } from '../helpers/sampled.ts';
import { renderVariant, variants } from './render-variant.ts';

/** The strictest that users may have; `isolatedDeclarations` is left out, since it asks for types on private parts. */
const strictest: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ['lib.es2022.d.ts'],
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noFallthroughCasesInSwitch: true,
  noPropertyAccessFromIndexSignature: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  allowUnreachableCode: false,
  isolatedModules: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  noEmit: true,
};
const esm: ts.CompilerOptions = { ...strictest, verbatimModuleSyntax: true, erasableSyntaxOnly: true };
/** Without verbatimModuleSyntax, which forbids import statements in CommonJS. */
const commonjs: ts.CompilerOptions = strictest;

/** As many have it who copied a front end's settings: `Headers` of the DOM, and nothing that iterates it. */
const dom: ts.CompilerOptions = { ...esm, lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'] };

/** Without the cause of an error. */
const older: ts.CompilerOptions = { ...esm, target: ts.ScriptTarget.ES2019, lib: ['lib.es2019.d.ts'] };

/** How a user may call it: an application's logger is one, and the call of the guide compiles. */
const usage = `import type { FastifyInstance } from 'fastify';
import { ServiceClient, ServiceClientError } from './service-client.ts';

export async function verify(app: FastifyInstance, baseUrl: string, token: string): Promise<boolean> {
  const client = new ServiceClient({
    baseUrl,
    timeout: 5000,
    circuitBreakerOptions: { failureThreshold: 3, successThreshold: 2, timeout: 30000 },
  });
  const logged = new ServiceClient({ baseUrl, logger: app.log });
  await logged.get('/health');
  try {
    const { data } = await client.post<{ valid: boolean }>(
      '/auth/verify',
      { token },
      { correlationId: 'request-123' },
    );
    await client.post('/auth/verify', { token }, { correlationId: 'request-123' });
    return data.valid;
  } catch (error) {
    if (error instanceof ServiceClientError) app.log.error({ kind: error.kind, stats: client.getCircuitStats() });
    throw error;
  } finally {
    await client.close();
  }
}
`;

describe.each(sampled(Object.entries(variants), 6))('the types of %s', (name, variant) => {
  it.each([
    ['an ES module', 'module', esm],
    ['CommonJS', 'commonjs', commonjs],
    ['an ES module among types of the DOM', 'module', dom],
    ['an ES module for an older language', 'module', older],
  ] as const)('are right under the strictest options, as %s', (_title, type, options) => {
    const folder = fileURLToPath(renderVariant(`types-${type}-${name}`, variant));
    writeFileSync(`${folder}usage.ts`, usage);
    writeFileSync(`${folder}package.json`, `${JSON.stringify({ type })}\n`);
    // Runs of other branches may have left a file that this variant does not have.
    for (const [file, isThere] of [
      ['outcome-window.ts', variant.window],
      ['outcome-window.test.ts', variant.window],
      ['open-time.ts', variant.backoff],
      ['open-time.test.ts', variant.backoff],
      ['service-diagnostics.ts', variant.diagnostics === true],
      ['service-diagnostics.test.ts', variant.diagnostics === true],
    ] as const) {
      if (!isThere && existsSync(folder + file)) rmSync(folder + file);
    }
    const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
    const program = ts.createProgram(
      files.map((file) => folder + file),
      options,
      cachingHost(options),
    );
    const problems = ts.getPreEmitDiagnostics(program).map((problem) => {
      const text = ts.flattenDiagnosticMessageText(problem.messageText, '\n');
      return `${problem.file?.fileName ?? ''}:${String(problem.start ?? 0)} ${text}`;
    });
    expect(problems).toEqual([]);
  });
});

const parsed = new Map<string, ts.SourceFile | undefined>();

/** Parses the declarations of packages once for all variants. */
function cachingHost(options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options, true);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (path, version, onError, fresh) => {
    if (!path.endsWith('.d.ts')) return read(path, version, onError, fresh);
    const format = typeof version === 'object' ? (version.impliedNodeFormat ?? 0) : 0;
    const key = `${String(format)} ${path}`;
    if (!parsed.has(key)) parsed.set(key, read(path, version, onError, fresh));
    return parsed.get(key);
  };
  return host;
}
