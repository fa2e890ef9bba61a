import type { Obstacle } from '../../model/obstacle.ts';
import { lineOf } from '../../syntax/tree.ts';
import type { Creation } from './creations.ts';
import type { Survey } from '../../program/survey.ts';

export function noInstance({ files, head: { dir, name } }: Survey): Obstacle {
  return {
    code: 'E_NO_INSTANCE',
    at: { path: dir === '' ? '.' : dir },
    message: `No Fastify instance was found in ${name}: none of its ${files.length} TypeScript files calls fastify() or registers its plugins on an instance that a package made.`,
    remedy:
      'Take a service with an application of its own. What needs no instance, add-circuit-breaker and add-service-client, can be added here too.',
    manual:
      "Where the instance is put together: await app.register(authMiddleware), with a plugin that calls `client.post('/auth/verify', { token })` in an onRequest hook.",
  };
}

export function ambiguousInstance(survey: Survey, creations: readonly Creation[]): Obstacle {
  return {
    code: 'E_AMBIGUOUS_INSTANCE',
    at: { path: creations[0]?.file ?? survey.head.dir },
    message: `${survey.head.name} makes more than one Fastify instance: ${placesOf(survey, creations)}.`,
    remedy: 'Only a service with one application can be changed; move the other one to a package of its own.',
  };
}

export function noBinding(survey: Survey, creations: readonly Creation[]): Obstacle {
  return {
    code: 'E_NO_REGISTRATION_PLACE',
    at: { path: creations[0]?.file ?? survey.head.dir },
    message: `The Fastify instance has no name that plugins could be registered on (${placesOf(survey, creations)}).`,
    remedy: 'Give the instance a name, as in `const app = fastify()`, and run the command again.',
  };
}

function placesOf(survey: Survey, creations: readonly Creation[]): string {
  return creations
    .map(({ file, node }) => `${file}:${lineOf(survey.tree(file), node.getStart())}`)
    .join(', ');
}
