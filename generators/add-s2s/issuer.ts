import type { StartCommand } from '../_engine/facts/start-command.ts';
import { findLoginTokens, type LoginTokens } from '../_engine/facts/auth/login-tokens.ts';
import { printSample, textSample } from '../_engine/facts/auth/type-samples.ts';
import { relativeRel, type RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { openSurvey, withoutGenerated } from '../_engine/program/survey.ts';
import { printKey, printString } from '../_engine/syntax/print.ts';
import type { IntegrationView, Script } from './view.ts';

/** How a test gets tokens of an auth service. */
export interface Issuer {
  readonly secretEnv: string;
  readonly algorithm: string;
  readonly tokens: LoginTokens;
  readonly jwt: Service['jwt'];
}

/** Undefined when the secret does not come from the environment. */
export function issuerOf(repo: Repo, auth: Service, named: readonly string[]): Issuer | undefined {
  const { jwt } = auth;
  const { algorithm } = jwt;
  const secretEnv = jwt.library === 'none' ? 'JWT_SECRET' : jwt.secret?.env;
  if (secretEnv === undefined || !/^HS(256|384|512)$/.test(algorithm)) return undefined;
  const tokens = findLoginTokens(withoutGenerated(openSurvey(repo, auth)), jwt, named);
  // The function needs the instance, which is in another process.
  const signer = tokens.signer?.takesApp === true ? undefined : tokens.signer;
  return { secretEnv, algorithm, jwt, tokens: { ...tokens, signer } };
}

type LoginView = Pick<IntegrationView, 'answer' | 'login' | 'loginIs' | 'processImports'>;

/** The token comes from the function that signs for the login, else from the test. */
export function loginView({ jwt, secretEnv, tokens }: Issuer, { runner }: StartCommand): LoginView {
  const { claims, signer } = tokens;
  const answer = printSample(tokens.answer);
  if (signer !== undefined) {
    const secret = secretEnv === 'JWT_SECRET' ? secretEnv : `${printKey(secretEnv)}: JWT_SECRET`;
    const args = [...runner, "'--eval'", 'SIGN_SCRIPT'].join(', ');
    return {
      answer,
      processImports: 'type ChildProcess, execFileSync, spawn',
      loginIs: 'A token as the auth service signs it for a login',
      login: [
        `const env = { ...process.env, ${secret} };`,
        `const output = execFileSync(process.execPath, [${args}], { cwd: AUTH_DIR, encoding: 'utf8', env });`,
        "return output.trim().split('\\n').at(-1) ?? '';",
      ],
    };
  }
  const members = new Map(claims.members);
  for (const [claim, text] of [
    ['iss', jwt.issuer],
    ['aud', jwt.audience],
  ] as const)
    if (text !== undefined && !members.has(claim)) members.set(claim, textSample(claim, text));
  return {
    answer,
    processImports: 'type ChildProcess, spawn',
    loginIs: 'A token with the claims of the login',
    login: [`return sign(${printSample({ code: '', members })});`],
  };
}

/** The program that signs in the auth service's own folder, with its own packages and configuration. */
export function signScripts({ dir, modules }: Service, { tokens }: Issuer): readonly Script[] {
  const { signer } = tokens;
  if (signer === undefined) return [];
  const from = printString(`./${relativeRel(dir, signer.want.from as RelPath)}`);
  const load = modules.system === 'esm' ? `import(${from})` : `Promise.resolve(require(${from}))`;
  return [
    {
      name: 'SIGN_SCRIPT',
      does: 'Prints a token',
      lines: [`${load}.then(({ ${signer.name} }) => ${signer.name}(${signer.arguments})).then(console.log);`],
    },
  ];
}
