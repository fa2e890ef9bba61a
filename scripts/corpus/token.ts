import { createHmac } from 'node:crypto';

import type { Service } from '../../generators/_engine/model/service.ts';
import { openRepo } from '../../generators/_engine/repo/repo.ts';
import { verifyFiles } from '../../generators/add-auth-verify/files.ts';
import { surveyPolicy } from '../../generators/add-auth-verify/token-policy.ts';
import { corpusSecret } from './environment.ts';

/** A token with every claim that the login of the service signs, with the texts that tell it from other tokens. */
export function signToken(root: string, service: Service, env: Readonly<Record<string, string>>): string {
  const { jwt } = service;
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const head = encode({ alg: 'HS256', typ: 'JWT' });
  const body = encode({
    sub: '1',
    ...Object.fromEntries(jwt.claims.map((name) => [name, valueOf(service, name)])),
    ...purposeClaims(root, service),
    iat: now,
    exp: now + 600,
    ...(jwt.issuer !== undefined && { iss: jwt.issuer }),
    ...(jwt.audience !== undefined && { aud: jwt.audience }),
  });
  const key = env[jwt.secret?.env ?? 'JWT_SECRET'] ?? jwt.secret?.fallback ?? corpusSecret;
  return `${head}.${body}.${createHmac('sha256', key).update(`${head}.${body}`).digest('base64url')}`;
}

function valueOf({ jwt }: Service, name: string): unknown {
  const type = jwt.user?.extra.find((one) => one.name === name)?.type ?? '';
  return name === 'roles' || type.endsWith('[]') ? ['user'] : '1';
}

/** `typ: 'user'`, where other tokens of the same key have another text there. */
function purposeClaims(root: string, service: Service): Readonly<Record<string, string>> {
  const { plugin } = verifyFiles(service);
  const policy = surveyPolicy(openRepo(root), service, {
    path: '/auth/verify',
    plugin,
    login: undefined,
    accept: undefined,
  });
  const told = policy.rules.flatMap((rule) =>
    rule.kind === 'one-of' && rule.texts[0] !== undefined ? [[rule.claim, rule.texts[0]] as const] : [],
  );
  return { ...Object.fromEntries(told), ...Object.fromEntries(policy.demanded) };
}
