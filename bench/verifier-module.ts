import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { render } from '../generators/_engine/render/render.ts';
import type { VerifierView } from '../generators/add-auth-verify/view.ts';
import { projectRoot } from '../test/helpers/project-root.ts';
import { compile } from './modules.ts';

export type Library = 'fastifyJwt' | 'jsonwebtoken' | 'jose' | 'fastJwt';

const imports: Readonly<Record<Library, readonly string[]>> = {
  fastifyJwt: ["import type { FastifyInstance } from 'fastify';"],
  jsonwebtoken: ["import { createSecretKey } from 'node:crypto';", "import jwt from 'jsonwebtoken';"],
  jose: ["import { errors, jwtVerify } from 'jose';"],
  fastJwt: ["import { createVerifier } from 'fast-jwt';"],
};

const keyPairImports: Partial<typeof imports> = {
  jsonwebtoken: [
    "import { createPublicKey, KeyObject } from 'node:crypto';",
    "import jwt from 'jsonwebtoken';",
  ],
  jose: ["import { errors, type importSPKI, jwtVerify } from 'jose';"],
};

/** Writes the compiled token verifier for a JWT library; `more` is what the view has otherwise. Gives the path of the file. */
export function renderVerifier(
  library: Library,
  algorithm = 'HS256',
  more: Partial<VerifierView> = {},
): string {
  const keyPair = !algorithm.startsWith('HS');
  const none = { fastifyJwt: false, jsonwebtoken: false, jose: false, fastJwt: false };
  const view: VerifierView = {
    imports: (keyPair ? keyPairImports[library] : undefined) ?? imports[library],
    algorithm,
    keyPair,
    jwtDecorator: 'jwt',
    fastJwtErrors: library === 'fastifyJwt' || library === 'fastJwt',
    pluginOptions: '',
    verifyOptions: '',
    ...none,
    [library]: true,
    ...more,
  };
  const style = {
    quote: "'",
    semicolons: true,
    indent: '  ',
    eol: '\n',
    trailingCommas: true,
    finalNewline: true,
  } as const;
  const folder = join(projectRoot, '.rendered', 'bench-verify');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${library}-${algorithm}.js`);
  writeFileSync(file, compile(render('add-auth-verify/token-verifier.ts.hbs', view, style)));
  return file;
}

/** Renders the token verifier for a JWT library, and makes one. */
export async function loadVerifier(
  library: Library,
  from: unknown,
  { algorithm, ...more }: Partial<VerifierView> = {},
): Promise<(token: string) => unknown> {
  const { createTokenVerifier } = (await import(renderVerifier(library, algorithm, more))) as {
    createTokenVerifier: (from: unknown) => (token: string) => unknown;
  };
  return createTokenVerifier(from);
}
