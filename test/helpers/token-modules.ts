import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { compile } from '../../bench/modules.ts';
import { type Library, renderVerifier } from '../../bench/verifier-module.ts';
import { render } from '../../generators/_engine/render/render.ts';
import { projectRoot } from './project-root.ts';

const style = {
  quote: "'",
  semicolons: true,
  indent: '  ',
  eol: '\n',
  trailingCommas: true,
  finalNewline: true,
} as const;

export interface Store {
  add(key: string, seconds: number): Promise<void>;
  has(key: string): Promise<boolean>;
}

interface Blacklist {
  revoke(token: string): Promise<void>;
  isRevoked(token: string): Promise<boolean>;
}

interface Cache {
  get(token: string): object | null | undefined;
  set(token: string, claims: object | null): object | null;
  load(token: string, ask: () => Promise<object | null>, onOutdated?: () => void): Promise<object | null>;
  revoke(key: string): void;
  clear(): void;
}

/** The generated modules that are about a token's key, as modules. */
export interface TokenModules {
  readonly tokenKey: (token: string) => string;
  readonly isTokenKey: (text: string) => boolean;
  readonly TokenBlacklist: new (store: Store, verify: (token: string) => unknown) => Blacklist;
  readonly createMemoryStore: () => Store;
  readonly createRedisStore: (client: unknown, prefix?: string) => Store;
  readonly ClaimCache: new (options: object) => Cache;
}

/** Renders and compiles them beside the verifier for a JWT library. */
export async function loadTokenModules(library: Library, scope = 'acme/auth'): Promise<TokenModules> {
  const folder = join(projectRoot, '.rendered', `tokens-${library}`);
  mkdirSync(folder, { recursive: true });
  const verifier = pathToFileURL(renderVerifier(library)).href;
  const blacklist = {
    tokenKeyImport: './token-key.js',
    verifierImport: verifier,
    scope,
    redis: true,
    nodeRedis: false,
    cookies: false,
    signedCookies: false,
  };
  const load = async (template: string, view: object): Promise<object> => {
    const file = join(folder, `${template.split('/')[1] ?? ''}.js`);
    writeFileSync(file, compile(render(`${template}.ts.hbs`, view, style)));
    return (await import(pathToFileURL(file).href)) as object;
  };
  return {
    ...(await load('add-auth-verify/token-key', {})),
    ...(await load('add-auth-verify/token-blacklist', blacklist)),
    ...(await load('add-auth-middleware/claim-cache', {
      revocation: true,
      tokenKeyImport: './token-key.js',
    })),
  } as TokenModules;
}
