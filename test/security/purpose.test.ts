import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { libraries, type Library, markedService, unmarkedService } from './purpose-services.ts';
import { openServices, type Running } from './token-services.ts';

const { close, serve, signedElsewhere } = openServices('purpose');

afterAll(close);

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;

describe.each(libraries)('B.7 purpose: %s, a login without marks', (library) => {
  const { files, others } = unmarkedService(library);
  let service: Running;
  beforeAll(async () => {
    service = await serve(`unmarked-${library.replace('/', '-')}`, files);
  });

  it("accepts the login's own token", async () => {
    expect(await service.verify(await service.token('/login'))).toBe(200);
  });
  it.each(others)('refuses the token of %s', async (path) => {
    const token = await service.token(path);
    expect(token.split('.')).toHaveLength(3);
    expect(await service.verify(token)).toBe(401);
  });
});

const isSilent = (library: Library, claim: string): boolean =>
  // The service itself demands no such claim: jsonwebtoken has no option for it.
  library === 'jsonwebtoken' && claim === 'email';

const attacks: Readonly<Record<string, (library: Library) => string | undefined>> = {
  'another audience': () => signedElsewhere({ aud: 'reset' }),
  'a list of other audiences': () => signedElsewhere({ aud: ['reset', 'invite'] }),
  'no audience': () => signedElsewhere({ aud: undefined }),
  'another issuer': () => signedElsewhere({ iss: 'https://elsewhere' }),
  'no issuer': () => signedElsewhere({ iss: undefined }),
  'an issuer that only begins alike': () => signedElsewhere({ iss: 'https://auth.evil.test' }),
  'an age over the limit': () => signedElsewhere({ iat: inSeconds(-3 * 3_600), exp: inSeconds(60) }),
  'a missing required claim': (library) =>
    isSilent(library, 'email') ? undefined : signedElsewhere({ email: undefined }),
  'the wrong type in its header': (library) =>
    library === 'jose' ? signedElsewhere({}, { typ: 'JWT' }) : undefined,
  'no type in its header': (library) =>
    library === 'jose' ? signedElsewhere({}, { typ: undefined }) : undefined,
};

describe.each(libraries)('B.7, 9a purpose: %s, a guard that demands', (library) => {
  const { files, others } = markedService(library);
  let service: Running;
  beforeAll(async () => {
    service = await serve(`marked-${library.replace('/', '-')}`, files);
  });

  it("accepts the login's own token, and one that is like it", async () => {
    expect(await service.verify(await service.token('/login'))).toBe(200);
    expect(await service.verify(signedElsewhere({}))).toBe(200);
  });
  it.each(others)('refuses the token of %s', async (path) => {
    expect(await service.verify(await service.token(path))).toBe(401);
  });
  it.each(Object.entries(attacks).flatMap(([name, make]) => (make(library) === undefined ? [] : [name])))(
    'refuses a token of the same key with %s',
    async (name) => {
      expect(await service.verify(attacks[name]?.(library) ?? '')).toBe(401);
    },
  );
});
