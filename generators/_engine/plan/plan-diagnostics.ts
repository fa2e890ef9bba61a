import { findGenerator } from '../generator/registry.ts';
import type { Answers, RunAnswers } from '../model/generator.ts';
import type { Obstacle } from '../model/obstacle.ts';
import type { RelPath } from '../model/paths.ts';
import type { Service } from '../model/service.ts';
import { placeFile } from '../facts/style/place-file.ts';
import type { Draft } from '../repo/draft.ts';
import { readRecord } from '../record/record.ts';
import { findClient } from '../facts/calls/installed-client.ts';
import { checkRecorded } from '../record/recorded-answers.ts';

/**
 * Has the client publish on diagnostics channels, and with it the middleware: brings the client if there is none, and
 * plans what was recorded once more, with that part. Gives the file with the types of the events.
 */
export async function planDiagnostics(
  draft: Draft,
  service: Service,
  answers: RunAnswers & Answers,
): Promise<RelPath> {
  const client = findClient(draft.repo, service);
  if (service.isOlder('@types/node', 18, 19)) draft.obstruct(oldTypes(service));
  const part = { with: withDiagnostics(answers) };
  if (client !== undefined && client.variant === undefined) draft.obstruct(foreignClient(client.path));
  else await include(draft, 'add-service-client', { ...answers, ...client?.variant, ...part }, answers);
  const runs = readRecord(draft.repo).services[service.dir];
  const middleware = runs?.['add-auth-middleware'] ?? runs?.['add-s2s'];
  if (middleware !== undefined) {
    // The hooks that it put into plugins are there, or were taken out since.
    const protect = String(middleware.answers['protect']) === 'all' ? ['all'] : ['none'];
    const own = { ...middleware.answers, with: withDiagnostics(middleware.answers), protect };
    await include(draft, 'add-auth-middleware', own, answers);
  }
  return placeFile(service, 'utils', 'service-diagnostics');
}

async function include(draft: Draft, id: string, answers: Answers, run: RunAnswers): Promise<void> {
  const generator = await findGenerator(id);
  if (generator === undefined) return;
  const { target, targets } = run;
  const asked = await checkRecorded(generator.questions, answers, draft.repo);
  const plan = await generator.plan({ ...asked, target, targets }, draft.repo);
  // What it says when it is run by itself is not news here.
  draft.include(plan.ok ? { ...plan, notes: [] } : plan);
}

function withDiagnostics({ with: parts = [] }: Answers): readonly string[] {
  return [...new Set([...(parts as readonly string[]), 'diagnostics'])];
}

function oldTypes({ manifest, name }: Service): Obstacle {
  return {
    code: 'E_OLD_DEPENDENCY',
    at: { path: manifest.path },
    message: `${name} depends on @types/node ${manifest.dependencies['@types/node'] ?? ''}, which may lack parts of node:diagnostics_channel.`,
    remedy: 'Update it to the major version of the Node.js of the service, such as ^20.19.0.',
  };
}

function foreignClient(path: RelPath): Obstacle {
  return {
    code: 'E_FILE_EXISTS',
    at: { path },
    message: `${path} has a ServiceClient that was not generated: it does not publish its calls.`,
    remedy: 'Rename that class and run the command again: it adds its own ServiceClient.',
  };
}
