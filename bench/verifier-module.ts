import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { render } from '../generators/_engine/render.ts';
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

/** Renders the token verifier for a JWT library, and makes one; `more` is what the view has otherwise. */
export async function loadVerifier(
  library: Library,
  from: unknown,
  more: Partial<VerifierView> = {},
): Promise<(token: string) => unknown> {
  const none = { fastifyJwt: false, jsonwebtoken: false, jose: false, fastJwt: false };
  const view: VerifierView = {
    imports: imports[library],
    algorithm: 'HS256',
    keyPair: false,
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
  const file = join(folder, `${library}${more.algorithm ?? ''}.js`);
  writeFileSync(file, compile(render('add-auth-verify/token-verifier.ts.hbs', view, style)));
  const { createTokenVerifier } = (await import(file)) as {
    createTokenVerifier: (from: unknown) => (token: string) => unknown;
  };
  return createTokenVerifier(from);
}
