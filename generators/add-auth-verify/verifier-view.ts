import type { Service } from '../_engine/model/service.ts';
import { importLines } from '../_engine/facts/style/place-file.ts';
import { jwtDecorator, usesKeyPair } from './connection-views.ts';
import type { VerifyFiles } from './files.ts';
import type { TokenPolicy } from './token-policy.ts';
import type { VerifierView } from './view.ts';

export function verifierView(service: Service, files: VerifyFiles, policy: TokenPolicy): VerifierView {
  const { library, algorithm } = service.jwt;
  const fastifyJwt = library === '@fastify/jwt' || library === 'none';
  const { entries, imports } = policy.options;
  const demanded = [...entries].map(([name, value]) => `${name}: ${value}`).join(', ');
  return {
    imports: [...libraryImports(service), ...importLines(service, files.verifier, imports)],
    algorithm,
    keyPair: usesKeyPair(service),
    fastifyJwt,
    jsonwebtoken: library === 'jsonwebtoken',
    jose: library === 'jose',
    fastJwt: library === 'fast-jwt',
    jwtDecorator: jwtDecorator(service),
    fastJwtErrors: fastifyJwt || library === 'fast-jwt',
    pluginOptions: demanded === '' ? '' : `, { ${demanded} }`,
    verifyOptions: demanded === '' ? '' : `, ${demanded}`,
  };
}

function libraryImports(service: Service): readonly string[] {
  switch (service.jwt.library) {
    case 'jsonwebtoken':
      return [
        `import { ${usesKeyPair(service) ? 'createPublicKey, KeyObject' : 'createSecretKey'} } from 'node:crypto';`,
        '',
        service.modules.esModuleInterop
          ? "import jwt from 'jsonwebtoken';"
          : "import * as jwt from 'jsonwebtoken';",
      ];
    case 'jose':
      return usesKeyPair(service)
        ? [
            "import type { KeyObject } from 'node:crypto';",
            '',
            "import { errors, type importSPKI, jwtVerify } from 'jose';",
          ]
        : ["import { errors, jwtVerify } from 'jose';"];
    case 'fast-jwt':
      return ["import { createVerifier } from 'fast-jwt';"];
    case '@fastify/jwt':
    case 'none':
      return ["import '@fastify/jwt';", "import type { FastifyInstance } from 'fastify';"];
  }
}
