import { clientAnswers } from '../_engine/facts/calls/installed-client.ts';
import { findService } from '../_engine/facts/app/service.ts';
import { placeFile } from '../_engine/facts/style/place-file.ts';
import type { Adoption } from '../_engine/model/generator.ts';
import { surveyHeads } from '../_engine/repo/services.ts';
import { shortName } from './callee.ts';

/** Callees in the repo whose client is there; which document another one came from is not in the code. */
export const adoption: Adoption = {
  role: 'service-call',
  after: ['add-service-client'],
  answers: (repo, dir) => {
    const service = findService(repo, dir);
    if (service === undefined) return [];
    const to = surveyHeads(repo)
      .map(({ name }) => name)
      .filter((name) => repo.read(placeFile(service, 'plugins', `${shortName(name)}-client`)) !== undefined);
    return to.length === 0 ? [] : [{ ...clientAnswers(repo, dir), to }];
  },
};
