import type { RelPath } from '../_engine/model/paths.ts';
import type { Service } from '../_engine/model/service.ts';
import { placeFile } from '../_engine/facts/style/place-file.ts';

/** The files that the generator adds, beside its test; `publisher` is there where add-s2s-revocation has been. */
export interface VerifyFiles {
  readonly plugin: RelPath;
  readonly verifier: RelPath;
  readonly blacklist: RelPath;
  readonly tokenKey: RelPath;
  readonly publisher: RelPath;
}

export function verifyFiles(service: Service): VerifyFiles {
  return {
    plugin: placeFile(service, 'plugins', 'auth-verify'),
    verifier: placeFile(service, 'utils', 'token-verifier'),
    blacklist: placeFile(service, 'utils', 'token-blacklist'),
    tokenKey: placeFile(service, 'utils', 'token-key'),
    publisher: placeFile(service, 'utils', 'revocation-publisher'),
  };
}
