import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';

import { projectRoot } from '../../test/helpers/project-root.ts';
import { renderVariant, variants } from '../../test/runtime/render-variant.ts';

const goldens = join(projectRoot, 'test/goldens');
const modules = join(projectRoot, 'templates/add-auth-verify');

/** What users may call of the generated code, as declarations with their docstrings. */
export function renderDeclarations(): string {
  const { full } = variants;
  if (full === undefined) throw new Error('There is no variant full');
  const rendered = renderVariant('docs', full).pathname;
  return [
    'The breaker and the client with every part (`--with window,backoff`); the rest as in the `npm-workspaces` fixture.',
    ...['circuit-breaker.ts', 'outcome-window.ts', 'open-time.ts'].map((file) =>
      section(file, join(rendered, file)),
    ),
    section('service-client.ts', join(rendered, 'service-client.ts')),
    section('service-request.ts', join(rendered, 'service-request.ts')),
    section('service-client-error.ts', join(rendered, 'service-client-error.ts')),
    section('retry-policy.ts', join(rendered, 'retry-policy.ts')),
    section('auth.middleware.ts', join(goldens, 'add-auth-middleware/auth-middleware.ts')),
    section('authentication.ts', join(projectRoot, 'templates/add-auth-middleware/authentication.ts')),
    section('route-guard.ts', join(projectRoot, 'templates/add-auth-middleware/route-guard.ts')),
    section('auth-verify.ts', join(goldens, 'add-auth-verify/auth-verify.ts')),
    section('verify-route.ts', join(modules, 'verify-route.ts')),
    section('token-key.ts', join(modules, 'token-key.ts')),
    section('token-claims.ts', join(modules, 'token-claims.ts')),
    section('token-blacklist.ts', join(modules, 'token-blacklist.ts')),
  ].join('\n\n');
}

function section(title: string, file: string): string {
  return [`### \`${title}\``, fenced(declarationOf(file))].join('\n\n');
}

export function fenced(text: string): string {
  return ['<!-- checked by test/docs/reference.test.ts -->', '', '```ts', text.trim(), '```'].join('\n');
}

/** The declarations of one file (absolute path), as tsc emits them. */
export function declarationOf(file: string): string {
  const { outputText } = ts.transpileDeclaration(readFileSync(file, 'utf8'), {
    fileName: file,
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
  });
  // What fastify-plugin gives can only be told by inference, which this kind of output does not do.
  const options = /export (?:interface|type) (\w+Options)\b/.exec(outputText)?.[1] ?? 'FastifyPluginOptions';
  return outputText.replace(/^(export declare const \w+): any;$/gm, `$1: FastifyPluginAsync<${options}>;`);
}
