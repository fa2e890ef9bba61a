import type { Obstacle } from '../_engine/model/obstacle.ts';
import { assertNone } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Service } from '../_engine/model/service.ts';
import { declareDependencies } from '../_engine/edit/ensure-dependency.ts';
import { ensureImport } from '../_engine/edit/ensure-import.ts';
import { ensureRegistrationOption } from '../_engine/edit/ensure-registration.ts';
import { findDefaultImport } from '../_engine/edit/register-plugin.ts';
import {
  importLines,
  importSpecifier,
  importSpecifierIn,
  testFileFor,
} from '../_engine/facts/style/place-file.ts';
import { detectStyle } from '../_engine/facts/style/style.ts';
import { renderModule, renderTest } from '../_engine/render/render.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import { printString } from '../_engine/syntax/print.ts';
import type { LocalVerifierTestView } from './view.ts';

/** Where the keys of the tokens are, and whose tokens count. */
export interface LocalVerification {
  readonly origin: string;
  readonly path: string;
  readonly issuer: string;
  readonly audience: string;
}

interface VerificationAnswers {
  readonly verify: 'remote' | 'local';
  readonly jwks: string | undefined;
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  readonly cacheTtl: string | undefined;
  readonly with: readonly string[];
}

const usualPath = '/.well-known/jwks.json';

/** Undefined: the auth service verifies. @throws RefusalError E_INVALID_FLAG, E_MISSING_FLAG */
export function readVerification(answers: VerificationAnswers): LocalVerification | undefined {
  const { audience = '', issuer = '', jwks = '', verify } = answers;
  const given = Object.entries({ jwks, issuer, audience });
  if (verify !== 'local') {
    assertNone(given.filter(([, value]) => value !== '').map(([flag]) => withoutLocal(flag)));
    return undefined;
  }
  const isCached = answers.cacheTtl !== undefined || answers.with.includes('cache');
  assertNone([
    ...given.filter(([, value]) => value === '').map(([flag]) => missing(flag)),
    ...(isCached ? [cached] : []),
  ]);
  const { origin, pathname, search } = new URL(jwks);
  return { origin, path: `${pathname}${search}`, issuer, audience };
}

/** The files of local verification beside the middleware. */
export interface VerifierFiles {
  readonly client: RelPath;
  readonly keySet: RelPath;
  readonly verifier: RelPath;
}

/** Renders the verifier and its tests, and gives it to the middleware as an option of its registration. */
export function planLocalVerifier(
  draft: Draft,
  service: Service,
  files: VerifierFiles,
  middleware: RelPath,
  local: LocalVerification,
): void {
  const { keySet, verifier } = files;
  // They lie side by side.
  const specifier = (file: RelPath): string => importSpecifier(service, verifier, file);
  const specifiers = {
    '../add-service-client/service-client.ts': specifier(files.client),
    './key-set.ts': specifier(keySet),
  };
  for (const [file, name] of [
    [keySet, 'key-set'],
    [verifier, 'local-verifier'],
  ] as const) {
    const text = renderModule(`add-auth-middleware/${name}.ts`, specifiers, service.style);
    draft.create(file, 'auth-middleware', text);
  }
  renderVerifierTest(draft, service, files);
  // jose 6 is an ES module alone.
  const range = service.modules.system === 'cjs' ? '^5.10.0' : '^6.0.0';
  if (service.isOlder('jose', 5)) draft.obstruct(oldJose(service));
  const owner = service.layout.shared ?? service;
  declareDependencies(draft, owner, { name: 'jose', range, section: 'dependencies' });
  registerVerifier(draft, service, verifier, middleware, local);
}

function renderVerifierTest(draft: Draft, service: Service, { client, verifier }: VerifierFiles): void {
  const { style, testing } = service;
  if (testing.runner === 'none') return;
  const test = testFileFor(service, verifier, 'local-verifier');
  const view: LocalVerifierTestView = {
    imports: importLines(service, test, [
      { from: verifier, names: ['localVerifier', 'type LocalVerifierOptions'] },
      { from: client, names: ['ServiceClient'] },
    ]),
  };
  const template = 'add-auth-middleware/local-verifier.test.ts.hbs';
  draft.create(test, 'unit-test', renderTest(template, view, style, testing));
}

function registerVerifier(
  draft: Draft,
  service: Service,
  verifier: RelPath,
  middleware: RelPath,
  local: LocalVerification,
): void {
  if (draft.failed) return;
  const { app, modules } = service;
  const text = draft.repo.read(app.file) ?? '';
  const plugin = findDefaultImport(draft.repo, { modules }, app.file, middleware) ?? 'authMiddleware';
  const option = (base: string): Parameters<typeof ensureRegistrationOption>[1] => ({
    plugin,
    key: 'verifier',
    value: verifierCall(local, detectStyle([base]).quote),
  });
  if (ensureRegistrationOption(text, option(text), detectStyle([text])) === undefined) {
    draft.obstruct(noRegistration(app.file, middleware, verifierCall(local, "'")));
    return;
  }
  draft.patch(app.file, 'registration', (base) => {
    const from = importSpecifierIn(base, { modules }, app.file, verifier);
    return ensureImport(base, { from, names: ['localVerifier'] }, detectStyle([base]));
  });
  draft.patch(app.file, 'registration', (base) => {
    return ensureRegistrationOption(base, option(base), detectStyle([base])) ?? [];
  });
}

function verifierCall({ audience, issuer, path }: LocalVerification, quote: "'" | '"'): string {
  const members = [
    `issuer: ${printString(issuer, quote)}`,
    `audience: ${printString(audience, quote)}`,
    ...(path === usualPath ? [] : [`jwksPath: ${printString(path, quote)}`]),
  ];
  return `localVerifier({ ${members.join(', ')} })`;
}

/** What changes for whoever runs the service. */
export function localNotes({ origin, path }: LocalVerification, variable: string): readonly string[] {
  return [
    `${variable} is the origin of the key set now (default ${origin}, path ${path}): where an environment sets it to the auth service, change it. Keys that cannot be fetched answer 503.`,
    'A token that is verified locally is valid until it expires: a logout or a blocked user takes effect then.',
  ];
}

function withoutLocal(flag: string): Obstacle {
  return {
    code: 'E_INVALID_FLAG',
    message: `--${flag} has no effect: the auth service verifies the tokens.`,
    remedy: 'Add --verify local, or leave it out.',
  };
}

function missing(flag: string): Obstacle {
  const values: Readonly<Record<string, string>> = {
    jwks: 'the URL of the public keys, such as https://login.example.com/.well-known/jwks.json',
    issuer: 'the iss of the tokens',
    audience: 'the aud of the tokens: with any audience, tokens for other services would be accepted',
  };
  return {
    code: 'E_MISSING_FLAG',
    message: `--${flag} is missing: --verify local needs ${values[flag] ?? ''}.`,
    remedy: `Add --${flag} <value>.`,
  };
}

const cached: Obstacle = {
  code: 'E_INVALID_FLAG',
  message: '--with cache and --cache-ttl have no effect with --verify local.',
  remedy: 'Leave them out: verified tokens are remembered until they expire.',
};

function oldJose({ manifest, name }: Service): Obstacle {
  return {
    code: 'E_OLD_DEPENDENCY',
    at: { path: manifest.path },
    message: `${name} depends on jose ${manifest.dependencies['jose'] ?? ''}, but local verification requires jose 5 or later.`,
    remedy: 'Update it to ^6.0.0 (^5.10.0 in a CommonJS package) and run the command again.',
  };
}

function noRegistration(path: RelPath, middleware: RelPath, call: string): Obstacle {
  return {
    code: 'E_NO_REGISTRATION_PLACE',
    at: { path },
    message: `${path} has no registration of ${middleware} that an option can be added to: @fastify/autoload registers it, or its options are not an object literal.`,
    remedy: 'Register it there with an object of options, and run the command again.',
    manual: `app.register(authMiddleware, { verifier: ${call} });`,
  };
}
